"""Which GPUs a server may use: what its recipe names, put before it and before whoever checks it. Starts nothing."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from installer.core.errors import UsageError
from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.recipes.recipe import Recipe
from installer.core.runs.home import Home
from installer.core.text.numbers import is_whole


def chosen(recipe: Recipe, facts: MachineFacts, home: Home) -> tuple[Recipe, MachineFacts]:
    """The recipe with the variables that show those GPUs, and the machine as if it had no others.

    Raises `UsageError` where one of them is not there.
    """
    if recipe.server.gpus is None:
        return recipe, facts
    named = str(recipe.server.gpus)
    # CUDA numbers the fastest first unless it is told; the driver, and people, go by the slots.
    shown = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": named}
    server = replace(recipe.server, environment=MappingProxyType({**recipe.server.environment, **shown}))
    return replace(recipe, server=server), replace(facts, gpus=_those(named, facts, home))


def _those(named: str, facts: MachineFacts, home: Home) -> tuple[Gpu, ...] | None:
    if not facts.gpus:
        return facts.gpus
    wanted = named.split(",")
    if facts.here:
        from installer.host import gpu
        from installer.host.own_gpu_memory import given_back

        found = given_back(gpu.read({"CUDA_VISIBLE_DEVICES": named}).gpus, home)
    elif all(is_whole(word) for word in wanted):
        found = tuple(facts.gpus[int(word)] for word in wanted if int(word) < len(facts.gpus))
    else:
        return None  # a machine's file names no UUIDs
    if found is not None and len(found) < len(wanted):
        raise UsageError(
            f"server.gpus is {named}, but not all of these exist.",
            f"This machine has {len(facts.gpus)} GPUs, numbered from 0.", "Use existing numbers.",
        )  # fmt: skip
    return found
