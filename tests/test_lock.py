"""The packages of this program itself: the lists in requirements/ hold what pyproject.toml asks for, by hash."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BUILD = [*PROJECT["build-system"]["requires"], *PROJECT["dependency-groups"]["build"]]
RUN = [*PROJECT["project"]["dependencies"], *BUILD]
ASKED = {"run": RUN, "dev": [*RUN, *PROJECT["project"]["optional-dependencies"]["dev"]]}
ENTRY = r"[a-z0-9-]+==[^\s;]+(?: ; [^#\\]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+"
MACHINES = [(python, arch) for python in ("3.10", "3.11", "3.12", "3.13", "3.14") for arch in ("x86_64", "aarch64")]


def lines(name: str) -> list[str]:
    """The entries of a list, each with its hashes."""
    text = (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if not line.startswith("#")]


def pinned(name: str, python: str, arch: str) -> dict[str, str]:
    """What would be installed on such a machine."""
    machine = {
        "python_version": python, "python_full_version": f"{python}.4", "platform_machine": arch, "os_name": "posix",
        "sys_platform": "linux", "platform_system": "Linux", "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }  # fmt: skip
    found: dict[str, str] = {}
    for line in lines(name):
        entry = Requirement(line.partition(" --hash")[0])
        if entry.marker is None or entry.marker.evaluate(machine):
            assert entry.name not in found, "one version of each package for one machine"
            found[entry.name] = str(entry.specifier).removeprefix("==")
    return found


@pytest.mark.parametrize("name", ASKED)
def test_each_entry_is_one_version_held_to_its_hashes_and_names_no_host(name: str) -> None:
    assert [line for line in lines(name) if not re.fullmatch(ENTRY, line)] == []


@pytest.mark.parametrize(("python", "arch"), MACHINES)
@pytest.mark.parametrize("name", ASKED)
def test_what_the_project_asks_for_is_there_on_each_machine(name: str, python: str, arch: str) -> None:
    there = pinned(name, python, arch)
    for asked in map(Requirement, ASKED[name]):
        if asked.marker is None or asked.marker.evaluate({"python_version": python}):
            version = there.get(canonicalize_name(asked.name))
            assert version and version in asked.specifier, f"{asked}: `make lock` writes the lists anew"


def test_the_carriers_list_is_held_to_hashes_and_to_what_the_extra_asks_for() -> None:
    text = (ROOT / "installer/host/carrier/requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    found = [line for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in found if not re.fullmatch(ENTRY, line)] == []
    (asked,) = map(Requirement, PROJECT["project"]["optional-dependencies"]["pyinfra"])
    (held,) = (line.split()[0].partition("==")[2] for line in found if line.startswith("pyinfra=="))
    assert held in asked.specifier


@pytest.mark.parametrize(("python", "arch"), MACHINES)
def test_both_lists_agree(python: str, arch: str) -> None:
    assert pinned("run", python, arch).items() <= pinned("dev", python, arch).items()
