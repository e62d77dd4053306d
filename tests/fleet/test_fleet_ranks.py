"""One model over two hosts of a fleet: compared before the start, started together, ended together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.faults.index import Index, serve
from tests.fleet.testbed import Ground, missing, small_stack, until
from tests.stand_ins.deployment import free_port

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    small_stack(tmp_path / "wheels")
    with serve(tmp_path / "wheels") as index:
        yield index


@pytest.fixture
def ground(tmp_path: Path, index: Index) -> Iterator[Ground]:
    made = Ground(tmp_path, index, "ab")
    made.recipe(topology=f"{{nodes: 2, tensor: 2, port: {free_port()}, watch_port: {free_port()}, patience_s: 60}}")
    try:
        made.start()
        yield made
    finally:
        made.end()


def test_two_ranks_come_up_together_and_the_loss_of_one_begins_both_anew(ground: Ground) -> None:
    code, hosts, said = ground.fleet("up", "--yes")
    assert (code, [hosts[name]["state"] for name in "ab"]) == (0, ["up", "up"]), said
    assert "Wave 1: a, b" in said
    first, second = ground.status("a")["server"], ground.status("b")["server"]
    assert (first["state"], second["state"]) == ("ready", "ready")
    command = " ".join(psutil.Process(second["pid"]).cmdline())
    assert "--node-rank 1" in command and "--headless" in command
    told = json.loads((ground.hosts["a"].home.server / "rank.json").read_text())
    assert (told["state"], told["interface"]) == ("started", "lo")

    (engine,) = psutil.Process(second["pid"]).children()
    engine.kill()
    until(lambda: ground.server("a").restarts == 1)
    until(lambda: ground.server("a").state == "ready")
    assert ground.status("b")["server"]["pid"] == second["pid"], "it waited, and joined again"

    code, hosts, said = ground.fleet("status")
    assert (code, "rank 1 of 2" in hosts["b"]["said"]) == (0, True), said
    code, hosts, said = ground.fleet("prove")
    assert (code, [hosts[name]["state"] for name in "ab"]) == (0, ["up", "up"]), said
    code, hosts, said = ground.fleet("down")
    assert (code, {ground.status(name)["server"]["state"] for name in "ab"}) == (0, {"stopped"}), said
    assert len(ground.status("a")["server"]["incidents"]) == 1, "an end that was asked for is none"


def test_another_model_on_one_host_is_named_and_both_are_taken_back(ground: Ground, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in ground.model.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    (other / "config.json").write_text('{"model_type": "qwen2", "hidden_size": 8}')
    text = (tmp_path / "small.yaml").read_text()
    (tmp_path / "other.yaml").write_text(text.replace(str(ground.model), str(other)))
    ground.more["b"] = {"recipe": "other.yaml"}
    code, hosts, said = ground.fleet("up", "--yes")
    assert (code, [hosts[name]["state"] for name in "ab"]) == (1, ["taken back", "taken back"]), said
    assert "has another model" in hosts["b"]["said"], hosts
    assert {ground.status(name)["server"]["state"] for name in "ab"} <= {"stopped", "failed"}


def test_hosts_that_do_not_come_out_even_are_refused(ground: Ground) -> None:
    ground.recipe(topology="{nodes: 3, tensor: 3}")
    code, _, said = ground.fleet("up", "--yes")
    assert (code, "2 hosts" in said and "3 machines" in said) == (2, True), said
