"""Releases that are on no index any more although something that was published requires them. No I/O.

A release that was deleted is told from one that never was: a package that once was installed pinned it.
"""

from __future__ import annotations

from datetime import date, timedelta

from installer.audit.simulation.environments import Course, severity_of
from installer.audit.simulation.stub_wheels import Stub
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Install
from installer.knowledge.engines.shipped import knowledge_releases
from installer.packages.pylock import requirement_name
from installer.packages.resolver_errors import Pin, Refusal, missing_pin

_CLOSE_DAYS = 90
"""So soon after the package that pins it came out, a release was most likely still there."""


_ANY = "0"
"""The version of a stand-in where none is named."""


def finding(course: Course, step: Install, refusal: Refusal) -> Finding | None:
    """What to say if a published package pins a release that the index does not have; `None`: that is not the cause."""
    pin = missing_pin(refusal.explanation)
    return _finding(course, step, pin) if pin and (pin.version or not _elsewhere(course, step)) else None


def stand_in(refusal: Refusal) -> Stub | None:
    """What takes the place of a deleted release, so that the rest of its set is known all the same."""
    pin = missing_pin(refusal.explanation)
    return Stub(pin.package, pin.version or _ANY) if pin else None


def _elsewhere(course: Course, step: Install) -> bool:
    """Whether another index than the public one is used for everything: what it lacks was not deleted."""
    return step.sourcing.index_url is not None and step.sourcing.index_url != course.origins.default


def _day(step: Install, pin: Pin) -> tuple[str, str]:
    """A release that came while the package was there, and its day: the holder's, else the engine's."""
    asked = [(requirement_name(text), text.rpartition("==")[2]) for text in step.requires if "==" in text]
    for name, version in ((pin.holder, pin.release), *(asked if not pin.version else ())):
        if day := dict(knowledge_releases(name)).get(version, ""):
            return f"{name} {version}", day
    return f"{pin.holder} {pin.release}".strip(), ""


def _is_early(as_of: str | None, day: str) -> bool:
    """Whether the package may still have been there on the day in question: the index shows only what is left today.

    `day`: one on which it was there; empty: none is known.
    """
    if not as_of:
        return False
    since = date.fromisoformat(day) if day else date.today() - timedelta(days=2 * _CLOSE_DAYS)
    return (date.fromisoformat(as_of) - since).days < _CLOSE_DAYS


def _finding(course: Course, step: Install, pin: Pin) -> Finding:
    holder, package = pin.holder, f"{pin.package} {pin.version}".strip()
    release, day = _day(step, pin)
    early = _is_early(course.as_of, day)
    name = f"{holder} {pin.release}".strip()
    when = f" {release} came on {day}, so it was available then and has been deleted since." if day else ""
    summary = f"{name} requires {package}, which is not on the index"
    return Finding(
        code=Code.DEPENDENCY_CONFLICT, severity=Severity.PROBE if early else severity_of(step), stage=step.stage,
        subject=pin.package,
        summary=f"{summary} any more; whether it was there on {course.as_of} is not "
        "known." if early else f"{summary}: this "
        f"step fails.",
        evidence=f"Every published {holder} could be installed at one time, with its {pin.package}.{when}",
        fix=f"Use another release of {holder}, whose {pin.package} is still available.", source="the index, as uv "
        "reads it",
        line=step.line,
    )  # fmt: skip
