"""The facts of the machine that the tests run on, and their way through a machine file."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from installer.core.machine import loader
from installer.core.machine.facts import MachineFacts
from installer.core.machine.file import to_mapping
from installer.host import facts as module
from installer.host.facts import read_facts


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> MachineFacts:
    return read_facts(tmp_path_factory.mktemp("home") / "deploy-tui", ())


def test_what_every_machine_has_is_known(facts: MachineFacts) -> None:
    assert facts.here
    assert facts.os.arch == os.uname().machine
    assert facts.os.glibc
    assert facts.cpu.cores is not None and 1 <= facts.cpu.cores <= len(os.sched_getaffinity(0))
    assert facts.memory_mib
    assert facts.shm_mib is not None
    assert facts.disks
    assert facts.disks[0].free_mib is not None
    assert facts.ports_in_use is not None
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in (facts.python or ())
    assert "git" in facts.tools


def test_the_network_is_not_asked_unless_told(facts: MachineFacts) -> None:
    assert facts.online is None


def test_reading_changes_nothing(tmp_path: Path) -> None:
    read_facts(tmp_path / "home", ())

    assert list(tmp_path.iterdir()) == []


def test_with_a_cache_folder_programs_are_remembered(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    first = read_facts(tmp_path, ())

    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["programs.json"]
    assert read_facts(tmp_path, ()).tools == first.tools


def test_facts_survive_a_machine_file(facts: MachineFacts) -> None:
    text = yaml.safe_dump(to_mapping(facts), sort_keys=False)

    assert loader.parse(text, "saved.yaml") == replace(facts, here=False)


def test_one_reader_that_breaks_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the kernel says something new")

    monkeypatch.setattr(module, "find_pythons", broken)
    monkeypatch.setattr(module.storage, "disks", broken)
    monkeypatch.setattr(module.tools, "versions", broken)
    monkeypatch.setattr(module.container, "container", broken)
    monkeypatch.setattr(module.listeners, "ports", broken)

    found = read_facts(tmp_path, ())

    assert found.python is None
    assert found.disks is None
    assert found.tools == {}
    assert found.ports_in_use is None
    assert found.memory_mib


def test_nothing_heavy_is_imported_to_read_a_machine_without_a_gpu() -> None:
    code = (
        "import sys; from pathlib import Path; from installer.host.facts import read_facts;"
        "f = read_facts(Path('/nowhere'), ());"
        "heavy = {'pynvml', 'psutil', 'httpx', 'yaml', 'textual'} - ({'pynvml'} if f.gpus != () else set());"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)

    assert done.stdout.strip() == "[]", done.stderr
