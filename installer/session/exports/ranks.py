"""The places of a template that only a recipe for several machines has: what each rank is told by the cluster. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from installer.core.recipes.recipe import Recipe
from installer.knowledge.engines import definitions
from stages import ranks
from stages.launching import arguments

_LEADER, _RANK = "$(LWS_LEADER_ADDRESS)", "$(LWS_WORKER_INDEX)"
"""Kubernetes puts a container's variables in their place; the LeaderWorkerSet controller sets these two."""


def at(recipe: Recipe, rank: int) -> Recipe:
    """The recipe for one of its ranks inside a cluster; as it is where there is only one machine."""
    return replace(recipe, topology=recipe.topology.at(rank, _LEADER)) if recipe.topology.nodes > 1 else recipe


def values(recipe: Recipe, folder: str, python: str, variables: list[Mapping[str, Any]]) -> dict[str, Any]:
    """A value for each place; none where the recipe is for one machine."""
    if recipe.topology.nodes == 1:
        return {}
    taken, follower = ranks.way(recipe), at(recipe, 1)
    start = taken.follower_image or ("-m", recipe.server.module)
    return {
        "nodes": recipe.topology.nodes,
        "worker_command": [python, *start],
        "worker_arguments": _numbered(arguments(follower, folder), taken.every),
        "rank_variables": [*_address(recipe), *variables],
    }


def _numbered(words: tuple[str, ...], every: tuple[str, ...]) -> list[str]:
    """The words of a follower, with the number that the cluster gives each."""
    flags = [flag for flag, value in pairwise(every) if value == "{rank}"]
    return [_RANK if before in flags else word for before, word in zip(("", *words), words, strict=False)]


def _address(recipe: Recipe) -> list[dict[str, Any]]:
    """The pod's own address, where the engine takes it from a variable."""
    engine = definitions.engine(recipe.engine_name)
    named = engine.spread.variables.items() if engine else ()
    here = {"fieldRef": {"fieldPath": "status.podIP"}}
    return [{"name": name, "valueFrom": here} for name, value in named if value == "{address}"]
