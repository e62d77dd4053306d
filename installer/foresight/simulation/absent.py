"""Packages that are needed and that nothing installs. Compares names; opens no wheel itself."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from installer.core.plan import Finding
from installer.core.procedure import Expectation, Imports
from installer.core.stack import Placed
from installer.foresight.pylock import requirement_name
from installer.foresight.simulation import metadata
from installer.foresight.simulation.decisive import bringing, decisive, is_listed, module_of, server_extra
from installer.foresight.simulation.puzzle import Puzzle
from installer.foresight.simulation.world import Course, World

_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Lack:
    """A package that is not there."""

    name: str
    because: str
    """Who needs it: a chain of packages, the nearest last."""
    text: str
    """The requirement."""


def lacking(course: Course, world: World, engine: Placed) -> Iterator[Lack]:
    """What the engine needs, directly or through what it needs, that is not there."""
    seen = {engine.name}
    waiting = [(engine.name, engine.requires or (), f"{engine.name} {engine.version}")]
    while waiting:
        _, needs, chain = waiting.pop(0)
        for text in needs:
            wanted = course.reader.read(text)
            if wanted is None or wanted.name in seen or not wanted.name:
                continue
            seen.add(wanted.name)
            there = world.packages.get(wanted.name)
            if there is None:
                yield Lack(wanted.name, chain, text)
            waiting.append((wanted.name, _needs(course, wanted.name, there), f"{chain} > {wanted.name}"))


def _served(course: Course, engine: Placed) -> tuple[str, ...]:
    """What the engine needs as a server: where that is an extra of its own, with that extra."""
    extra = server_extra(engine.name)
    more = metadata.requirements(course, engine.name, engine.version, (extra,)) if extra else None
    return tuple(sorted({*(engine.requires or ()), *(more or ())}))


def _needs(course: Course, name: str, there: Placed | None) -> tuple[str, ...]:
    if there:
        return there.requires or ()
    releases = [release for release in course.needs if release.startswith(f"{name}==")]
    return course.needs[releases[-1]] if releases else ()


def judge(course: Course, world: World, engine: Placed | None) -> None:
    """Note what the engine lacks. What failed to install was reported where it failed."""
    if engine is None or engine.requires is None or world.open:
        return
    engine = replace(engine, requires=_served(course, engine))
    lacks = _unsaid(course, world, engine)
    if not lacks:
        return
    _learn(course, lacks)
    lacks = _unsaid(course, world, engine)
    imported = _imported(course, engine)
    grave = [lack for lack in lacks if _is_imported(lack.name, imported)]
    if imported is not None and not grave:
        return
    others = [lack for lack in lacks if lack not in grave] if imported is None else []
    severity = "blocker" if grave else "probe"
    course.findings.append(_finding(engine, grave or others, severity, others if grave else [], imported is not None))


def _unsaid(course: Course, world: World, engine: Placed) -> list[Lack]:
    """What it lacks and no finding about a failed step has said."""
    there = _present(world) | world.failed
    return [lack for lack in lacking(course, world, engine) if lack.name not in there]


def _learn(course: Course, lacks: list[Lack]) -> None:
    """What the missing packages need themselves: one question about all of them."""
    course.solve(Puzzle(tuple(lack.text for lack in lacks), default=course.origins.default))


def _present(world: World) -> set[str]:
    """Names that are there, and those that something there stands in for."""
    names = set(world.packages)
    return names | {other for name in names for other in bringing(module_of(name)) if module_of(name) != name}


def _imported(course: Course, engine: Placed) -> frozenset[str] | None:
    """The packages whose modules the server imports when it starts; `None`: not known."""
    asked = getattr(course.looks, "imported_modules", None)
    modules: Iterable[str] | None = asked(engine.name, engine.version) if asked else None
    return frozenset(package for module in modules for package in bringing(module)) if modules else None


def _is_imported(name: str, imported: frozenset[str] | None) -> bool:
    return name in imported if imported is not None else decisive(name)


def _finding(engine: Placed, lacks: list[Lack], severity: str, others: list[Lack], read: bool) -> Finding:
    names = ", ".join(lack.name for lack in lacks[:10]) + (f" and {len(lacks) - 10} more" if len(lacks) > 10 else "")
    chains = ", ".join(f"{lack.name} (for {lack.because})" for lack in [*lacks, *others][:_SHOWN])
    more = len(lacks) + len(others) - _SHOWN
    chains += f" and {more} more" if more > 0 else ""
    how = f"{engine.name} is installed on line {engine.line}" if engine.line else f"{engine.name} is installed"
    return Finding(
        "missing-module",
        severity,
        engine.stage,
        f"{engine.name} {engine.version}",
        f"Nothing installs {names}, so {engine.name} {engine.version} breaks off when it is started.",
        f"Needed and not there: {chains}; {how}, and nothing installs these with it.",
        f"Install {engine.name} with its dependencies, or add {lacks[0].name}"
        f"{' and the others' if len(lacks) > 1 else ''} by name.",
        "the imports in its wheel" if read else f"the metadata of {engine.name} {engine.version}",
        engine.line,
    )


def imports(course: Course, world: World, step: Imports) -> None:
    """Modules that the procedure itself imports at this point."""
    there = _present(world)
    known = {requirement_name(need) for needs in course.needs.values() for need in needs}
    for module in step.modules:
        top = module.partition(".")[0]
        packages = bringing(module)
        if top in sys.stdlib_module_names or there & set(packages) or set(packages) & world.failed:
            continue
        _not_imported(
            course, step, module, packages, sure=not world.open and (is_listed(module) or bool(known & set(packages)))
        )


def expect(course: Course, world: World, step: Expectation) -> None:
    """A check that a package is there at all."""
    name = requirement_name(step.package)
    if name not in _present(world) and name not in world.failed:
        _not_imported(course, step, name, (name,), sure=not world.open)


def _not_imported(
    course: Course, step: Imports | Expectation, module: str, packages: tuple[str, ...], *, sure: bool
) -> None:
    severity = "warning" if step.tolerated else "blocker" if sure else "probe"
    course.findings.append(
        Finding(
            "missing-module", severity, step.stage, module,
            f"This step asks for {module}, and nothing before it installs {' or '.join(packages)}.",
            f"line {step.line}: {module}; no step before it installs it, directly or as a dependency.",
            f"Install {packages[0]} before this step.", "the simulation of the steps in order", step.line,
        )
    )  # fmt: skip
