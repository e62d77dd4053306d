"""One install command on an environment: what it asks uv for, and what it puts there. Nothing is installed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from installer.audit.simulation import (
    deleted_releases,
    direct_references,
    failed_install,
    malformed_requirements,
    metadata,
    overridden_pins,
    pythons,
    source_builds,
    unreachable_index,
)
from installer.audit.simulation import offline as unasked
from installer.audit.simulation.environments import Course, EnvironmentState, Pin
from installer.audit.simulation.index_selection import Indexes, indexes_for
from installer.audit.simulation.requirement import RequirementKind
from installer.audit.simulation.resolver_output import Picked
from installer.audit.simulation.resolver_query import Answer, ResolverQuery
from installer.audit.simulation.resolver_request import ResolverRequirement
from installer.audit.simulation.stub_wheels import Stub
from installer.core.outcomes import Code, Severity
from installer.core.plans.procedure import Install
from installer.core.plans.stack import Placed
from installer.knowledge.packages import decisive
from installer.packages.resolver_errors import classify

_YANKED = re.compile(r"([A-Za-z0-9._-]+)==(\S+) was yanked")


def install(course: Course, step: Install) -> None:
    """Simulate `step`: the environment afterwards, and what goes wrong in it."""
    wanted = [one for text in step.requires if (one := course.reader.read(text))]
    for one in wanted:
        if one.kind == RequirementKind.UNCLEAR:
            malformed_requirements.refused(course, step, one)
    asked = indexes_for(course, step)
    wanted = [malformed_requirements.meant(course, one) for one in wanted]
    named = [one for one in wanted if one.kind == RequirementKind.INDEX]
    ordered = [*unreachable_index.orders(course, step, asked, named)]
    ordered += direct_references.orders(
        course, step, [one for one in wanted if one.kind in (RequirementKind.WHEEL, RequirementKind.SOURCE)]
    )
    if ordered:
        _solve(course, step, asked, ordered)


def _solve(
    course: Course, step: Install, asked: Indexes, ordered: list[ResolverRequirement], gone: tuple[Stub, ...] = ()
) -> None:
    """`gone`: what replaces releases that were deleted since."""
    answer = course.solve(_query(course, step, asked, ordered, gone))
    if answer.solved:
        _apply(course, step, asked, ordered, answer)
        return
    if step.tool == "pip" and (pins := _withdrawn(answer.output, step.constraints)):
        _solve(course, replace(step, constraints=(*step.constraints, *pins)), asked, ordered)
        return
    refusal = classify(answer.output)
    # Without the network, "there is no such package" means that the cache does not have its page.
    unseen = course.solver.offline and (refusal.to_build or refusal.code == Code.INDEX_MISSING)
    if refusal.code == Code.NETWORK or answer.code == 124 or unseen:
        unasked.place(course, step, asked, ordered)
        return
    if refusal.code == Code.INDEX_MISSING and (silent := failed_install.unreachable_indexes(course, step)):
        failed_install.not_asked(course, step, refusal.package, silent)
        _without(course, step, asked, ordered, refusal.package)
        return
    if stubbed := _with_stub(ordered, refusal.package):
        _solve(course, step, asked, stubbed)
        return
    stand_in = deleted_releases.stand_in(refusal)
    if stand_in and stand_in not in gone and (deleted := deleted_releases.finding(course, step, refusal)):
        course.findings.append(deleted)
        _solve(course, step, asked, ordered, (*gone, stand_in))
        if deleted.severity != Severity.PROBE:
            course.fails(step, [order.wanted.name for order in ordered])
        return
    widened = failed_install.report(course, step, asked, ordered, refusal)
    if widened:
        _solve_widened(course, step, widened, ordered)
    else:
        _one_by_one(course, step, asked, ordered)


def _withdrawn(output: str, given: Collection[str]) -> tuple[str, ...]:
    """Yanked releases that a package requires exactly: pip takes them, with a warning; uv only where it is told to."""
    found = {f"{match[1]}=={match[2]}" for match in _YANKED.finditer(" ".join(output.split()))}
    return tuple(sorted(pin for pin in found if pin not in given and f"depends on {pin}" in " ".join(output.split())))


def _without(course: Course, step: Install, asked: Indexes, ordered: list[ResolverRequirement], name: str) -> None:
    """Continue without what may exist, but where it cannot be looked up from here."""
    others = [order for order in ordered if order.wanted.name != name]
    if others and len(others) < len(ordered):
        _solve(course, step, asked, others)
    for order in ordered if len(others) == len(ordered) else ():
        unasked.suppose(course, step, asked, order)


def _with_stub(ordered: list[ResolverRequirement], name: str) -> list[ResolverRequirement] | None:
    """The same orders with a stand-in for the release that the default index cannot show in another's stead."""
    stubbed = [(order.as_stub() if order.wanted.name == name else None) or order for order in ordered]
    return stubbed if stubbed != ordered else None


def _solve_widened(course: Course, step: Install, asked: Indexes, ordered: list[ResolverRequirement]) -> None:
    """Go on as if the default index had been asked too."""
    answer = course.solve(_query(course, step, asked, ordered))
    if answer.solved:
        _apply(course, step, asked, ordered, answer)
    else:
        _one_by_one(course, step, asked, ordered)


