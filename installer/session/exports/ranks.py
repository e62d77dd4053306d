"""The places of a template that only a recipe for several machines has: what each rank is told by the cluster. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from installer.core.engines import RankWay
from installer.core.recipes.recipe import Recipe
from installer.knowledge.engines import definitions
from stages import ranks
from stages.launching import arguments

_LEADER, _RANK = "$(LWS_LEADER_ADDRESS)", "$(LWS_WORKER_INDEX)"
"""Kubernetes puts a container's variables in their place; the LeaderWorkerSet controller sets these two."""
_OWN = "POD_ADDRESS"
_OWN_ADDRESS = f"$({_OWN})"


def at(recipe: Recipe, rank: int) -> Recipe:
    """The recipe for one of its ranks inside a cluster; as it is where there is only one machine."""
    return replace(recipe, topology=recipe.topology.at(rank, _LEADER)) if recipe.topology.nodes > 1 else recipe


def values(recipe: Recipe, folder: str, python: str, variables: list[Mapping[str, Any]]) -> dict[str, Any]:
    """A value for each place; none if the recipe is for one machine."""
    if recipe.topology.nodes == 1:
        return {}
    taken, follower = ranks.way(recipe), at(recipe, 1)
    start = taken.follower_image or ("-m", recipe.server.module)
    words_of_rank = _numbered(arguments(follower, folder), taken.every)
    started = {"worker_command": [python, *start], "worker_arguments": words_of_rank}
    if taken.follower_instead:
        started = _around(recipe, taken, python)
    named = [*([_OWN] if taken.follower_instead else ()), *_addressed(recipe)]
    return {"nodes": recipe.topology.nodes, "rank_variables": [*_address(named), *variables], **started}


def _around(recipe: Recipe, taken: RankWay, python: str) -> dict[str, Any]:
    """The commands where the engine runs within a cluster of another program, which the image has as well."""
    own = {"{address}": _OWN_ADDRESS, "{scripts}/": ""}

    def words(given: Iterable[str], rank: int) -> list[str]:
        filled = ranks.filled((_put(word, own) for word in given), at(recipe, rank).topology)
        return list(filled)

    script, *given = words(taken.ready, 0)
    ready = shlex.join([python, "-c", (ranks.SCRIPTS / script).read_text(encoding="utf-8"), *given])
    begin = f'{shlex.join(words(taken.beside, 0))} & {ready} && exec "$@"'
    return {
        "command": ["sh", "-c", begin, "sh", python, "-m", recipe.server.module],
        # Rank 0 may still be fetching its image.
        "worker_command": ["sh", "-c", 'until "$@"; do sleep 5; done', "sh"],
        "worker_arguments": words(taken.follower_instead, 1),
    }


def _put(word: str, placeholders: Mapping[str, str]) -> str:
    for place, value in placeholders.items():
        word = word.replace(place, value)
    return word


def _numbered(words: tuple[str, ...], every: tuple[str, ...]) -> list[str]:
    """The words of a follower, with the number that the cluster gives each."""
    flags = [flag for flag, value in pairwise(every) if value == "{rank}"]
    return [_RANK if before in flags else word for before, word in zip(("", *words), words, strict=False)]


def _addressed(recipe: Recipe) -> list[str]:
    """The variables from which the engine takes the address of its rank."""
    engine = definitions.engine(recipe.engine_name)
    named = engine.spread.variables.items() if engine else ()
    return [name for name, value in named if value == "{address}"]


def _address(names: Iterable[str]) -> list[dict[str, Any]]:
    """The pod's own address, by each of these names."""
    here = {"fieldRef": {"fieldPath": "status.podIP"}}
    return [{"name": name, "valueFrom": here} for name in names]
