"""The result of an install command that fails: the finding, and how to continue. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from installer.audit.simulation.environments import Course
from installer.audit.simulation.index_selection import Indexes, addresses, is_public
from installer.audit.simulation.known_indexes import known_index
from installer.audit.simulation.resolver_request import ResolverRequirement
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Install
from installer.core.secrets import redact
from installer.packages.pylock import requirement_name
from installer.packages.resolver_errors import Refusal

_DAILY = "That index publishes a new pre-release every day, and it cannot be reached from here."
_CANDIDATES = "That index holds candidates for the next release, and it cannot be reached from here."
_DEPENDS = re.compile(
    r"([A-Za-z0-9._-]+(?:\[[^\]]*\])?)((?:[=<>!~]=?|===)\S+)? depends on ([A-Za-z0-9._-]+)((?:[=<>!~]=?)[^\s,]+)"
)


def report(
    course: Course, step: Install, asked: Indexes, ordered: list[ResolverRequirement], refusal: Refusal
) -> Indexes | None:
    """Note why uv finds no solution for `step`; the indexes to continue with, where asking more of them would help."""
    names = {order.wanted.name for order in ordered}
    course.fails(step, names)
    if asked.replaced and refusal.code == Code.INDEX_MISSING and refusal.package not in names:
        _exclusive(
            course, step, asked.replaced, [refusal.package], sentence=refusal.explanation, source="uv's resolver"
        )
        return asked.with_default(course.origins.default)
    checks = {
        Code.PYTHON_VERSION: _python_version,
        Code.WHEEL_PLATFORM: _wheel_platform,
        Code.WHEEL_DEFECT: _wheel_defect,
        Code.INDEX_MISSING: _index_missing,
    }
    check = _conflict if refusal.to_build else checks.get(refusal.code, _conflict)
    check(course, step, asked, refusal)
    if any(order.stub and order.source in ("git", "folder") for order in ordered):
        # What replaces unreleased code is a guess, and what follows from a guess is open.
        course.findings[-1] = replace(course.findings[-1], severity=Severity.PROBE)
    return None


def unreachable_indexes(course: Course, step: Install) -> list[str]:
    """The indexes that a command names, that cannot be asked from here, and of which not all is known."""
    named = [url for url in addresses(step) if not is_public(url, course) and not course.reachable.get(url)]
    return [redact(url) for url in named if known_index(url) is None]


def not_asked(course: Course, step: Install, subject: str, urls: list[str]) -> None:
    """Note that it could not be looked up: an index that gives no answer is not an empty one."""
    course.world(step.interpreter).open = True
    where = " and ".join(urls)
    course.findings.append(
        Finding(
            code=Code.NETWORK, severity=Severity.PROBE, stage=step.stage, subject=subject,
            summary=f"Whether {subject} is available from {where} is not known.",
            evidence=f"No other index has it, and {where} cannot be reached from here: it is private, or the "
            f"network blocks it.",
            fix=f"On the machine: `pip download --no-deps --extra-index-url {urls[0]} {subject}`.",
            source="this machine's network", line=step.line,
        )
    )  # fmt: skip


def not_in_index(
    course: Course, step: Install, asked: Indexes, changed: Iterable[str], by_name: Mapping[str, ResolverRequirement]
) -> None:
    """Note dependencies that the only index does not have, if it could not be asked from here."""
    for url in (stand_in.url for stand_in in asked.stand_ins if stand_in.row is None):
        _unknown_index(course, step, url)
    for url, row in ((stand_in.url, stand_in.row) for stand_in in asked.stand_ins):
        if row and row.prereleases:
            _not_known(course, step, url, [name for name in by_name if name in row.holds], _DAILY)
        elif row and row.candidates:
            open_ = [name for name, order in by_name.items() if name in row.holds and not order.wanted.exact]
            _not_known(course, step, url, open_, _CANDIDATES)
    place = asked.exclusive
    if place is None or place.row is None:
        return
    lacking = [name for name in changed if name not in by_name and not place.row.has(name)]
    if lacking and not step.no_deps:
        course.fails(step, ())
        _exclusive(course, step, place.url, lacking, source=place.row.source)


def _not_known(course: Course, step: Install, url: str, names: list[str], why: str) -> None:
    if not names:
        return
    course.findings.append(
        Finding(
            code=Code.DEPENDENCY_CONFLICT, severity=Severity.PROBE, stage=step.stage, subject=url,
            summary=f"Which build of {', '.join(names)} comes from {url} is not known, nor whether it works.",
            evidence=why,
            fix=f"On the machine: `pip download --no-deps --pre --index-url {url} {names[0]}`; or name a release.",
            source="shipped knowledge (indexes.yaml)", line=step.line,
        )
    )  # fmt: skip


def _unknown_index(course: Course, step: Install, url: str) -> None:
    course.findings.append(
        Finding(
            code=Code.NETWORK, severity=Severity.PROBE, stage=step.stage, subject=url,
            summary=f"The content of the index {url} is not known.",
            evidence="It cannot be asked from here, and no shipped knowledge is about it; the other indexes "
            "answered instead.",
            fix=f"Check whether {url} lists these packages.", source="this machine's network", line=step.line,
        )
    )  # fmt: skip


def _exclusive(course: Course, step: Install, url: str, lacking: list[str], *, sentence: str = "", source: str) -> None:
    shown = ", ".join(lacking[:6]) + (f" and {len(lacking) - 6} more" if len(lacking) > 6 else "")
    course.found(
        step, Code.INDEX_EXCLUSIVE, url,
        f"This index replaces the default one, so {shown} {'is' if len(lacking) == 1 else 'are'} not found.",
        sentence or f"The packages need {shown}; {url} has no such package, and no other index is searched.",
        f"Add it as an extra index: `--extra-index-url {url}`.", source,
    )  # fmt: skip


def _python_version(course: Course, step: Install, _: Indexes, refusal: Refusal) -> None:
    course.found(
        step, Code.PYTHON_VERSION, refusal.package,
        f"There is no {refusal.package} for Python {course.reader.python}, so this step fails.",
        refusal.explanation, f"Use a Python that {refusal.package} has wheels for, or another version of it.",
        "the index, as uv reads it",
    )  # fmt: skip


def _wheel_platform(course: Course, step: Install, _: Indexes, refusal: Refusal) -> None:
    glibc = course.facts.os.glibc or "unknown"
    course.found(
        step, Code.WHEEL_PLATFORM, refusal.package,
        f"No wheel of {refusal.package} fits this machine (glibc {glibc}, {course.facts.os.arch or 'x86_64'}).",
        refusal.explanation, f"Use a machine that {refusal.package} has wheels for, or another version of it.",
        "the index, as uv reads it",
    )  # fmt: skip


def _wheel_defect(course: Course, step: Install, asked: Indexes, refusal: Refusal) -> None:
    course.found(
        step, Code.WHEEL_DEFECT, refusal.package,
        f"The wheel of {refusal.package} contains the metadata of another package, so this step fails.",
        refusal.explanation,
        f"Use another version of {refusal.package}, or another index than {asked.replaced or 'this one'}.",
        "the wheel's metadata, as uv reads it",
    )  # fmt: skip


def _index_missing(course: Course, step: Install, asked: Indexes, refusal: Refusal) -> None:
    where = asked.replaced or "the index"
    day = f" as of {course.as_of}" if course.as_of else ""
    what = "no such version" if refusal.version_missing else "no such package"
    course.found(
        step, Code.INDEX_MISSING, refusal.package,
        f"{where} has {what} of {refusal.package}{day}, so this step fails.",
        refusal.explanation, f"Name a version of {refusal.package} that exists, or the index that has it.",
        "the index, as uv reads it",
    )  # fmt: skip


def _conflict(course: Course, step: Install, _: Indexes, refusal: Refusal) -> None:
    course.found(
        step, Code.DEPENDENCY_CONFLICT, refusal.package or "the packages of this step",
        "This step fails: its packages have conflicting requirements.", refusal.explanation,
        fix_of(refusal.explanation), "uv's resolver",
    )  # fmt: skip


def fix_of(sentence: str) -> str:
    """The cheapest change that uv's explanation lets one see."""
    needs = _DEPENDS.findall(sentence)
    if not needs:
        return "Relax one of the two requirements."
    who, version, what, bound = needs[-1]
    return f"Use {requirement_name(what)}{bound}, which {who}{version} needs, or another version of {who}."
