"""What is asked of uv, where an index that a command names cannot be asked. Decides; runs nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from installer.audit.simulation import nightly_builds
from installer.audit.simulation.environments import Course
from installer.audit.simulation.index_selection import Indexes, StandIn
from installer.audit.simulation.known_indexes import known_versions
from installer.audit.simulation.requirement import RequirementKind, Wanted
from installer.audit.simulation.resolver_output import Picked
from installer.audit.simulation.resolver_request import ResolverRequirement
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Install
from installer.core.plans.stack import Placed
from installer.core.secrets import redact
from installer.core.text.quantities import first

_FROM = ("==", "===", ">=", ">", "~=")
"""What requires at least some version."""


def orders(course: Course, step: Install, indexes_for: Indexes, wanted: list[Wanted]) -> Iterator[ResolverRequirement]:
    """What of `wanted` is available, as a request to uv; the rest is noted as a finding."""
    untold = [one for one in wanted if (only := indexes_for.exclusive) and only.row is None and not one.exact]
    if untold and indexes_for.exclusive:
        _release_unknown(course, step, indexes_for.exclusive.url, untold)
    for one in (one for one in wanted if one not in untold):
        place = _place(indexes_for, one)
        if place is None:
            yield ResolverRequirement(one, one.text)
        elif problem := _problem(place, one):
            _missing(course, step, place, one, problem)
        else:
            yield nightly_builds.order(course, place, one) or ResolverRequirement(
                one, _text(place, one), otherwise=_otherwise(place, one), source=place.url
            )


def _release_unknown(course: Course, step: Install, url: str, untold: list[Wanted]) -> None:
    """The result if the only index does not answer here: any release, so none is checked."""
    course.world(step.interpreter).open = True
    names = first([one.text for one in untold], 6)
    course.findings.append(
        Finding(
            code=Code.NETWORK, severity=Severity.PROBE, stage=step.stage, subject=redact(url),
            summary=f"Which release {redact(url)} gives for {names} is not known, so it is not checked.",
            evidence="This index replaces the default one, it cannot be asked from here, and the requirement names no "
            "release.",
            fix=f"Name the release (such as {untold[0].name}==…), or check on a machine that reaches this index.",
            source="this machine's network", line=step.line,
        )
    )  # fmt: skip


def undecided(course: Course, asked: Indexes, picked: Sequence[Picked], named: Collection[str]) -> frozenset[str]:
    """Packages of an answer whose release is not known here.

    The only index, if it does not answer here, may have other releases than the public one; only what is named, and
    what a picked release requires exactly, is the same in both.
    """
    if asked.exclusive is None or asked.exclusive.row is not None:
        return frozenset()
    needs = [text for one in picked for text in course.needs.get(f"{one.name}=={one.version}", ())]
    exact = {wanted.name for text in needs if (wanted := course.reader.read(text)) and "*" not in (wanted.exact or "*")}
    return frozenset(one.name for one in picked) - exact - set(named)


def _place(indexes_for: Indexes, wanted: Wanted) -> StandIn | None:
    """The stand-in that decides about `wanted`; `None` if the indexes that are asked do."""
    holding = indexes_for.holding(wanted)
    if holding and (holding.exclusive or wanted.local or not indexes_for.best_match):
        return holding
    return indexes_for.exclusive


def _problem(place: StandIn, wanted: Wanted) -> str:
    """Why the index cannot give it; empty if it can, or if that is not known."""
    row = place.row
    if row is None:
        return ""
    if not row.has(wanted.name):
        return f"it has {_listed(tuple(row.holds))}"
    versions = place.versions(wanted)
    if versions is None or versions or _is_newer(wanted, known_versions(wanted.name)):
        return ""
    return f"of {wanted.name} it has {_listed(row.holds[wanted.name])}"


def _is_newer(wanted: Wanted, held: Sequence[str]) -> bool:
    """Whether a required release is newer than all that are known anywhere: it may have come since."""
    try:
        newest = max(Version(version).release for version in held)
        asked = [
            Version(one.version.removesuffix(".*")) for one in SpecifierSet(wanted.specifier) if one.operator in _FROM
        ]
        return any(version.release > newest for version in asked)
    except ValueError:
        return False


def _text(place: StandIn, wanted: Wanted) -> str:
    """What is asked of the default index in its stead: within the versions that the index itself has."""
    extras = f"[{','.join(wanted.extras)}]" if wanted.extras else ""
    if wanted.exact:
        return f"{wanted.name}{extras}=={wanted.exact.partition('+')[0]}"
    versions = place.versions(wanted)
    if not versions:
        return wanted.text
    bounds = [wanted.specifier, f">={versions[0].partition('+')[0]}", f"<={versions[-1].partition('+')[0]}"]
    return f"{wanted.name}{extras}{','.join(bound for bound in bounds if bound)}"


def _otherwise(place: StandIn, wanted: Wanted) -> str:
    versions = place.versions(wanted)
    return (versions[-1] if versions else wanted.exact).partition("+")[0]


def _missing(course: Course, step: Install, place: StandIn, wanted: Wanted, problem: str) -> None:
    url = place.url
    course.fails(step, [wanted.name])
    course.found(
        step, Code.INDEX_MISSING, wanted.name,
        f"The index {url} does not have {wanted.text}, so this step fails.",
        f"{wanted.text} is asked of {url}; {problem}.",
        f"Install {wanted.name} from an index that has it"
        + (", such as the default one: leave out the index option here." if place.exclusive else "."),
        place.row.source if place.row else "",
    )  # fmt: skip


def relabelled(placed: Placed, indexes_for: Indexes, order: ResolverRequirement | None) -> Placed:
    """A package that the default index answered for, as the index names it that the command would take it from."""
    place = indexes_for.holding(
        Wanted(placed.name, RequirementKind.INDEX, placed.name, specifier=f"=={placed.version}")
    )
    if place is None or not place.row:
        source = order.source if order and order.source else placed.source
        url = order.wanted.address if order and order.wanted.kind == RequirementKind.WHEEL else ""
        return replace(placed, source=source, url=url)
    held = place.row.holds[placed.name]
    if (held and placed.version not in {version.partition("+")[0] for version in held}) or "+" in placed.version:
        return replace(placed, source=order.source) if order and order.source else placed
    if not held and not place.exclusive and not (order and order.source):
        return placed
    return replace(placed, version=place.labelled(placed.version), source=place.url)


def _listed(names: tuple[str, ...]) -> str:
    return first(names, 8) or "nothing that is known"
