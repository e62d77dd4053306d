"""Builds from source whose setup.py imports what it does not declare, by what the environment holds before them."""

from __future__ import annotations

import pytest

from installer.audit.simulation import source_builds
from installer.audit.simulation.environments import Course, EnvironmentState
from installer.core.outcomes import Severity
from installer.core.plans.procedure import Building, Install
from installer.core.plans.stack import Placed

FLASH = "flash-attn"


def told(
    before: tuple[str, ...], step: Install, file: str = "flash_attn-2.8.3.tar.gz", version: str = "2.8.3"
) -> list[tuple[Severity, str]]:
    """Severity and evidence of what is found."""
    world = EnvironmentState({name: Placed(name, "1", 3, 1) for name in before})
    world.packages |= {name: Placed(name, version if name == FLASH else "1", 6, step.line) for name in step.requires}
    course = object.__new__(Course)
    course.worlds, course.findings, course.files = {"": world}, [], {f"{FLASH}=={version}": file}
    source_builds.check(course, step, before, step.requires)
    return [(one.severity, one.evidence) for one in course.findings]


def step(building: Building | None, *also: str, tool: str = "pip", ends: bool = True) -> Install:
    return Install(6, 4, requires=(FLASH, *also), tool=tool, building=building, ends=ends)


@pytest.mark.parametrize(
    ("before", "building", "lacking"),
    [
        ((), Building(isolated=False), "torch, packaging, wheel"),
        (("torch",), Building(isolated=False), "packaging, wheel"),
        (("torch", "packaging"), Building(isolated=False, there=("pip", "setuptools", "wheel")), ""),
        (("torch", "packaging", "wheel"), Building(isolated=True), "torch, packaging, wheel"),
        (("torch", "packaging", "wheel"), Building(isolated=True, here=(FLASH,)), ""),
        (("torch", "packaging"), Building(there=("pip", "setuptools", "wheel")), ""),
        ((), None, ""),
    ],
)
def test_what_the_build_does_not_find(before: tuple[str, ...], building: Building | None, lacking: str) -> None:
    found = told(before, step(building))

    assert [severity for severity, _ in found] == [Severity.BLOCKER] * bool(lacking)
    assert all(f"imports {lacking}, which" in evidence for _, evidence in found)


def test_uv_builds_alone_whatever_the_environment_holds() -> None:
    there = Building(there=("pip", "setuptools", "wheel"))

    assert told(("torch", "packaging"), step(there, tool="uv"))


def test_a_wheel_and_a_release_that_was_not_read_are_no_matter() -> None:
    assert not told((), step(Building()), file="flash_attn-2.8.3-cp312-cp312-linux_x86_64.whl")
    assert not told((), step(Building()), file="flash_attn-9.0.tar.gz", version="9.0")


def test_without_set_e_a_script_goes_on_without_an_extension_and_ends_without_its_engine() -> None:
    alone, together = step(Building(), ends=False), step(Building(), "vllm", ends=False)

    assert [severity for severity, _ in told((), alone)] == [Severity.WARNING]
    assert [severity for severity, _ in told((), together)] == [Severity.BLOCKER]
