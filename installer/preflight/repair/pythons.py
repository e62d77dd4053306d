"""Which Python a release of an engine could be installed for on a machine. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from installer.core.machine.facts import MachineFacts
from installer.core.plans.stack import Release, Stack
from installer.packages import target

_OLDEST_GLIBC = 5
"""manylinux1 is manylinux_2_5 (PEP 600)."""


def python_for(requires_python: str, release: Release | None, stack: Stack, facts: MachineFacts) -> str | None:
    """The Python to take, that of `stack` first; `None` if none will do or none has a wheel."""
    for python in _pythons(stack, facts):
        if _allowed(requires_python, python) and _has_wheel(release, python, stack.platform):
            return python
    return None


def _pythons(stack: Stack, facts: MachineFacts) -> Iterator[str]:
    yield stack.python
    yield from facts.python or ()
    if facts.online is not False:
        yield from target.OFFERED


def _allowed(requires_python: str, python: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return f"{python}.99" in SpecifierSet(requires_python)
    except InvalidSpecifier:
        return True


def _has_wheel(release: Release | None, python: str, platform: str) -> bool:
    """Whether one of the wheels fits; true where no wheels are known."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    if release is None or not release.wheels:
        return True
    supported = _supported(python, platform)
    for url in release.wheels:
        try:
            tags = parse_wheel_filename(url.rpartition("/")[2].partition("#")[0].replace("%2B", "+"))[3]
        except InvalidWheelFilename:
            continue
        if any(str(tag) in supported for tag in tags):
            return True
    return False


@cache
def _supported(python: str, platform: str) -> frozenset[str]:
    """The tags of wheels that a CPython of that version takes on a Linux of that C library."""
    from packaging.tags import compatible_tags, cpython_tags

    arch, _, system = platform.partition("-")
    minor = int(system.rpartition("_")[2]) if system.startswith("manylinux_2_") else 17
    platforms = [f"manylinux_2_{number}_{arch}" for number in range(minor, _OLDEST_GLIBC - 1, -1)]
    platforms += [f"{name}_{arch}" for name in ("manylinux2014", "manylinux2010", "manylinux1", "linux")]
    major, _, small = python.partition(".")
    version = (int(major), int(small))
    own = cpython_tags(version, platforms=platforms)
    return frozenset(map(str, (*own, *compatible_tags(version, platforms=platforms))))
