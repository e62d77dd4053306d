"""Source code whose content is not known: the releases before and after the day are used instead. Builds nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from installer.audit.simulation import metadata, pythons
from installer.audit.simulation.environments import Course
from installer.audit.simulation.requirement import Wanted
from installer.audit.simulation.resolver_query import ResolverQuery
from installer.audit.simulation.resolver_request import ResolverRequirement
from installer.audit.simulation.stub_wheels import Stub
from installer.core.outcomes import Code, Severity
from installer.core.plans.procedure import Install
from installer.core.text.quantities import first
from installer.knowledge.engines import definitions
from installer.knowledge.packages import decisive

_TAGGED = re.compile(
    r"(?:@(?:releases?/)?|/archive/(?:refs/tags/)?)v?(\d+(?:\.\d+)+(?:\.?(?:post|rc)\d+)?)(?:\.tar\.gz|\.zip)?(?:#.*)?$"
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?")


def order(course: Course, step: Install, wanted: Wanted) -> ResolverRequirement | None:
    """A release to use instead of the source code; `None` if none is known."""
    name = wanted.name
    # Any other repository may only be called like something on the index.
    known = course.lookups.releases(name) if decisive(name) or definitions.engine(name) else ()
    tagged = next((one for one in known if one.version == _tag(wanted.address)), None)
    meant = tagged or (known[-1] if known else None)
    if meant and pythons.of_source(course, step, name, meant, exactly=tagged is not None):
        return None
    if tagged is not None:
        bracket = f"[{','.join(wanted.extras)}]" if wanted.extras else ""
        plain = f"{name}{bracket}=={tagged.version}"
        return ResolverRequirement(replace(wanted, name=name), plain, source="git")
    before = _release(course, name, course.as_of) if name else ""
    if not before:
        place = "the folder where the script runs" if wanted.address in (".", "./.") else wanted.text
        _unknown(
            course, step, wanted, f"What the package in {place} installs is not known: it is not read.",
            "Neither its name nor its requirements are on the index.",
        )  # fmt: skip
        course.world(step.interpreter).open = True
        return None
    after = _next(course, name, before) or before
    first, second = (set(metadata.requirements(course, name, version) or ()) for version in (before, after))
    shared, differ = first & second, first ^ second
    between = f"releases {before} and {after}" if after != before else f"the newest release, {before}"
    _unknown(
        course, step, wanted,
        f"{wanted.text} is not a release; {between} of {name} were checked instead.",
        f"They agree on {len(shared)} requirements" + (f" and differ on {_listed(differ)}." if differ else "."),
        severity=Severity.WARNING if not differ or after == before else Severity.PROBE,
    )  # fmt: skip
    extras = f"[{','.join(wanted.extras)}]" if wanted.extras else ""
    stub = Stub(name, after, _without_dates(shared, differ))
    source = (
        "git" if "://" in wanted.address and urlsplit(wanted.address).scheme.startswith(("git", "hg")) else "folder"
    )
    named = replace(wanted, name=name)
    return ResolverRequirement(named, f"{name}{extras}=={after}", stub, source=source)


def _tag(address: str) -> str:
    """The release whose tag or branch an address names; empty if it names none."""
    match = _TAGGED.search(address)
    return match[1] if match else ""


def _release(course: Course, name: str, as_of: str | None) -> str:
    """The newest release on that day; empty if the index knows none."""
    answer = course.solve(ResolverQuery((name,), default=course.origins.default, no_deps=True, as_of=as_of))
    return next((picked.version for picked in answer.picked if picked.name == name), "")


def _next(course: Course, name: str, before: str) -> str:
    """The release that came next, whatever the day."""
    if not course.as_of:
        return ""
    query = ResolverQuery(
        (f"{name}>{before}",), default=course.origins.default, no_deps=True, lowest=True, as_of="2999-01-01"
    )
    answer = course.solve(query)
    return next((picked.version for picked in answer.picked if picked.name == name), "")


def _without_dates(shared: set[str], differ: set[str]) -> tuple[str, ...]:
    """The shared requirements, and of the others only that the package is needed at all."""
    names = {_NAME.match(requirement)[0] for requirement in differ if _NAME.match(requirement)}  # type: ignore[index]
    return tuple(sorted({*shared, *names}))


def _listed(requirements: set[str]) -> str:
    return first(sorted(requirements), 6)


def _unknown(
    course: Course, step: Install, wanted: Wanted, summary: str, evidence: str, *, severity: Severity = Severity.PROBE
) -> None:
    course.found(
        step, Code.DEPENDENCY_CONFLICT, wanted.name or wanted.address, summary, evidence,
        f"Name a release of {wanted.name or 'it'} instead, so that it can be checked.", "the releases on the index",
    )  # fmt: skip
    course.findings[-1] = replace(course.findings[-1], severity=severity)
