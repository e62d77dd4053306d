"""Releases that are on no index any more although something that was published asks for them. Asks nobody.

A release that was deleted is told from one that never was: a package that once was installed pinned it.
"""

from __future__ import annotations

from datetime import date

from installer.audit.simulation.environments import Course, severity_of
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Install
from installer.knowledge.engines.shipped import knowledge_releases
from installer.packages.resolver_errors import Pin, Refusal, missing_pin

_CLOSE_DAYS = 90
"""So soon after the package that pins it came out, a release was most likely still there."""


def told(course: Course, step: Install, refusal: Refusal) -> Finding | None:
    """What to say where a published package pins a release that the index does not hold; `None`: that is not it."""
    pin = missing_pin(refusal.explanation)
    return _finding(course, step, pin) if pin else None


def _finding(course: Course, step: Install, pin: Pin) -> Finding:
    holder, release, package = pin.holder, pin.release, pin.package
    day = dict(knowledge_releases(holder)).get(release, "")
    early = (
        bool(course.as_of and day)
        and (date.fromisoformat(str(course.as_of)) - date.fromisoformat(day)).days < _CLOSE_DAYS
    )
    name = f"{holder} {release}".strip()
    when = f" {name} came on {day}, so it was available then and has been deleted since." if day else ""
    summary = f"{name} requires {package} {pin.version}, which is not on the index"
    return Finding(
        code=Code.DEPENDENCY_CONFLICT, severity=Severity.PROBE if early else severity_of(step), stage=step.stage,
        subject=package,
        summary=f"{summary} any more; whether it was on {course.as_of} is open." if early else f"{summary}: this "
        f"step fails.",
        evidence=f"Every published {holder} could be installed at one time, with its {package}.{when}",
        fix=f"Take another release of {holder}, whose {package} is still available.", source="the index, as uv "
        "reads it",
        line=step.line,
    )  # fmt: skip


def _days(first: str, second: str) -> int:
    return (date.fromisoformat(second) - date.fromisoformat(first)).days
