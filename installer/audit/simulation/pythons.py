"""Whether a release allows the Python that it would go to, where uv does not look: it heeds lower bounds alone."""

from __future__ import annotations

from installer.audit.simulation.environments import Course
from installer.core.outcomes import Code
from installer.core.plans.procedure import Install
from installer.core.plans.stack import Placed, Release
from installer.knowledge.packages import decisive


def check(course: Course, step: Install, placed: Placed) -> None:
    """Note where `placed`, which `step` names, excludes this Python with an upper bound, as pip reads it."""
    release = f"{placed.name}=={placed.version.partition('+')[0]}"
    built = not course.files.get(release, ".whl").endswith(".whl")
    if not (built or decisive(placed.name)) or placed.source not in ("default", course.origins.default):
        return
    wanted = next((r.requires_python for r in course.lookups.releases(placed.name) if r.version == placed.version), "")
    if not wanted or _allows(wanted, course.reader.python):
        return
    course.fails(step, [placed.name])
    course.found(
        step, Code.PYTHON_VERSION, placed.name,
        f"{placed.name} {placed.version} does not support Python {course.reader.python}, so this step fails.",
        f"Requires-Python of {placed.name} {placed.version} is {wanted}; the environment has {course.reader.python}"
        + ("; there is no wheel, so it would have to be built." if built else "."),
        f"Leave {placed.name} out, or use a Python within {wanted}.", "the index",
    )  # fmt: skip


def of_source(course: Course, step: Install, name: str, release: Release, *, exactly: bool) -> bool:
    """Note that source code is not for this Python, as its release says; whether it is not.

    `exactly`: the code is that very release's; else it is newer, and only a lower bound is still true.
    """
    python, wanted = course.reader.python, release.requires_python
    if not wanted or _allows(wanted if exactly else _lower(wanted), python):
        return False
    course.fails(step, [name])
    which = f"{name} {release.version}" if exactly else f"The newest code of {name}"
    reason = "" if exactly else " newer code supports no older Python;"
    course.found(
        step, Code.PYTHON_VERSION, name, f"{which} is not for Python {python}, so this step fails.",
        f"Requires-Python of {name} {release.version} is {wanted};{reason} the environment has {python}.",
        f"Make the environment with a Python within {wanted}.", "the index",
    )  # fmt: skip
    return True


def _lower(wanted: str) -> str:
    """The lower bounds among them."""
    return ",".join(part for part in wanted.split(",") if part.strip().startswith(">"))


def _allows(wanted: str, python: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return f"{python}.99" in SpecifierSet(wanted)
    except InvalidSpecifier:
        return True
