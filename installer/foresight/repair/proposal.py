"""From a search to the repair that is proposed, in words. Proposes nothing that was not judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from installer.core.facts import MachineFacts
from installer.core.plan import Finding
from installer.core.repair import Repair
from installer.core.stack import Looks, Placed, Release, Stack
from installer.foresight.repair import candidates, machines
from installer.foresight.repair.candidates import ENGINES
from installer.foresight.repair.commands import MISTRAL_FORMATS
from installer.foresight.repair.search import Candidate, Promising, Search

Judgement = Callable[[Stack, MachineFacts], Sequence[Finding]]


def propose(
    stack: Stack,
    facts: MachineFacts,
    looks: Looks,
    judge: Judgement,
    *,
    as_of: str = "",
    sound: bool = True,
    without: Sequence[str] = (),
    promising: Promising = lambda *_: True,
) -> Repair:
    """The smallest change that leaves no blocker: flags, another release, another engine, another machine.

    `sound`: whether the stack's own packages can stay. `without`: releases ("sglang 0.5.10") not to be proposed.
    """
    search = Search(stack, facts, looks, judge, sound, frozenset(without), promising=promising)
    for step in (_flags, _release, _other_engine, _unsettled, _machine):
        if repair := step(search, as_of):
            return repair
    return Repair("none", _nothing(search), tried=search.tried)


def _nothing(search: Search) -> str:
    names = " or ".join(ENGINES.values())
    if search.late:
        return f"No answer was found in time: {search.tried} changes were judged, and none of them works."
    return f"No release of {names} that is known here would work; nothing of it can be proposed."


def _flags(search: Search, as_of: str) -> Repair | None:
    found = search.first(candidates.flags(search)) if search.sound else None
    if found is None or found.stack.launch is None:
        return None
    sentence = f"Leave out {_listed(found.dropped)}: everything else of this can stay as it is."
    return Repair("flags", sentence, flags=found.stack.launch.arguments, tried=search.tried)


def _release(search: Search, as_of: str) -> Repair | None:
    name = _engine_name(search.stack)
    have = search.stack.engine
    known = candidates.releases(search, name)
    newer, older = candidates.nearest(known, have.version if have else "", itself=not search.sound)
    if have is None:
        newer, older = [], list(reversed(known))
    for row in (newer, older):
        for position, release in enumerate(row):
            if found := search.first(candidates.of_release(search, release, name, "release")):
                onwards = row is newer and _all_work(search, row[position + 1 :], name)
                return _of(found, search, onwards)
    return None


def _other_engine(search: Search, as_of: str) -> Repair | None:
    name = _engine_name(search.stack)
    for other in ENGINES:
        if other == name:
            continue
        row = list(reversed(candidates.releases(search, other)))
        for position, release in enumerate(row):
            if ways := _ways(search, release, other):
                oldest = _oldest(search, ways, row[position + 1 :], other)
                return _of(oldest or ways[0], search, bool(oldest), _none_of(search, name, as_of))
    return None


def _ways(search: Search, release: Release, name: str) -> list[Candidate]:
    """The command lines with which a release of another engine works, the one to propose first."""
    found = []
    tried = candidates.of_release(search, release, name, "engine")
    while (one := search.first(tried)) is not None:
        found.append(one)
    return found


def _oldest(search: Search, ways: Sequence[Candidate], row: Sequence[Release], name: str) -> Candidate | None:
    """The oldest release from which on every one works in all the `ways` that the newest does.

    None where the model is not known: then an old release tells nothing.
    """
    if search.stack.model is None:
        return None
    found = ways[0]
    for release in row:
        older = _ways(search, release, name)
        if search.late or [_formats(one) for one in older] != [_formats(one) for one in ways]:
            break
        found = older[0]
    return found


def _formats(candidate: Candidate) -> list[str]:
    given = candidate.stack.launch.arguments if candidate.stack.launch else ()
    return [word for word in given if word in MISTRAL_FORMATS[::2]]


def _none_of(search: Search, name: str, as_of: str) -> str:
    loads = "loads this model" if search.stack.model else "works here"
    spoken, day = ENGINES[name], f" released by {as_of}" if as_of else ""
    if almost := search.unsettled:
        one = almost[0]
        version = one.engine.version if one.engine else ""
        return f"No {spoken}{day} {loads} with final releases only ({version} does, with {one.unfinished}); use "
    return f"No {spoken}{day} {loads} on this machine; use "


def _unsettled(search: Search, as_of: str) -> Repair | None:
    """A release that rests on a release candidate, where nothing else works."""
    return _of(search.unsettled[0], search, onwards=False) if search.unsettled else None


def _machine(search: Search, as_of: str) -> Repair | None:
    """The stack itself, else the newest release of its engine, on the least machine that would do."""
    for candidate in _worth_a_machine(search):
        better = machines.least(search.facts, partial(_runs_on, search, candidate))
        if better is None:
            continue
        version = candidate.engine.version if candidate.engine else ""
        what = f" for {ENGINES[candidate.engine.engine]} {version}" if candidate.engine else ""
        sentence = f"No release that is known runs on this machine: rent a host with {better.words}{what}."
        return Repair("machine", sentence, version=version, tried=search.tried)
    return None


def _runs_on(search: Search, candidate: Candidate, facts: MachineFacts) -> bool:
    return not search.late and search.works(candidate, facts)


def _worth_a_machine(search: Search) -> Iterator[Candidate]:
    if search.sound:
        yield Candidate("machine", search.stack)
        yield from candidates.flags(search)
    name = _engine_name(search.stack)
    for release in reversed(candidates.releases(search, name)):
        yield from candidates.of_release(search, release, name, "machine")


def _all_work(search: Search, row: Sequence[Release], name: str) -> bool:
    """Whether every later release that is known would do as well."""
    later = [one for release in row for one in list(candidates.of_release(search, release, name, "release"))[-1:]]
    return not search.late and all(search.works(one) for one in later)


def _of(found: Candidate, search: Search, onwards: bool, before: str = "") -> Repair:
    engine, launch = found.engine, found.stack.launch
    assert engine is not None
    name, version = ENGINES[engine.engine], engine.version
    words = f"{name} {version}" + (" or newer" if onwards else "")
    given = launch.arguments if launch else ()
    formats = _formats(found)
    how = f" with {' '.join(f'{flag} mistral' for flag in formats)}" if formats and found.kind == "engine" else ""
    without = f", without {_listed(found.dropped)}" if found.dropped else ""
    start = before or "Use "
    return Repair(
        found.kind, f"{start}{words}{how}{without}, installed with the versions that it pins itself.",
        engine=engine.engine, version=version, requires=(f"{engine.engine}=={version}",),
        pins=tuple(_pin(package) for package in found.stack.packages.values() if package.name != engine.engine),
        python=found.stack.python if found.stack.python != search.stack.python else "",
        flags=given if given != _before(search) else (), tried=search.tried,
    )  # fmt: skip


def _before(search: Search) -> tuple[str, ...]:
    return search.stack.launch.arguments if search.stack.launch else ()


def _pin(package: Placed) -> str:
    extras = f"[{','.join(package.extras)}]" if package.extras else ""
    return f"{package.name}{extras}=={package.version}"


def _engine_name(stack: Stack) -> str:
    if stack.launch and stack.launch.engine in ENGINES:
        return stack.launch.engine
    return stack.engine.name if stack.engine and stack.engine.name in ENGINES else "sglang"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))
