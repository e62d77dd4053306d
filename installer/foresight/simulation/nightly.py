"""Builds of a day that no index here can show: the version that they most likely have. Never takes it for certain."""

from __future__ import annotations

import re
from datetime import date

from installer.foresight.pylock import requirement_name
from installer.foresight.simulation.orders import Order
from installer.foresight.simulation.puzzle import Puzzle
from installer.foresight.simulation.shops import StandIn
from installer.foresight.simulation.stubs import Stub
from installer.foresight.simulation.wanted import Wanted
from installer.foresight.simulation.world import Course


def order(course: Course, place: StandIn, wanted: Wanted) -> Order | None:
    """The build of the day that such an index gives; `None` where it holds releases."""
    if place.row is None or not place.row.prereleases or wanted.name not in place.row.holds:
        return None
    answer = course.solve(Puzzle((wanted.name,), default=course.origins.default))
    newest = next((picked.version for picked in answer.picked if picked.name == wanted.name), "")
    match = re.match(r"(\d+)\.(\d+)", newest)
    if match is None:
        return None
    day = (course.as_of or date.today().isoformat()).replace("-", "")
    version = place.labelled(f"{match[1]}.{int(match[2]) + 1}.0.dev{day}")
    needs = {requirement_name(text) for text in course.needs.get(f"{wanted.name}=={newest}", ())}
    # Libraries of one CUDA release differ from build to build; what is written in Python does not.
    stub = Stub(
        wanted.name, version, tuple(sorted(n for n in needs if not n.startswith(("nvidia-", "triton", "cuda-"))))
    )
    return Order(wanted, f"{wanted.name}=={version}", stub, source=place.url)
