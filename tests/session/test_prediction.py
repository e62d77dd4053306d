"""What a host says of itself, as the facts that its bundle is checked by."""

from __future__ import annotations

from typing import Any

import pytest

from installer.core.machine.loader import parse
from installer.session.bundling.prediction import machine_file

GPU = {"name": "NVIDIA H100", "compute_capability": "9.0", "memory_mib": 81559, "free_mib": 900}
SERVER = {"pid": 7, "url": "http://127.0.0.1:8000"}
BUSY = {"name": "h", "ports_in_use": [22, 8000], "gpus": [{**GPU, "processes": [{"pid": 7, "memory_mib": 80000}]}]}


@pytest.mark.parametrize(
    ("machine", "server", "ports", "free"),
    [
        (BUSY, SERVER, (22,), None),
        (BUSY, {"pid": None, "url": ""}, (22, 8000), 900),
        ({"name": "h"}, SERVER, None, None),
    ],
    ids=["its own server makes way", "what others hold stays", "unknown stays unknown"],
)
def test_what_its_own_server_holds_is_free_once_it_is_exchanged(
    machine: dict[str, Any], server: dict[str, Any], ports: tuple[int, ...] | None, free: int | None
) -> None:
    facts = parse(machine_file({"machine": machine}, server), "host.json")
    assert facts.ports_in_use == ports
    assert (facts.gpus is None) == ("gpus" not in machine)
    assert [gpu.free_mib for gpu in facts.gpus or ()] == ([free] if facts.gpus else [])
