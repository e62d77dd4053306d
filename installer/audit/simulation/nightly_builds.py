"""Builds of a day that no index here can show: the version that they most likely have. Never takes it for certain."""

from __future__ import annotations

import re
from datetime import date

from installer.audit.simulation.environments import Course
from installer.audit.simulation.index_selection import StandIn
from installer.audit.simulation.requirement import Wanted
from installer.audit.simulation.resolver_query import ResolverQuery
from installer.audit.simulation.resolver_request import ResolverRequirement
from installer.audit.simulation.stub_wheels import Stub
from installer.knowledge.packages import is_cuda_library
from installer.packages.pylock import requirement_name


def order(course: Course, place: StandIn, wanted: Wanted) -> ResolverRequirement | None:
    """The build of the day that such an index gives; `None` if it has releases."""
    if place.row is None or not place.row.prereleases or wanted.name not in place.row.holds:
        return None
    newest = _newest(course, wanted.name)
    version = _of_the_day(course, place, newest)
    if not version:
        return None
    needs = {requirement_name(text) for text in course.needs.get(f"{wanted.name}=={newest}", ())}
    # Libraries of one CUDA release differ from build to build; what is written in Python does not.
    kept = {name for name in needs if not is_cuda_library(name)}
    if "torch" in kept:
        # Builds of one day go together, and say so.
        kept = {*kept - {"torch"}, f"torch=={_of_the_day(course, place, _newest(course, 'torch'))}"}
    stub = Stub(wanted.name, version, tuple(sorted(kept)))
    return ResolverRequirement(wanted, f"{wanted.name}=={version}", stub, source=place.url)


def _newest(course: Course, name: str) -> str:
    """The newest release on that day; empty if the index knows none."""
    answer = course.solve(ResolverQuery((name,), default=course.origins.default))
    return next((picked.version for picked in answer.picked if picked.name == name), "")


def _of_the_day(course: Course, place: StandIn, newest: str) -> str:
    match = re.match(r"(\d+)\.(\d+)", newest)
    day = (course.as_of or date.today().isoformat()).replace("-", "")
    return place.labelled(f"{match[1]}.{int(match[2]) + 1}.0.dev{day}") if match else ""
