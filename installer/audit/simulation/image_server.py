"""A server that runs in a container image: the image's packages, as its tag tells them. Fetches no image."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from installer.audit.simulation.environments import Course, World
from installer.audit.simulation.installing import install
from installer.audit.simulation.key_packages import server_extra
from installer.core.plans.procedure import Install, Launch
from installer.knowledge.engines.shipped import knowledge_releases
from installer.knowledge.images import by_reference

_PYTHON = "3.12"
"""Of the images that engines publish, where a tag does not say it (their Dockerfiles)."""


def python(launch: Launch | None) -> str | None:
    """The Python of the image that the server runs in; `None` where it runs in none."""
    image = by_reference(launch.image) if launch and launch.image else None
    return image.parts.get("python", _PYTHON) if image and image.engine else None


def world(course: Course, launch: Launch | None) -> World | None:
    """What is installed in that image; `None` where the server runs in none. What is in an image was tried there."""
    if launch is None or not launch.image:
        return None
    image = by_reference(launch.image)
    if image is None or not image.engine:
        course.unknown.append(f"What is installed in the image {launch.image}.")
        return World()
    version, said, day = image.parts.get("engine"), list(course.findings), course.as_of
    course.as_of = _built(image.engine, version) or day
    extra = server_extra(image.engine, version) if version else ""
    wanted = f"{image.engine}{f'[{extra}]' if extra else ''}{f'=={version}' if version else ''}"
    install(course, Install(7, launch.line, requires=(wanted,), interpreter=launch.image))
    course.findings, course.as_of = said, day
    inside = course.world(launch.image)
    inside.packages = {name: replace(placed, source="image") for name, placed in inside.packages.items()}
    return inside


def _built(engine: str, version: str | None) -> str:
    """About the day that an image of that release was made: its other packages are of that day. Empty: not known."""
    released = dict(knowledge_releases(engine)).get(version or "", "")
    return (date.fromisoformat(released) + timedelta(days=2)).isoformat() if released else ""
