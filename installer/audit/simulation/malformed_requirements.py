"""Requirements that pip and uv refuse for how they are written (`torch=2.5.1`, `numpy=>1.26`). Pure."""

from __future__ import annotations

import re

from installer.audit.simulation.environments import Course
from installer.audit.simulation.requirement import RequirementKind, Wanted
from installer.core.outcomes import Code
from installer.core.plans.procedure import Install

_SIGNS = {"=": "==", "=>": ">=", "=<": "<=", "==>": ">=", "=~": "~="}
_ODD = re.compile(
    r"^(?P<name>[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)\s*(?P<sign>={1,2}[<>~]?)\s*(?P<version>\d[\w.*+!-]*)\s*$"
)


def refused(course: Course, step: Install, wanted: Wanted) -> None:
    """Note that the installer stops at it, before it has installed anything."""
    better = _better(wanted.text)
    course.fails(step, [])
    course.found(
        step, Code.SHELL_DEFECT, wanted.text,
        f"`{wanted.text}` is not a valid requirement: {step.tool} stops and installs nothing from this line.",
        "It reports `Invalid requirement`: a name must be followed by ==, ~=, !=, <=, >=, < or >, and then by a "
        "version.",
        f"Write `{better}`." if better else "Write NAME==VERSION, each requirement as one word.",
        "https://packaging.python.org/en/latest/specifications/dependency-specifiers/",
    )  # fmt: skip


def meant(course: Course, wanted: Wanted) -> Wanted:
    """What was meant, so that the rest of the procedure can be checked as if it had been written so."""
    better = _better(wanted.text) if wanted.kind == RequirementKind.UNCLEAR else ""
    return (course.reader.read(better) if better else None) or wanted


def _better(text: str) -> str:
    match = _ODD.match(text.strip())
    sign = _SIGNS.get(match["sign"], "") if match else ""
    return f"{match['name']}{sign}{match['version']}" if match and sign else ""
