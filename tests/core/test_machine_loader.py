from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from installer.core.errors import UsageError
from installer.core.machine.facts import Cpu, Driver, Gpu, MachineFacts, OperatingSystem
from installer.core.machine.file import to_mapping
from installer.core.machine.loader import parse

MACHINES = sorted((Path(__file__).parent.parent / "machines").glob("*.yaml"))


def test_the_file_of_the_interface_is_read() -> None:
    path = next(path for path in MACHINES if path.stem == "a40-pod")
    facts = parse(path.read_text(encoding="utf-8"), str(path))
    assert (facts.name, facts.here, facts.python) == ("a40-pod", False, ("3.10",))
    assert facts.gpus == (Gpu("NVIDIA A40", "8.6", 46068),)
    assert facts.driver == Driver("550.127.05", "12.4")
    assert facts.tools == {"git": "2.34.1", "nvcc": "12.4", "docker": None, "curl": None}
    assert [disk.hardlinks for disk in facts.disks or ()] == [False, True]


def test_what_is_absent_is_unknown_and_an_empty_list_is_none() -> None:
    facts = parse("gpus: []\nos: {id: null}\n", "x.yaml")
    assert facts == MachineFacts(gpus=())
    assert facts.disks is None and facts.online is None and facts.os == OperatingSystem()


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_a_machine_survives_being_written_and_read_again(path: Path) -> None:
    facts = parse(path.read_text(encoding="utf-8"), str(path))
    mapping = to_mapping(facts)
    assert parse(json.dumps(mapping, indent=2), "x.json") == facts
    assert parse(yaml.safe_dump(mapping), "x.yaml") == facts


def test_exactly_what_is_known_is_written() -> None:
    facts = MachineFacts(name="x", gpus=(), cpu=Cpu(features=()), tools={"nvcc": None}, shm_mib=0, here=True)
    expected = {"name": "x", "gpus": [], "cpu": {"features": []}, "shm_mib": 0, "tools": {"nvcc": None}}
    assert to_mapping(facts) == expected
    assert list(to_mapping(facts)) == ["name", "gpus", "cpu", "shm_mib", "tools"]


def test_the_whole_report_of_doctor_is_a_machine_file() -> None:
    report = {"schema": 1, "machine": {"name": "x", "memory_mib": 5}, "findings": [{"code": "disk"}]}
    assert parse(json.dumps(report), "report.json") == MachineFacts(name="x", memory_mib=5)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        parse("name: 3\nos: {version: 22.04}\npython: [3.10]\n", "x.yaml")
    assert [line.split(" ")[0] for line in caught.value.why.splitlines()] == ["x.yaml:1:", "x.yaml:2:", "x.yaml:3:"]
