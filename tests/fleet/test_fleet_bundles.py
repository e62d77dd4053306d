"""A fleet that is handed a bundle: fetched once, copied where it is not yet, and no host needs a way to an index."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from getpass import getuser
from pathlib import Path

import pytest

from installer.bundles import manifest, tool_wheel
from installer.bundles.packing import digest
from installer.core.errors import DeployError
from installer.fleet.bundle_files import BundleFiles, Piece
from installer.fleet.bundle_sharing import Sharing
from installer.fleet.bundle_sharing import script as sharing_script
from installer.fleet.bundle_transfer import carry, clear, room
from installer.fleet.file import Fleet, Host
from installer.fleet.remote import Recipe, Remote
from installer.host.ssh import Links
from tests.faults.index import serve
from tests.fleet import lan
from tests.fleet.testbed import TOOL, Ground, missing, small_stack
from tests.stand_ins import wheels

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """Three hosts, with addresses and networks of their own where this machine permits them."""
    with ExitStack() as stack:
        places = () if lan.missing() else stack.enter_context(lan.network(3))[1]
        small_stack(tmp_path / "wheels")
        index = stack.enter_context(serve(tmp_path / "wheels"))
        made = Ground(tmp_path, index, "abc", places)
        made.environment = {
            "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": index.url, "DEPLOY_TUI_HOME": str(tmp_path / "controller"),
        }  # fmt: skip
        made.whole["bundle"] = "made"
        stack.callback(made.end)
        made.start()
        yield made


def test_what_was_fetched_once_serves_all_hosts(ground: Ground, tmp_path: Path) -> None:
    for name in "ab":
        ground.more[name] = {"volume": str(tmp_path / "volume")}
    code, hosts, said = ground.fleet("up", "--yes")
    assert (code, [hosts[name]["state"] for name in "abc"]) == (0, ["up"] * 3), said
    fetched = Counter(path for path in ground.index.requests if path.endswith(".whl"))
    assert len(fetched) == 3 and set(fetched.values()) == {1}, fetched
    copied = [line.split(":")[0].strip() for line in said.splitlines() if "of its bundle copied" in line]
    assert copied == ["a", "c"], "b has the volume of a"
    assert not list(ground.hosts["c"].home.root.glob("fleet/bundles/*")), "what was unpacked is not kept twice"

    ground.index.requests.clear()
    code, hosts, said = ground.fleet("plan")
    assert (code, {hosts[name]["state"] for name in "abc"} <= {"works", "unknown"}) == (0, True), said
    assert not ground.index.requests
    ground.recipe("1.1")
    code, hosts, said = ground.fleet("up", "--yes")
    assert (code, hosts, "for an earlier state of the recipe small" in said) == (2, {}, True), said

    ground.recipe()
    listed = tmp_path / "made/bundle.json"
    other = replace(manifest.parse(listed.read_text(), "bundle.json"), python="3.99")
    listed.write_text(other.to_json())
    code, hosts, said = ground.fleet("up", "--yes")
    assert (code, {one["state"] for one in hosts.values()}) == (3, {"refused"}), said
    assert "needs Python 3.99" in hosts["a"]["said"]
    (tmp_path / "made/part-000.tar").unlink()
    code, hosts, said = ground.fleet("up", "--yes")
    assert (code, hosts, "part-000.tar is missing" in said) == (2, {}, True), said


@pytest.mark.real
def test_a_host_without_deploy_tui_gets_it_from_the_bundle(ground: Ground, tmp_path: Path) -> None:
    for name in "bc":
        ground.hosts.pop(name).end()
    place = tmp_path / "brought"
    ground.whole |= {"bring_tool": True, "tool": f"{place}/bin/deploy-tui"}
    code, hosts, said = ground.fleet("plan")
    assert (code, hosts, "that includes deploy-tui" in said) == (2, {}, True), said
    wheels.of_installed(tmp_path / "wheels", tool_wheel.requirements())
    seen = {"HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"}  # as over ssh
    doctor = subprocess.run([TOOL, "doctor", "--json"], env=seen, capture_output=True, check=True)
    (tmp_path / "machine.json").write_bytes(doctor.stdout)
    words = ("bundle", "make", str(tmp_path / "small.yaml"), "--machine", str(tmp_path / "machine.json"))
    subprocess.run(
        [TOOL, *words, "-o", str(tmp_path / "made"), "--part-size", "16MiB"], check=True, capture_output=True,
        env={**os.environ, **ground.environment},
    )  # fmt: skip
    code, hosts, said = ground.fleet("plan")
    assert (code, hosts["a"]["state"]) == (0, "works"), said
    assert {found.name for found in place.iterdir()} == {"bin", "environment", "installed"}
    installed = (place / "installed").stat()
    assert ground.fleet("plan")[0] == 0
    assert (place / "installed").stat().st_mtime_ns == installed.st_mtime_ns, "it is the one of the bundle already"


@pytest.fixture
def remotes(ground: Ground) -> Iterator[list[Remote]]:
    """Two hosts, and a bundle of two files that is still to be handed to them."""
    ground.hosts.pop("c").end()
    pieces = []
    for name, count in {"part-000.tar": 3_000_000, "bundle.json": 500}.items():
        (ground.root / name).write_bytes(os.urandom(count))
        pieces.append(Piece(ground.root / name, count, digest(ground.root / name)))
    hosts = tuple(
        Host(name, told.address, getuser(), told.port, home=str(told.home.root)) for name, told in ground.hosts.items()
    )
    fleet = Fleet(
        hosts, bundle="it", identity=str(ground.root / "key"), known_hosts=str(ground.root / "known_hosts"),
        patience_s=5, host_to_host=True,
    )  # fmt: skip
    bundle_files = {"it": BundleFiles("it-1", tuple(pieces), 9_000_000)}
    with Links() as links:
        made = [Remote(host, fleet, links, Recipe(None), bundle_files=bundle_files) for host in hosts]
        for one in made:
            one.home = str(one.host.home)
        yield made


@pytest.fixture
def remote(remotes: list[Remote]) -> Remote:
    return remotes[0]


def test_only_what_does_not_arrive_from_another_host_is_sent_from_here(remotes: list[Remote]) -> None:
    first, second = remotes
    sharing = Sharing()
    assert sharing.transfer(first) == "3.0 MB of its bundle copied"
    part, place = Path(first.staging, "part-000.tar"), Path(second.staging)
    place.mkdir(parents=True)
    (place / "part-000.tar.fetched").write_bytes(part.read_bytes()[:2_000_000])  # a link that broke
    assert sharing.transfer(second) == "3.0 MB of its bundle from a"
    assert (place / part.name).read_bytes() == part.read_bytes()
    for damage in (b"another", b""):
        clear(second)
        part.write_bytes(damage)
        sharing = Sharing()
        sharing.transfer(first)
        part.write_bytes(damage)
        said = sharing.transfer(second)
        assert said.startswith("a did not pass it on") and said.endswith("3.0 MB of its bundle copied"), said
        assert (place / part.name).read_bytes() == second.bundle_files["it"].pieces[0].file.read_bytes()


def test_nothing_is_served_without_the_token(remotes: list[Remote], tmp_path: Path) -> None:
    first = remotes[0]
    (tmp_path / "secret").write_text("s")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/part").write_text("p")
    words = (sharing_script("serve_parts"), first.host.address, str(tmp_path / "shared"), "part")
    port = first.links.ask(first.address, 'exec python3 -c "$@"', words, data=b"right\n").out.strip()
    for word, path, code in (
        ("", "part", 401),
        ("wrong", "part", 401),
        ("right", "../secret", 404),
        ("right", "part", 200),
    ):
        connection = http.client.HTTPConnection(first.host.address, int(port), timeout=20)
        connection.request("GET", f"/{path}", headers={"Authorization": f"Bearer {word}"})
        assert connection.getresponse().status == code, (word, path)
        connection.close()


def test_a_part_that_broke_off_is_continued_and_one_that_differs_is_sent_anew(remote: Remote) -> None:
    own_bundle, place = remote.own_bundle, Path(remote.staging)
    assert own_bundle
    part = own_bundle.pieces[0].file
    place.mkdir(parents=True)
    (place / "part-000.tar.part").write_bytes(part.read_bytes()[:2_000_000])
    assert carry(remote) == 1_000_500
    assert (place / part.name).read_bytes() == part.read_bytes()
    assert carry(remote) == 0, "it is there"
    (place / part.name).unlink()
    (place / "part-000.tar.part").write_bytes(bytes(2_000_000))
    carry(remote)
    assert (place / part.name).read_bytes() == part.read_bytes()
    clear(remote)
    assert not place.exists()
    taken = Path(remote.home, "bundles/it-1/taken")
    taken.mkdir(parents=True)
    (taken / part.name).touch()
    assert carry(remote) == 500, "only the list: the part was unpacked there before"


def test_a_part_that_was_changed_here_is_told(remote: Remote) -> None:
    assert remote.own_bundle
    with remote.own_bundle.pieces[0].file.open("r+b") as file:
        file.write(b"another")
    with pytest.raises(DeployError, match="did not arrive complete on a"):
        carry(remote)


def test_a_bundle_without_room_there_is_told_before_a_byte_is_sent(remote: Remote, tmp_path: Path) -> None:
    assert room(remote) == ""
    assert remote.own_bundle
    free = shutil.disk_usage(tmp_path).free
    remote.bundle_files = {"it": replace(remote.own_bundle, unpacked=free * 2)}
    assert "does not fit there" in room(remote)
    assert not Path(remote.staging).exists()