def _one_by_one(course: Course, step: Install, asked: Indexes, ordered: list[ResolverRequirement]) -> None:
    """Go on with those packages of a command that fails which could be had alone."""
    for order in ordered:
        answer = course.solve(_query(course, step, asked, [order]))
        if answer.solved:
            _apply(course, step, asked, [order], answer)
        elif classify(answer.output).code != Code.INDEX_MISSING:
            unasked.suppose(course, step, asked, order)
    # Whatever of it is there in this simulation, the command itself fails.
    course.fails(step, [order.wanted.name for order in ordered])


def _query(
    course: Course, step: Install, asked: Indexes, ordered: list[ResolverRequirement], gone: tuple[Stub, ...] = ()
) -> ResolverQuery:
    kept = list(_kept(course.world(step.interpreter), step, {order.wanted.name for order in ordered}))
    stubs = [_stub(placed) for placed in kept if _only_here(placed, asked)]
    return ResolverQuery(
        requires=tuple(order.text for order in ordered),
        preferences=tuple(f"{placed.name}=={placed.version}" for placed in kept),
        constraints=(*step.constraints, *asked.bounds()),
        overrides=step.overrides,
        default=asked.default,
        indexes=asked.indexes,
        links=asked.links,
        stubs=(*stubs, *gone, *(order.stub for order in ordered if order.stub)),
        best_match=asked.best_match,
        no_deps=step.no_deps,
        pre=step.pre,
        only_binary=step.only_binary,
    )


def _kept(world: EnvironmentState, step: Install, named: set[str]) -> Iterator[Placed]:
    """What is there and stays where it fits. pip's --upgrade is about what is named, uv's about everything."""
    if step.force_reinstall or (step.upgrade and step.tool == "uv"):
        return
    for placed in world.packages.values():
        if placed.version and not (step.upgrade and placed.name in named):
            yield placed


def _only_here(placed: Placed, asked: Indexes) -> bool:
    """Whether the indexes that are asked cannot be expected to show the release that is there."""
    return bool(asked.replaced) or not asked.default or placed.source != "default" or "+" in placed.version


def _stub(placed: Placed) -> Stub:
    return Stub(placed.name, placed.version, placed.requires or ())


def _apply(course: Course, step: Install, asked: Indexes, ordered: list[ResolverRequirement], answer: Answer) -> None:
    world = course.world(step.interpreter)
    by_name = {order.wanted.name: order for order in ordered}
    before = dict(world.packages)
    unread = set(answer.unread)
    undecided = unreachable_index.undecided(course, asked, answer.picked, by_name) - before.keys()
    world.open = world.open or bool(undecided)
    for picked in answer.picked:
        if picked.name in undecided:
            continue
        if world.unread and picked.name not in by_name and decisive(picked.name):
            continue  # most such images contain one, which pip keeps wherever it fits
        there = before.get(picked.name)
        if there and _same(there, picked) and not step.force_reinstall:
            world.packages[picked.name] = _with_extras(there, by_name.get(picked.name))
        else:
            placed = _placed(course, step, picked, by_name.get(picked.name), unread)
            world.packages[picked.name] = unreachable_index.relabelled(placed, asked, by_name.get(picked.name))
            world.failed.discard(picked.name)
            if picked.name in by_name:
                pythons.check(course, step, placed)
    changed = [name for name, placed in world.packages.items() if before.get(name) is not placed]
    if step.no_deps:
        world.without_deps.update(by_name)
        _learn_needs(course, step, world, by_name)
    source_builds.check(course, step, before, by_name)
    failed_install.not_in_index(course, step, asked, changed, by_name)
    overridden_pins.note(course, step, before, by_name)
    for name, order in by_name.items():
        if name in world.packages and (order.wanted.specifier or world.packages[name].source != "default"):
            world.pins[name] = Pin(order.wanted, step, world.packages[name])


def _same(there: Placed, picked: Picked) -> bool:
    return there.version == picked.version or there.version.partition("+")[0] == picked.version


def _with_extras(there: Placed, order: ResolverRequirement | None) -> Placed:
    extras = tuple(sorted({*there.extras, *(order.wanted.extras if order else ())}))
    return replace(there, extras=extras) if extras != there.extras else there


def _placed(
    course: Course, step: Install, picked: Picked, order: ResolverRequirement | None, unread: set[str]
) -> Placed:
    release = f"{picked.name}=={picked.version}"
    guessed = order is not None and order.stub is not None and order.source in ("git", "folder")
    needs = None if release in unread or step.no_deps or guessed else course.needs.get(release)
    source = order.source if order and order.source else _source(course, picked)
    extras = order.wanted.extras if order else ()
    return Placed(picked.name, picked.version, step.stage, step.line, source, "", needs, extras)


def _source(course: Course, picked: Picked) -> str:
    if picked.index.startswith("file:"):
        return "folder"
    return "default" if not picked.index or picked.index == course.origins.default else picked.index


def _learn_needs(
    course: Course, step: Install, world: EnvironmentState, by_name: dict[str, ResolverRequirement]
) -> None:
    """What packages need that were installed without it."""
    for name, order in by_name.items():
        placed = world.packages.get(name)
        if placed is None:
            continue
        if order.stub and order.stub.requires:
            world.packages[name] = replace(placed, requires=order.stub.requires)
            continue
        needs = metadata.requirements(course, name, placed.version, placed.extras)
        world.packages[name] = replace(placed, requires=needs)
