"""Which wheel of a locked package an installer takes on a machine, by the tags in its name. Pure.

Must agree with uv: the first tag of the machine's own order that any wheel has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from packaging.tags import Tag

_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_UNKNOWN_GLIBC = 28
"""What uv takes for a Linux of which nothing is known (`--python-platform linux`)."""


def fitting(package: Mapping[str, Any], python: str, platform: str) -> Mapping[str, Any] | None:
    """The wheel of a `[[packages]]` entry for that Python and platform; `None` if none fits."""
    ranks = _ranks(python, platform)
    best: tuple[int, Mapping[str, Any]] | None = None
    for wheel in package.get("wheels") or ():
        rank = min((ranks[tag] for tag in _tags(file_name(wheel)) if tag in ranks), default=None)
        if rank is not None and (best is None or rank < best[0]):
            best = rank, wheel
    return best[1] if best else None


def file_name(wheel: Mapping[str, Any]) -> str:
    """The name of a wheel's file."""
    place = str(wheel.get("url") or wheel.get("path") or "")
    return unquote(place.rpartition("/")[2].partition("#")[0])


def least_glibc(names: Iterable[str]) -> str:
    """The oldest C library on which all wheels of these names install, such as "2.28"; empty if any will do."""
    needed = [minor for name in names if (minor := min(_minors(name), default=0))]
    return f"2.{max(needed)}" if needed else ""


def _minors(name: str) -> Iterator[int]:
    platforms = name.removesuffix(".whl").rpartition("-")[2].split(".")
    old = {word: minor for minor, word in _LEGACY.items()}
    for platform in platforms:
        if match := re.match(r"manylinux_2_(\d+)_", platform):
            yield int(match[1])
        elif (word := platform.partition("_")[0]) in old:
            yield old[word]


def _tags(name: str) -> Iterable[Tag]:
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        return parse_wheel_filename(name)[3]
    except InvalidWheelFilename:
        return ()


@cache
def _ranks(python: str, platform: str) -> Mapping[Tag, int]:
    from packaging.tags import compatible_tags, cpython_tags

    major, minor = (int(number) for number in python.split(".")[:2])
    platforms = list(_platforms(platform))
    tags = [
        *cpython_tags((major, minor), platforms=platforms),
        *compatible_tags((major, minor), interpreter=f"cp{major}{minor}", platforms=platforms),
    ]
    return {tag: rank for rank, tag in enumerate(tags)}


def _platforms(platform: str) -> Iterator[str]:
    arch, _, rest = platform.partition("-")
    match = re.search(r"manylinux_2_(\d+)", rest)
    newest = int(match[1]) if match else 17 if "2014" in rest else _UNKNOWN_GLIBC
    for minor in range(newest, 4, -1):
        yield f"manylinux_2_{minor}_{arch}"
        if minor in _LEGACY:
            yield f"{_LEGACY[minor]}_{arch}"
    yield f"linux_{arch}"
