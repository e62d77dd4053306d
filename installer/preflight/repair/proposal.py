"""From a search to the repair that is proposed, in words. Proposes nothing that was not checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, RepairKind
from installer.core.plans.plan import Finding
from installer.core.plans.repair import Repair
from installer.core.plans.stack import MISTRAL, Lookups, Placed, Release, Stack
from installer.knowledge.engines import definitions, launch_reader
from installer.preflight.repair import candidates, machines
from installer.preflight.repair.more_gpus import several
from installer.preflight.repair.search import Candidate, Promising, Search

_MACHINES_FOR = 4
"""Stacks for which a machine is searched."""

Assessment = Callable[[Stack, MachineFacts], Sequence[Finding]]


def propose(
    stack: Stack,
    facts: MachineFacts,
    lookups: Lookups,
    assess: Assessment,
    *,
    as_of: str = "",
    sound: bool = True,
    without: Sequence[str] = (),
    promising: Promising = lambda *_: True,
) -> Repair:
    """The smallest change that leaves no blocker: flags, another release, another engine, another machine.

    `sound`: whether the stack's own packages can stay. `without`: releases ("NAME 0.5.10") not to be proposed.
    """
    search = Search(stack, facts, lookups, assess, sound, frozenset(without), promising=promising)
    for step in (_flags, _release, _other_engine, _second_choice, _machine):
        if repair := step(search, as_of):
            return repair
    return Repair(RepairKind.NONE, _nothing(search), tried=search.tried)


def _nothing(search: Search) -> str:
    names = definitions.titles("or")
    if search.late:
        return f"No answer was found in time: {search.tried} changes were tried, and none of them works."
    return f"No release of {names} that is known here would work, so there is no proposal."


def _flags(search: Search, as_of: str) -> Repair | None:
    found = search.first(candidates.flags(search)) if search.sound else None
    if found is None or found.stack.launch is None:
        return None
    sentence = f"Change the command line only{_changes(found, search)}: everything else can stay."
    return Repair(RepairKind.FLAGS, sentence, flags=found.stack.launch.arguments, tried=search.tried)


def _release(search: Search, as_of: str) -> Repair | None:
    name = _engine_name(search.stack)
    have = definitions.engine_package(search.stack)
    known = candidates.releases(search, name)
    newer, older = candidates.nearest(known, have.version if have else "", itself=not search.sound)
    if have is None:
        newer, older = [], list(reversed(known))
    for row in (newer, older):
        for position, release in enumerate(row):
            if found := search.first(candidates.of_release(search, release, name, RepairKind.RELEASE)):
                also = _also_later(search, row[position + 1 :], name) if row is newer else ""
                return _of(found, search, also)
    return None


def _other_engine(search: Search, as_of: str) -> Repair | None:
    name = _engine_name(search.stack)
    for other in definitions.engines():
        if other == name:
            continue
        row = list(reversed(candidates.releases(search, other)))
        for position, release in enumerate(row):
            if ways := _ways(search, release, other):
                found = _oldest(search, ways, row[position + 1 :], other)
                also = "" if found is ways[0] else f" to {release.version}" if position else " or newer"
                return _of(found, search, also, _none_of(search, name, as_of))
    return None


def _ways(search: Search, release: Release, name: str) -> list[Candidate]:
    """The command lines with which a release of another engine works, the one to propose first."""
    found = []
    tried = candidates.of_release(search, release, name, RepairKind.ENGINE)
    while (one := search.first(tried)) is not None:
        found.append(one)
    return found


def _oldest(search: Search, ways: Sequence[Candidate], row: Sequence[Release], name: str) -> Candidate:
    """The oldest release from which on every one works in all the `ways` that the newest does.

    The newest itself where the model is not known: then an old release tells nothing.
    """
    found = ways[0]
    if search.stack.model is None:
        return found
    for release in row:
        older = _ways(search, release, name)
        if search.late or [_words(one) for one in older] != [_words(one) for one in ways]:
            break
        found = older[0]
    return found


def _formats(candidate: Candidate) -> list[str]:
    launch = candidate.stack.launch
    engine = definitions.engine(launch.engine) if launch else None
    uses = launch_reader.read(launch).uses
    return [use.word for use in uses if use.word in engine.native_formats[::2]] if engine else []


def _words(candidate: Candidate) -> list[str]:
    return [*_formats(candidate), *candidate.added]


def _none_of(search: Search, name: str, as_of: str) -> str:
    loads = "loads this model" if search.stack.model and search.for_the_model(name) else "works on this machine"
    start = f"No {definitions.title_of(name)}{f' released by {as_of}' if as_of else ''} {loads}"
    almost = [one for one in search.on_candidates if one.engine and one.engine.engine == name]
    for one in almost[:1]:
        version = one.engine.version if one.engine else ""
        return f"{start} with final releases only ({version} does, with {one.unfinished}); use "
    return f"{start}; use "


def _second_choice(search: Search, as_of: str) -> Repair | None:
    """A release that rests on a release candidate, or leaves open what decides, where nothing else works."""
    found = [*search.on_candidates, *search.loose]
    return _of(found[0], search) if found else None


def _machine(search: Search, as_of: str) -> Repair | None:
    """The stack itself, else one of the newest releases of its engine, on the least machine that would do."""
    search.more_time()
    for candidate in islice(_worth_a_machine(search), _MACHINES_FOR):
        better = machines.least(search.facts, partial(_runs_on, search, candidate))
        if better is None:
            continue
        version = candidate.engine.version if candidate.engine else ""
        what = f" for {definitions.title_of(candidate.engine.engine)} {version}" if candidate.engine else ""
        search.works(candidate)
        small = search.stopped == {Code.MEMORY}
        start = "This machine's GPU memory is too small" if small else "No release that is known runs on this machine"
        more = several(search, candidate) if small else ""
        ways = f"{more}, or with {better.words}" if more else better.words
        return Repair(
            RepairKind.MACHINE, f"{start}: rent a host with {ways}{what}.", version=version, tried=search.tried
        )
    return None


def _runs_on(search: Search, candidate: Candidate, facts: MachineFacts) -> bool:
    return not search.late and search.works(candidate, facts)


def _worth_a_machine(search: Search) -> Iterator[Candidate]:
    if search.sound:
        yield Candidate(RepairKind.MACHINE, search.stack)
        yield from candidates.flags(search)
    name = _engine_name(search.stack)
    for release in reversed(candidates.releases(search, name)):
        yield from candidates.of_release(search, release, name, RepairKind.MACHINE)


def _also_later(search: Search, row: Sequence[Release], name: str) -> str:
    """How far the later releases in `row` would do as well, in words; empty if none does, or if unknown."""
    last = ""
    for release in row:
        works = any(map(search.works, candidates.of_release(search, release, name, RepairKind.RELEASE)))
        if search.late:
            return ""
        if not works:
            return f" to {last}" if last else ""
        last = release.version
    return " or newer" if row else ""


def _of(found: Candidate, search: Search, also: str = "", before: str = "") -> Repair:
    engine, launch = found.engine, found.stack.launch
    assert engine is not None
    version = engine.version
    given = launch.arguments if launch else ()
    python = found.stack.python if found.stack.python != search.stack.python else ""
    formats = [flag for flag in _formats(found) if flag not in _before(search)]
    how = f" with {' '.join(f'{flag} {MISTRAL}' for flag in formats)}" if formats else ""
    on = f" in a Python {python} environment" if python else ""
    extras = _pin(found.stack.packages[engine.engine]).partition("==")[0].removeprefix(engine.engine)
    spoken = f"{definitions.title_of(engine.engine)} {version}{f' ({engine.engine}{extras})' if extras else ''}"
    start = f"{before or 'Use '}{spoken}{also}{how}"
    return Repair(
        found.kind, f"{start}{_changes(found, search)}, installed{on} with the versions that it pins itself.",
        engine=engine.engine, version=version, requires=(_pin(found.stack.packages[engine.engine]),), python=python,
        pins=tuple(_pin(package) for package in found.stack.packages.values() if package.name != engine.engine),
        flags=given if given != _before(search) else (), tried=search.tried,
    )  # fmt: skip


def _changes(found: Candidate, search: Search) -> str:
    """What of the command line changes, in words."""
    parts = [f"without {_listed(found.dropped)}"] if found.dropped else []
    parts += [f"with {new} in place of {old}" for old, new in found.renamed]
    parts += [f"with {' '.join(found.added)}"] if found.added else []
    if found.stack.tensor_parallel != search.stack.tensor_parallel:
        parts.append(f"over {found.stack.tensor_parallel} GPU{'s' if found.stack.tensor_parallel > 1 else ''}")
    return "".join(f", {part}" for part in parts)


def _before(search: Search) -> tuple[str, ...]:
    return search.stack.launch.arguments if search.stack.launch else ()


def _pin(package: Placed) -> str:
    extras = f"[{','.join(package.extras)}]" if package.extras else ""
    return f"{package.name}{extras}=={package.version}"


def _engine_name(stack: Stack) -> str:
    if stack.launch and stack.launch.engine in definitions.engines():
        return stack.launch.engine
    package = definitions.engine_package(stack)
    return package.name if package and package.name in definitions.engines() else next(iter(definitions.engines()))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))
