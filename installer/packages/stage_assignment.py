"""What a choice among alternatives tells the resolver, and which stage each package of the answer is for. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from installer.core.recipes.file import PACKAGE_STAGES
from installer.core.recipes.recipe import PackageSet
from installer.packages import pylock

Choice = Mapping[str, PackageSet]
"""The alternative taken, by stage."""


def overrides(choice: Choice) -> str:
    return "".join(f"{line}\n" for taken in choice.values() for line in taken.overrides)


def constraints(reuse: Mapping[str, str]) -> str:
    """The machine's own versions, without what says how they were built: indexes do not know that."""
    return "".join(f"{name}=={version.partition('+')[0]}\n" for name, version in reuse.items())


def to_install(choice: Choice, graph: Mapping[str, Sequence[str]], reuse: Collection[str]) -> set[str]:
    """What has to be installed: all but what is taken from the machine, and what only that needs."""
    asked = {pylock.requirement_name(line) for taken in choice.values() for line in taken.requires} - set(reuse)
    others = {name: [parent for parent in via if parent not in reuse] for name, via in graph.items()}
    return pylock.closure(asked, others) - set(reuse)


def stages_of(choice: Choice, graph: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The stage of each package: that of the first stage which needs it; what only the engine needs comes before it."""
    roots = {stage: {pylock.requirement_name(line) for line in taken.requires} for stage, taken in choice.items()}
    owner = dict.fromkeys(roots.get("engine", ()), "engine")
    for stage in PACKAGE_STAGES[:-2]:  # what the others do not provide is a dependency, or the engine itself
        for name in pylock.closure(roots.get(stage, set()), graph):
            owner.setdefault(name, stage)
    return {name: owner.get(name, "dependencies") for name in graph}
