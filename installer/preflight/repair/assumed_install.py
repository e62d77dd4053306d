"""What a clean install of one release of an engine comes to, supposed from that release's own requirements.

Only the packages that decide anything are supposed: those that the release pins, and the newest fitting release of
those that it bounds. Resolves nothing, and leaves out what it cannot know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from installer.core.plans.procedure import Launch
from installer.core.plans.stack import EngineFacts, Lookups, Placed, Stack
from installer.knowledge import packages
from installer.packages.pylock import requirement_name

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_EXTRAS = ("srt", "all")
"""Extras without which the plain package of an old release cannot serve (as its metadata on PyPI says)."""


def suppose(engine: EngineFacts, lookups: Lookups, base: Stack, *, python: str, launch: Launch | None) -> Stack:
    """The stack that `engine` alone provides, on the platform and for the model of `base`."""
    name = canonicalize_name(engine.engine)
    extras = extras_of(engine)
    found: dict[str, Placed] = {name: Placed(name, engine.version, 7, requires=engine.requires, extras=extras)}
    for requirement in _wanted(engine, python, base.platform):
        if placed := _placed(requirement, lookups):
            found.setdefault(placed.name, placed)
    return replace(base, python=python, packages=found, launch=launch, toolkit="")  # only some packages are known


def extras_of(engine: EngineFacts) -> tuple[str, ...]:
    """The extra without which the plain package provides no torch; none if it does, or has no such extra."""
    lines = [line for line in engine.requires if requirement_name(line) == "torch"]
    if any("extra" not in line.partition(";")[2] for line in lines):
        return ()
    marked = {extra for extra in _EXTRAS for line in engine.requires if f'extra == "{extra}"' in line}
    return ("all",) if "all" in marked else tuple(marked)


def _wanted(engine: EngineFacts, python: str, platform: str) -> Iterator[Requirement]:
    """The requirements that apply to this Python and platform, with the extras that serving takes."""
    from packaging.requirements import InvalidRequirement, Requirement

    requirements = []
    for line in filter(partial(_matters, canonicalize_name(engine.engine)), engine.requires):
        try:
            requirements.append(Requirement(line))
        except InvalidRequirement:
            continue
    values = _environment(python, platform)
    plain = [one for one in requirements if one.marker is None or one.marker.evaluate(values | {"extra": ""})]
    return iter(plain + list(_of_extras(engine, requirements, values, extras_of(engine))))


def _matters(engine: str, line: str) -> bool:
    """Whether a requirement pins something, decides something, or names an extra of the engine itself."""
    return "==" in line.partition(";")[0] or requirement_name(line) in packages.having("assessed") | {engine}


def _of_extras(
    engine: EngineFacts, requirements: Sequence[Requirement], values: Mapping[str, str], extras: Sequence[str]
) -> Iterator[Requirement]:
    """What extras add, and the extras that those name in turn."""
    waiting, seen = list(extras), set(extras)
    while waiting:
        extra = waiting.pop()
        for one in requirements:
            if one.marker is None or one.marker.evaluate(dict(values) | {"extra": ""}):
                continue
            if not one.marker.evaluate(dict(values) | {"extra": extra}):
                continue
            if canonicalize_name(one.name) == canonicalize_name(engine.engine):
                waiting += [more for more in one.extras if more not in seen]
                seen |= one.extras
            else:
                yield one


def _placed(requirement: Requirement, lookups: Lookups) -> Placed | None:
    name = canonicalize_name(requirement.name)
    pins = [
        spec.version for spec in requirement.specifier if spec.operator in ("==", "===") and "*" not in spec.version
    ]
    version = pins[0] if pins else _newest(requirement, lookups) if name in packages.having("assessed") else None
    extras = tuple(sorted(requirement.extras))
    return Placed(name, version, packages.stage_of(name), extras=extras) if version else None


def _newest(requirement: Requirement, lookups: Lookups) -> str | None:
    """The newest release that the requirement takes; where no release is known, the oldest that it names."""
    from packaging.version import InvalidVersion, Version

    fitting = []
    for release in lookups.releases(canonicalize_name(requirement.name)):
        try:
            version = Version(release.version)
        except InvalidVersion:
            continue
        if not release.yanked and not version.is_prerelease and requirement.specifier.contains(version):
            fitting.append(version)
    if fitting or lookups.releases(canonicalize_name(requirement.name)):
        return str(max(fitting)) if fitting else None
    return next((spec.version for spec in requirement.specifier if spec.operator == ">="), None)


def _environment(python: str, platform: str) -> dict[str, str]:
    """The values of PEP 508's markers on a Linux machine of that Python and platform."""
    return {
        "python_version": python, "python_full_version": f"{python}.99", "os_name": "posix", "sys_platform": "linux",
        "platform_system": "Linux", "platform_machine": platform.partition("-")[0], "platform_release": "",
        "platform_version": "", "platform_python_implementation": "CPython", "implementation_name": "cpython",
        "implementation_version": f"{python}.99",
    }  # fmt: skip
