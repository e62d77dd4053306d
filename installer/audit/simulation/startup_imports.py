"""Modules that an engine's server imports when it starts: from shipped knowledge, else from its wheel. Runs nothing."""

from __future__ import annotations

from installer.audit.simulation.environments import Course
from installer.core.plans.stack import Placed
from installer.knowledge.engines.imports import imported_modules
from installer.packages import json_files

_PATIENCE_S = 6.0


def modules(course: Course, engine: Placed) -> frozenset[str]:
    """Their top-level names; empty if they are not known."""
    facts = course.lookups.engine(engine.name, engine.version.partition("+")[0])
    return facts.imports if facts and facts.imports else _read(course, engine)


def _read(course: Course, engine: Placed) -> frozenset[str]:
    """Those that the sources in its wheel name."""
    version = engine.version.partition("+")[0]
    file = course.solver.home.cache / "imports" / f"{engine.name}-{version}.json"
    if kept := json_files.read(file):
        return frozenset(map(str, kept["modules"]))
    if course.solver.offline:
        return frozenset()
    wheel = course.lookups.wheel(Placed(engine.name, version, engine.stage, url=engine.url))
    archive = course.solver.host.archive(wheel.source, timeout_s=_PATIENCE_S) if wheel else None
    found = sorted(imported_modules(archive, engine.name)) if archive else []
    if found:
        json_files.write(file, {"modules": found})
    return frozenset(found)
