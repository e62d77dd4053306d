"""What one release needs, whatever else is installed: from its wheel's metadata, or from what uv saw of it."""

from __future__ import annotations

from collections.abc import Sequence

from installer.audit.simulation.environments import Course
from installer.audit.simulation.requirement import RequirementKind
from installer.core.plans.stack import Placed


def requirements(course: Course, name: str, version: str, extras: Sequence[str] = ()) -> tuple[str, ...] | None:
    """Its requirements on this machine, with those of `extras`; `None` if they are not known."""
    public = version.partition("+")[0]
    seen = course.needs.get(f"{name}=={public}")
    if seen and not extras:
        return seen
    facts = course.lookups.wheel(Placed(name, public, 7))
    if facts is None:
        return seen
    read = (course.reader.read(text, extras) for text in facts.requires)
    found = tuple(
        sorted({wanted.plain if wanted.kind == RequirementKind.INDEX else wanted.text for wanted in read if wanted})
    )
    if not extras:
        course.needs[f"{name}=={public}"] = found
    return found
