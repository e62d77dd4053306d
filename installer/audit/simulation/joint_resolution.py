"""All that a procedure requires, put to uv at once, so that its steps are answered from its cache. Installs nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from installer.audit.simulation.environments import Course
from installer.audit.simulation.requirement import RequirementKind, Wanted
from installer.audit.simulation.resolver_query import ResolverQuery
from installer.core.plans.procedure import Install, Procedure


def warm_up(course: Course, procedure: Procedure) -> None:
    """Let uv fetch the metadata of everything at once, so that the steps in order find it in its cache."""
    queries = dict.fromkeys(
        ResolverQuery((_public(wanted),), default=course.origins.default, no_deps=step.no_deps, as_of=course.as_of)
        for step in procedure.steps
        if isinstance(step, Install)
        for wanted in map(course.reader.read, step.requires)
        if wanted and wanted.kind == RequirementKind.INDEX and wanted.name not in course.needs
    )
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(course.solver.solve, queries))


def _public(wanted: Wanted) -> str:
    extras = f"[{','.join(wanted.extras)}]" if wanted.extras else ""
    return f"{wanted.name}{extras}{wanted.specifier.partition('+')[0]}"
