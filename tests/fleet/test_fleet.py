"""A fleet over real sshds on this machine: up in waves, a link that is cut, an upgrade taken back as one."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pexpect
import pytest

from tests.faults.index import Index, serve
from tests.fleet import lan
from tests.fleet.testbed import TOOL, Ground, missing, small_stack, until

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    small_stack(tmp_path / "wheels")
    with serve(tmp_path / "wheels") as index:
        yield index


@pytest.fixture
def ground(tmp_path: Path, index: Index) -> Iterator[Ground]:
    made = Ground(tmp_path, index)
    try:
        made.start()
        yield made
    finally:
        made.end()


@pytest.mark.skipif(not lan.missing(), reason="test_router.py does the same, in networks of their own")
def test_up_with_a_cut_link_then_a_bad_upgrade_that_is_taken_back_as_one(ground: Ground, index: Index) -> None:
    index.held.add("mini_fastapi")
    up = ground.begin("up", "--yes")
    until(lambda: ground.run("a").state == "running")
    ground.hosts["a"].cut()
    index.held.clear()
    until(lambda: ground.run("a").state != "running")
    ground.hosts["a"].start()
    code, hosts, said = ground.end_of(up)
    assert (code, {name: one["state"] for name, one in hosts.items()}) == (0, dict.fromkeys("abc", "up")), said
    assert said.index("Wave 1: a") < said.index("Wave 2: b, c")
    assert hosts["a"]["proofs"]["failed"] == 0 < hosts["a"]["proofs"]["proved"]
    before = {name: ground.status(name) for name in "abc"}
    assert len(list(ground.hosts["a"].home.runs.iterdir())) == 1, "begun before the cut, and not once more"

    ground.recipe("1.1")
    (ground.root / "wheels" / f"dies-on-{ground.hosts['c'].serving}").touch()
    code, hosts, said = ground.fleet("up", "--yes")
    after = {name: ground.status(name) for name in "abc"}
    assert (code, [hosts[name]["state"] for name in "abc"]) == (1, ["up", "taken back", "taken back"]), said
    assert (hosts["b"]["failed"], hosts["c"]["failed"]) == (False, True)
    assert after["a"]["generation"] == before["a"]["generation"] + 1
    for name in "bc":
        assert after[name]["generation"] == before[name]["generation"]
    assert {one["server"]["state"] for one in after.values()} == {"ready"}

    code, hosts, said = ground.fleet("rollback")
    assert code == 0, said
    assert ground.status("a")["generation"] == before["a"]["generation"]
    code, hosts, _ = ground.fleet("prove")
    assert (code, {one["state"] for one in hosts.values()}) == (0, {"up"})
    code, hosts, _ = ground.fleet("down")
    assert (code, {ground.status(name)["server"]["state"] for name in "abc"}) == (0, {"stopped"})


def test_what_was_begun_goes_on_without_us_and_a_host_out_of_reach_is_named(ground: Ground, index: Index) -> None:
    index.held.add("mini_fastapi")
    for name in "bc":
        ground.hosts.pop(name).end()
    up = ground.begin("up", "--yes")
    until(lambda: ground.run("a").state == "running")
    up.send_signal(signal.SIGINT)
    assert ground.end_of(up)[0] == 130
    index.held.clear()
    until(lambda: ground.run("a").state != "running")
    before = ground.status("a")
    assert (before["run"]["state"], before["server"]["state"]) == ("done", "ready")

    ground.recipe("1.1")
    ground.patience_s = 1
    up = ground.begin("up", "--yes")
    until(lambda: ground.run("a").run != before["run"]["id"])
    ground.hosts["a"].cut()
    code, hosts, said = ground.end_of(up)
    assert (code, hosts["a"]["state"]) == (6, "not taken back"), said
    ground.hosts["a"].start()
    until(lambda: ground.run("a").state != "running")
    assert ground.status("a")["generation"] == before["generation"] + 1
    code, hosts, said = ground.fleet("rollback")
    assert (code, hosts["a"]["state"]) == (0, "taken back"), said
    after = ground.status("a")
    assert (after["generation"], after["server"]["state"]) == (before["generation"], "ready")


def test_a_host_that_cannot_serve_is_refused_before_anything_is_fetched_anywhere(ground: Ground, index: Index) -> None:
    ground.recipe(requirements="{memory_mib: 99999999}", name="large.yaml")
    ground.more["b"] = {"recipe": "large.yaml"}
    code, hosts, said = ground.fleet("up", "--yes")
    assert (code, hosts["b"]["state"], hosts["a"]["state"]) == (3, "refused", "works"), said
    assert hosts["b"]["said"]
    assert [path for path in index.requests if path.endswith(".whl")] == []
    assert not any(host.home.generations.exists() for host in ground.hosts.values())

    ground.more["c"] = ground.more["b"]
    code, hosts, said = ground.fleet("up", "--yes", "--skip-refused")
    assert (code, [hosts[name]["state"] for name in "abc"]) == (0, ["up", "refused", "refused"]), said
    assert not any(ground.hosts[name].home.generations.exists() for name in "bc")


def test_a_host_that_is_not_who_it_was_or_lets_nobody_in_is_told_apart(ground: Ground) -> None:
    (ground.root / "known_hosts").write_text("".join(host.known for name, host in ground.hosts.items() if name != "a"))
    ground.more["b"] = {"user": "nobody-of-that-name"}
    code, hosts, _ = ground.fleet("status")
    assert (code, [hosts[name]["state"] for name in "abc"]) == (1, ["unreached", "unreached", "down"])
    assert "host key" in hosts["a"]["said"] and "known_hosts" in hosts["a"]["said"]
    assert "user" in hosts["b"]["said"] and "host key" not in hosts["b"]["said"]


@pytest.mark.skipif(os.geteuid() != 0, reason="a disk of its own for a host wants root")
def test_a_host_whose_disk_fills_is_named_and_the_others_are_unharmed(ground: Ground, index: Index) -> None:
    home = ground.hosts["b"].home.root
    home.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(home)], check=False).returncode:
        pytest.skip("this machine permits no mounts")
    try:
        up = ground.begin("up", "--yes")
        until(lambda: ground.server("a").state == "ready")
        index.held.add("mini_fastapi")
        until(lambda: ground.run("b").state == "running")
        with suppress(OSError), (home / "of-somebody-else").open("wb", buffering=0) as other:
            while True:
                other.write(bytes(1 << 16))
        index.held.clear()
        code, hosts, said = ground.end_of(up)
        assert (code, [hosts[name]["state"] for name in "abc"]) == (1, ["up", "taken back", "taken back"]), said
        assert (hosts["b"]["failed"], hosts["c"]["failed"]) == (True, False), hosts
        assert "space" in hosts["b"]["said"] or "full" in hosts["b"]["said"], hosts["b"]["said"]
        assert [ground.status(name)["server"]["state"] for name in "abc"] == ["ready", "stopped", "stopped"]
    finally:
        ground.hosts["b"].end()
        subprocess.run(["umount", "-l", str(home)], check=True)


def test_the_screen_of_a_fleet_opens_the_screen_of_a_host(ground: Ground) -> None:
    words, environment = ["fleet", ground.file()], {**os.environ, "TERM": "xterm"}
    with pexpect.spawn(str(TOOL), words, dimensions=(24, 100), env=environment, timeout=120) as screen:
        screen.expect("stopped")
        screen.send("\r")
        screen.expect("3 History")  # the places of a host's own screen
        screen.send("q")
        screen.expect("fleet.yaml")
        screen.send("q")
        screen.expect(pexpect.EOF)
    assert screen.exitstatus == 0
