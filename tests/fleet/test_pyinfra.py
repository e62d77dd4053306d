"""Hosts that are reached by the real pyinfra: the same answers as by ssh, and a fleet that is deployed with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from getpass import getuser
from pathlib import Path

import pytest

from installer.core.errors import DeployError
from installer.host.carrier import environment
from installer.host.carrier.links import PyinfraLinks
from installer.host.ssh import Address, LinkError, Links
from tests.faults.index import serve
from tests.fleet import lan
from tests.fleet.testbed import PATIENCE_S, Ground, Sshd, keygen, missing, small_stack, until

pytestmark = [pytest.mark.skipif(bool(missing()), reason=missing()), pytest.mark.real]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the environment of the worker in it."""
    place = tmp_path_factory.mktemp("cache")
    try:
        python = environment.python(place)
    except DeployError as error:
        pytest.skip(f"{error.what} {error.why}")
    assert environment.python(place) == python, "it is made once"
    return place


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Sshd]:
    keygen(tmp_path / "key")
    (tmp_path / "authorized_keys").write_bytes((tmp_path / "key.pub").read_bytes())
    made = Sshd(tmp_path, "a")
    (tmp_path / "known_hosts").write_text(made.known)
    made.start()
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def address(host: Sshd, tmp_path: Path) -> Address:
    return Address(host.address, getuser(), host.port, str(tmp_path / "key"), str(tmp_path / "known_hosts"))


@pytest.fixture(params=["ssh", "pyinfra"])
def links(request: pytest.FixtureRequest, cache: Path) -> Iterator[Links]:
    with Links() if request.param == "ssh" else PyinfraLinks(environment.python(cache)) as made:
        yield made


def test_what_is_asked_arrives_whole_and_so_does_the_answer(links: Links, address: Address, tmp_path: Path) -> None:
    words = ["two words", "it's", "a\nline", "$HOME", ""]
    said = links.ask(address, "printf '%s|' \"$@\"; echo no >&2; exit 7", words)
    assert (said.code, said.out, said.errors.strip()) == (7, "two words|it's|a\nline|$HOME||", "no")
    data = bytes(range(256)) * 40
    assert links.ask(address, 'cat >"$1"', [str(tmp_path / "got")], data=data).code == 0
    assert (tmp_path / "got").read_bytes() == data
    assert links.ask(address, "cat; echo end").out == "end\n", "there is no input"
    (tmp_path / "part").write_bytes(data)
    assert (
        links.send(address, 'mkdir -p "$1"; cat >"$1/rest"', [str(tmp_path / "there")], tmp_path / "part", 1000).code
        == 0
    )
    assert (tmp_path / "there/rest").read_bytes() == data[1000:]
    assert [file.name for file in (tmp_path / "there").iterdir()] == ["rest"]


def test_who_is_not_let_in_is_told_apart(links: Links, address: Address, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    keygen(tmp_path / "other")
    for changed, why in (
        ({"known_hosts": str(tmp_path / "empty")}, "its host key is unknown"),
        ({"identity": str(tmp_path / "other")}, "it accepts no key of this machine for this user"),
    ):
        with pytest.raises(LinkError, match=why) as caught:
            links.ask(replace(address, **changed), "true")
        assert caught.value.final
    assert (tmp_path / "empty").read_text() == "", "no key was added"


@pytest.fixture
def agent(tmp_path: Path, host: Sshd) -> Iterator[str]:
    """The socket of an agent that holds the key, which lies nowhere else."""
    place = tempfile.mkdtemp()  # a socket's name is short
    running = subprocess.Popen(["ssh-agent", "-D", "-a", f"{place}/s"], stdout=subprocess.DEVNULL)
    try:
        until(Path(place, "s").exists)
        seen = {**os.environ, "SSH_AUTH_SOCK": f"{place}/s"}
        subprocess.run(["ssh-add", "-q", str(tmp_path / "key")], env=seen, check=True, capture_output=True)
        (tmp_path / "key").unlink()
        yield f"{place}/s"
    finally:
        running.terminate()
        running.wait()
        shutil.rmtree(place)


@pytest.mark.parametrize("carrier", ["ssh", "pyinfra"])
def test_a_key_may_be_held_by_an_agent(
    carrier: str, cache: Path, agent: str, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent)
    with Links() if carrier == "ssh" else PyinfraLinks(environment.python(cache)) as links:
        assert links.ask(replace(address, identity=""), "echo in").out == "in\n"


def test_a_cut_link_is_no_end(links: Links, address: Address, host: Sshd) -> None:
    assert links.ask(address, "true").code == 0
    host.cut()
    with pytest.raises(LinkError) as caught:
        links.ask(address, "true")
    assert not caught.value.final
    host.start()
    assert links.ask(address, "echo again").out == "again\n"
    with pytest.raises(LinkError, match="did not answer within 1 s"):
        links.ask(address, "sleep 20", timeout_s=1.0)
    assert links.ask(address, "echo still").out == "still\n"


@pytest.mark.skipif(bool(lan.missing()), reason=lan.missing())
def test_a_pulled_cable_is_noticed_and_waited_for(cache: Path, tmp_path: Path) -> None:
    with lan.network(1) as (_, (place,)), PyinfraLinks(environment.python(cache)) as links:
        keygen(tmp_path / "key")
        (tmp_path / "authorized_keys").write_bytes((tmp_path / "key.pub").read_bytes())
        host = Sshd(tmp_path, "a", place)
        (tmp_path / "known_hosts").write_text(host.known)
        host.start()
        address = Address(host.address, getuser(), host.port, str(tmp_path / "key"), str(tmp_path / "known_hosts"))
        with ThreadPoolExecutor(1) as aside:
            asked = aside.submit(
                links.ask, address, 'touch "$1"; sleep 300', [str(tmp_path / "begun")], timeout_s=290.0
            )
            until((tmp_path / "begun").exists)
            place.cut()
            with pytest.raises(LinkError) as caught:
                asked.result(PATIENCE_S)
        assert not caught.value.final and "within" not in caught.value.what, "by the kernel, long before its time"
        place.recover()
        assert links.ask(address, "echo again").out == "again\n"
        host.end()


def test_a_fleet_is_deployed_with_it(cache: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        small_stack(tmp_path / "wheels")
        index = stack.enter_context(serve(tmp_path / "wheels"))
        ground = Ground(tmp_path, index, "ab")
        (tmp_path / "controller").mkdir()
        (tmp_path / "controller/cache").symlink_to(cache)
        ground.environment = {
            "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": index.url, "DEPLOY_TUI_HOME": str(tmp_path / "controller"),
            "PATH": "/nonexistent",  # no ssh
        }  # fmt: skip
        ground.whole |= {"carrier": "pyinfra", "bundle": "made", "host_to_host": True}
        stack.callback(ground.end)
        ground.start()
        code, hosts, said = ground.fleet("up", "--yes")
        assert (code, [hosts[name]["state"] for name in "ab"]) == (0, ["up"] * 2), said
        assert "a: " in said and "of its bundle copied" in said and "of its bundle from a" in said
        code, hosts, said = ground.fleet("down")
        assert (code, [hosts[name]["state"] for name in "ab"]) == (0, ["down"] * 2), said
