"""Packages that are needed and that nothing installs. Compares names; opens no wheel itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from installer.audit.simulation import metadata, startup_imports
from installer.audit.simulation.environments import Course, EnvironmentState
from installer.audit.simulation.resolver_query import ResolverQuery
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Expectation, Imports
from installer.core.plans.stack import Placed
from installer.knowledge.packages import bringing, decisive, is_listed, module_of, server_extra
from installer.packages.pylock import requirement_name

_SHOWN, _EXPLAINED = 10, 6


@dataclass(frozen=True, slots=True)
class Lack:
    """A package that is not there."""

    name: str
    because: str
    """Who needs it: a chain of packages, the nearest last."""
    text: str
    """The requirement."""
    direct: bool = True
    """Whether the engine names it itself."""


def needed(course: Course, engine: Placed | None) -> frozenset[str]:
    """Packages that the engine itself requires, or imports when its server starts."""
    if engine is None:
        return frozenset()
    asked = {requirement_name(text) for text in _served(course, engine)}
    return frozenset(asked.union(*(bringing(module) for module in startup_imports.modules(course, engine))))


def check(course: Course, world: EnvironmentState, engine: Placed | None) -> None:
    """Note what the engine lacks. What failed to install was reported where it failed."""
    if engine is None or engine.requires is None or engine.source == "image":
        return
    if world.open or engine.name in world.supposed:
        return
    engine = replace(engine, requires=_served(course, engine))
    lacks = _unexplained(course, world, engine)
    if lacks:
        _learn(course, lacks)
        lacks = _unexplained(course, world, engine)
    modules = startup_imports.modules(course, engine) if lacks or engine.name in world.without_deps else frozenset()
    grave = _imported_lacks(course, world, engine, lacks, modules) if modules else _decisive(lacks)
    if grave:
        course.findings.append(_finding(engine, grave, Severity.BLOCKER, read=bool(modules)))
    elif lacks and not modules:
        course.findings.append(_finding(engine, lacks, Severity.PROBE, read=False))


def lacking(course: Course, world: EnvironmentState, engine: Placed) -> Iterator[Lack]:
    """What the engine needs, directly or through what it needs, that is not there."""
    seen = {engine.name}
    waiting = [(engine.requires or (), f"{engine.name} {engine.version}", True)]
    while waiting:
        needs, chain, direct = waiting.pop(0)
        for text in needs:
            wanted = course.reader.read(text)
            if wanted is None or wanted.name in seen or not wanted.name:
                continue
            seen.add(wanted.name)
            there = world.packages.get(wanted.name)
            if there is None:
                yield Lack(wanted.name, chain, text, direct)
            waiting.append((_needs(course, wanted.name, there), f"{chain} > {wanted.name}", False))


def _served(course: Course, engine: Placed) -> tuple[str, ...]:
    """What the engine needs as a server: where that is an extra of its own, with that extra."""
    extra = server_extra(engine.name, engine.version)
    more = metadata.requirements(course, engine.name, engine.version, (extra,)) if extra else None
    return tuple(sorted({*(engine.requires or ()), *(more or ())}))


def _needs(course: Course, name: str, there: Placed | None) -> tuple[str, ...]:
    if there:
        return there.requires or ()
    releases = [release for release in course.needs if release.startswith(f"{name}==")]
    return course.needs[releases[-1]] if releases else ()


def _unexplained(course: Course, world: EnvironmentState, engine: Placed) -> list[Lack]:
    """What it lacks and no finding about a failed step has said."""
    there = _present(world) | world.failed
    return [lack for lack in lacking(course, world, engine) if lack.name not in there]


def _learn(course: Course, lacks: list[Lack]) -> None:
    """What the missing packages need themselves: one question about all of them."""
    course.solve(ResolverQuery(tuple(lack.text for lack in lacks), default=course.origins.default))


def _present(world: EnvironmentState) -> set[str]:
    """Names that exist, and those that something existing replaces."""
    names = set(world.packages)
    return names | {other for name in names for other in bringing(module_of(name)) if module_of(name) != name}


def _imported_lacks(
    course: Course, world: EnvironmentState, engine: Placed, lacks: list[Lack], modules: frozenset[str]
) -> list[Lack]:
    """What is imported and not there: first what the engine itself does not name, and so is easily overlooked."""
    there = _present(world) | world.failed | {engine.name}
    by_name = {lack.name: lack for lack in lacks}
    found = []
    for module in sorted(modules):
        packages = bringing(module)
        if there & set(packages):
            continue
        lack = next((by_name[name] for name in packages if name in by_name), None)
        # Installed with all that it needs, an engine that imports something else besides was tried like that.
        if lack or (is_listed(module) and engine.name in world.without_deps):
            found.append(lack or Lack(packages[0], f"{engine.name} {engine.version}", packages[0], False))
    return sorted(found, key=lambda lack: (not decisive(lack.name), lack.direct, lack.name))


def _decisive(lacks: list[Lack]) -> list[Lack]:
    """The decisive ones, and behind them what is there to be overlooked; nothing if none is decisive."""
    grave = [lack for lack in lacks if decisive(lack.name)]
    return [*grave, *(lack for lack in lacks if lack not in grave)] if grave else []


def _finding(engine: Placed, lacks: list[Lack], severity: Severity, *, read: bool) -> Finding:
    release, shown = f"{engine.name} {engine.version}", lacks[:_SHOWN]
    more = f" and {len(lacks) - _SHOWN} more" if len(lacks) > _SHOWN else ""
    names = ", ".join(lack.name for lack in shown) + more
    chains = ", ".join(f"{lack.name} (for {lack.because})" for lack in shown[:_EXPLAINED])
    chains += ", …" if len(lacks) > _EXPLAINED else ""
    few = ", ".join(lack.name for lack in lacks[:3]) + (" and the others" if len(lacks) > 3 else "")
    how = "Imported at the start" if read else "Needed"
    line = f" on line {engine.line}" if engine.line else ""
    return Finding(
        code=Code.MISSING_MODULE, severity=severity, stage=engine.stage, subject=release,
        summary=f"{release} will fail at start-up: {names} {'is' if len(lacks) == 1 else 'are'} never installed.",
        evidence=f"{how} but missing: {chains}; {engine.name} is installed{line}.",
        fix=f"Install {engine.name} with its dependencies, or add {few} by name.",
        source="the imports in its wheel" if read else f"the metadata of {release}", line=engine.line,
    )  # fmt: skip


def imports(course: Course, world: EnvironmentState, step: Imports) -> None:
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


def expect(course: Course, world: EnvironmentState, step: Expectation) -> None:
    """A check that a package is there at all."""
    packages = bringing(step.package)
    if not {*_present(world), *world.failed} & set(packages):
        _not_imported(course, step, step.package, packages, sure=not world.open)


def _not_imported(
    course: Course, step: Imports | Expectation, module: str, packages: tuple[str, ...], *, sure: bool
) -> None:
    severity = Severity.WARNING if step.tolerated else Severity.BLOCKER if sure else Severity.PROBE
    course.findings.append(
        Finding(
            code=Code.MISSING_MODULE, severity=severity, stage=step.stage, subject=module,
            summary=f"This step imports {module}, and no earlier step installs {' or '.join(packages)}.",
            evidence=f"line {step.line}: {module}; no step before it installs it, directly or as a dependency.",
            fix=f"Install {packages[0]} before this step.", source="the simulation of the steps in order",
            line=step.line,
        )
    )  # fmt: skip
