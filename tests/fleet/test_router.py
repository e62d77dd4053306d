"""A fleet behind its router, over real sshds in network namespaces with the real gateway and a small engine."""

from __future__ import annotations

import json
import os
import signal
import stat
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.faults.index import serve
from tests.fleet import lan
from tests.fleet.testbed import Ground, missing, router_wheels, small_stack, until
from tests.stand_ins.deployment import free_port

pytestmark = pytest.mark.skipif(bool(missing() or lan.missing()), reason=missing() or lan.missing())


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with ExitStack() as stack:
        ours, places = stack.enter_context(lan.network(4))
        small_stack(tmp_path / "wheels")
        if lacking := router_wheels(tmp_path / "wheels"):
            pytest.skip(lacking)
        index = stack.enter_context(serve(tmp_path / "wheels", ours))
        made = Ground(tmp_path, index, "abcd", places)
        made.whole["router"] = {
            "host": "a", "port": free_port(), "key_file": str(tmp_path / "fleet.key"),
            "settings": ["server.flags.--policy=round_robin", "server.flags.--token-every-secs=1"],
        }  # fmt: skip
        stack.callback(made.end)
        made.start()
        yield made


@pytest.fixture
def shut_in(tmp_path: Path) -> Iterator[Ground]:
    """Two hosts that reach each other, and no index."""
    with ExitStack() as stack:
        places = stack.enter_context(lan.network(2))[1]
        small_stack(tmp_path / "wheels")
        if lacking := router_wheels(tmp_path / "wheels"):
            pytest.skip(lacking)
        index = stack.enter_context(serve(tmp_path / "wheels"))
        made = Ground(tmp_path, index, "ab", places)
        made.environment = {
            "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": index.url, "DEPLOY_TUI_HOME": str(tmp_path / "controller"),
        }  # fmt: skip
        made.whole |= {
            "bundle": "servers", "host_to_host": True,
            "router": {
                "host": "a", "port": free_port(), "key_file": str(tmp_path / "fleet.key"), "bundle": "router",
            },
        }  # fmt: skip
        stack.callback(made.end)
        made.start()
        yield made


class Clients:
    """Asks through the router, one request after the other, until it is told to end."""

    def __init__(self, ground: Ground) -> None:
        self.url = f"http://{ground.hosts['a'].address}:{ground.whole['router']['port']}"
        self.key = (ground.root / "fleet.key").read_text().strip()
        self.found: Counter[str] = Counter()
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(2)]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._end.is_set():
            self.found[self.ask(self.key)] += 1
            self._end.wait(0.05)

    def ask(self, key: str, path: str = "/v1/chat/completions") -> str:
        body = {"model": "tiny", "messages": [{"role": "user", "content": "Hi"}]}
        head = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        try:
            request = urllib.request.Request(self.url + path, json.dumps(body).encode(), head)
            with urllib.request.urlopen(request, timeout=30) as answer:
                return str(answer.status)
        except urllib.error.HTTPError as error:
            return str(error.code)
        except OSError as error:
            return repr(error)

    def until(self, more: int) -> None:
        wanted = self.found.total() + more
        until(lambda: self.found.total() >= wanted)


def test_a_fleet_behind_its_router(ground: Ground) -> None:
    b, c = (ground.hosts[name] for name in "bc")
    assert b.place
    ground.recipe(requirements="{memory_mib: 99999999}", name="large.yaml")
    ground.more["d"] = {"recipe": "large.yaml"}
    up = ground.begin("up", "--yes", "--skip-refused")
    until(lambda: ground.server("a").state == "ready")
    ground.index.held.add("mini_fastapi")
    until(lambda: ground.run("b").state == "running")
    b.place.cut()
    b.cut()  # the connections of before are dead as well, and what comes over them when the cable is back is refused
    b.place.recover()
    b.start()
    assert ground.status("b")["run"]["state"] == "running", "cut in the middle"
    ground.index.held.clear()
    code, hosts, said = ground.end_of(up)
    assert (code, [hosts[one]["state"] for one in "abcd"]) == (0, ["up", "up", "up", "refused"]), said
    assert hosts["router"]["state"] == "up", said
    assert said.index("Wave 1: a") < said.index("Wave 2: b, c")
    assert hosts["a"]["proofs"]["failed"] == 0 < hosts["a"]["proofs"]["proved"]
    assert len(list(b.home.runs.iterdir())) == 1, "begun before the cut, and not once more"
    assert stat.S_IMODE((ground.root / "fleet.key").stat().st_mode) == 0o600

    with Clients(ground) as clients:
        closed = [clients.ask("another"), clients.ask("another", "/workers"), clients.ask(clients.key, "/workers")]
        assert closed == ["401"] * 3, "the key of the door opens the door, and nothing behind it"
        before = {name: ground.status(name) for name in "abc"}
        os.kill(before["c"]["server"]["pid"], signal.SIGKILL)
        clients.until(200)
        until(lambda: ground.server("c").state == "ready")

        ground.recipe("1.1")
        (ground.root / "wheels" / f"dies-on-{c.serving}").touch()
        code, hosts, said = ground.fleet("up", "--yes", "--skip-refused")
        assert (code, [hosts[one]["state"] for one in "abc"]) == (1, ["up", "taken back", "taken back"]), said
        assert hosts["c"]["failed"] and not hosts["b"]["failed"]
        assert ground.status("a")["generation"] == before["a"]["generation"] + 1
        for name in "bc":
            after = ground.status(name)
            assert (after["generation"], after["server"]["state"]) == (before[name]["generation"], "ready")

        ground.hosts.pop("d").end()
        code, hosts, said = ground.fleet("rollback")
        assert (code, ground.status("a")["generation"]) == (0, before["a"]["generation"]), said
    assert set(clients.found) == {"200"}, clients.found
    assert "a in, b in, c in" in ground.fleet("status")[1]["router"]["said"]
    spoken = {str(process.info["cmdline"]) for process in psutil.process_iter(["cmdline"])}
    assert not any(clients.key in words for words in spoken)
    code, hosts, said = ground.fleet("prove")
    assert (code, {one["state"] for one in hosts.values()}) == (0, {"up"}), said
    code, hosts, said = ground.fleet("down")
    assert (code, {ground.status(name)["server"]["state"] for name in "abc"}) == (0, {"stopped"}), said


def test_a_router_out_of_a_bundle_of_its_own_wants_no_network(shut_in: Ground) -> None:
    code, hosts, said = shut_in.fleet("up", "--yes")
    assert (code, {name: one["state"] for name, one in hosts.items()}) == (
        0, {"a": "up", "b": "up", "router": "up"},
    ), said  # fmt: skip
    told = [line.strip() for line in said.splitlines() if "of its bundle" in line]
    assert [line.split()[0] for line in told] == ["a:", "b:"] and told[1].endswith("of its bundle from a"), told
    for host in shut_in.hosts.values():
        assert not list(host.home.root.glob("fleet/bundles/*")), "what was kept for the others is gone"
    clients = Clients(shut_in)
    assert [clients.ask(clients.key), clients.ask("another")] == ["200", "401"]
    assert "a in, b in" in shut_in.fleet("status")[1]["router"]["said"]
