"""Container images that things are installed into or that a server runs in: what their tags tell. Fetches no image."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from installer.audit.simulation.environments import Course, EnvironmentState
from installer.audit.simulation.installing import install
from installer.core.plans.procedure import Install, Launch, Procedure
from installer.core.plans.stack import Placed
from installer.knowledge.engines.shipped import knowledge_releases
from installer.knowledge.images import Image, by_reference, distribution
from installer.knowledge.packages import server_extra

_PYTHON = "3.12"
"""Of the images that engines publish, where a tag does not say it (their Dockerfiles)."""
_PLACE = "image "
"""What the name of an environment begins with that is an image."""


def python(launch: Launch | None) -> str | None:
    """The Python of the image that the server runs in; `None` if it runs in none, or that is not known."""
    image = by_reference(launch.image) if launch and launch.image else None
    if image is None:
        return None
    found = distribution(image.parts.get("os", ""), image.parts.get("release", ""))
    return image.parts.get("python") or (_PYTHON if image.engine else found.python if found else None)


def prepare(course: Course, procedure: Procedure) -> None:
    """Put into each image that the procedure works in what it provides, before anything is installed on top."""
    launch = procedure.launch
    main = launch.image if launch else procedure.environment.removeprefix(_PLACE).partition(" ")[0]
    if main and (procedure.environment.startswith(_PLACE) or (launch and not procedure.environment)):
        _fill(course, main, "", launch.line if launch else None)
    for step in procedure.steps:
        place = step.interpreter if isinstance(step, Install) else ""
        if place.startswith(_PLACE) and place not in course.worlds:
            _fill(course, place.split()[1], place, step.line)


def _fill(course: Course, reference: str, place: str, line: int | None) -> None:
    course.worlds[place] = EnvironmentState()
    image = by_reference(reference)
    if image is None:
        course.unknown.append(f"What is installed in the image {reference} is not known.")
        course.worlds[place].open = course.worlds[place].unread = True
    elif image.engine:
        _engine(course, image, place, line)
    elif torch := image.parts.get("torch"):
        course.worlds[place].packages["torch"] = Placed("torch", torch, 3, line, "image")


def _engine(course: Course, image: Image, place: str, line: int | None) -> None:
    """The engine's own image: its packages as of the day that it was made. What is in an image was tried there."""
    version, findings, day = image.parts.get("engine"), list(course.findings), course.as_of
    course.as_of = _built(image.engine, version) or day
    extra = server_extra(image.engine, version) if version else ""
    wanted = f"{image.engine}{f'[{extra}]' if extra else ''}{f'=={version}' if version else ''}"
    install(course, Install(7, line, requires=(wanted,), interpreter=place))
    course.findings, course.as_of = findings, day
    inside = course.world(place)
    inside.packages = {name: replace(placed, source="image") for name, placed in inside.packages.items()}
    if image.torch_variant and (torch := inside.packages.get("torch")) and "+" not in torch.version:
        inside.packages["torch"] = replace(torch, version=f"{torch.version}+{image.torch_variant}")
    inside.pins.clear()


def _built(engine: str, version: str | None) -> str:
    """About the day that an image of that release was made: its other packages are of that day. Empty: not known."""
    released = dict(knowledge_releases(engine)).get(version or "", "")
    return (date.fromisoformat(released) + timedelta(days=2)).isoformat() if released else ""
