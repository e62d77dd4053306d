"""Which GPUs a server may use: what its recipe names, else free ones where others use the first. Starts nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from installer.core.errors import UsageError
from installer.core.machine.facts import Gpu, MachineFacts, numbered
from installer.core.plans.procedure import Launch
from installer.core.recipes.recipe import Recipe
from installer.core.runs.home import Home
from installer.core.text.numbers import is_whole
from installer.knowledge.engines import definitions, launch_reader
from stages.launching import arguments

_FREE = 0.9
"""The part of a GPU's memory that is free if no model is served or trained on it; a desktop takes a few hundredths."""
_SHOWN = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True)
class Choice:
    recipe: Recipe
    """With the variables that show those GPUs."""
    facts: MachineFacts
    """The machine as if it had no others."""
    passed_over: tuple[Gpu, ...] = ()
    """GPUs that others use, if none was named and free ones were chosen."""


def chosen(recipe: Recipe, facts: MachineFacts, home: Home) -> Choice:
    """The GPUs that `recipe` names, or free ones. Raises `UsageError` if one that is named is not there."""
    passed_over: tuple[Gpu, ...] = ()
    named = recipe.server.gpus
    if named is None:
        numbers, passed_over = _free_instead(recipe, facts, home)
        if not numbers:
            return Choice(recipe, facts)
        named = ",".join(map(str, numbers))
    # CUDA numbers the fastest first unless it is told; the driver, and people, go by the slots.
    shown = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", _SHOWN: str(named)}
    environment = MappingProxyType({**recipe.server.environment, **shown})
    server = replace(recipe.server, gpus=named, environment=environment)
    those = _those(str(named), facts, home)
    shown_numbers = {number for number, _ in numbered(those or ())}
    others = [replace(gpu, number=number) for number, gpu in numbered(facts.gpus or ()) if number not in shown_numbers]
    return Choice(replace(recipe, server=server), replace(facts, gpus=those, other_gpus=tuple(others)), passed_over)


def _free_instead(recipe: Recipe, facts: MachineFacts, home: Home) -> tuple[list[int], tuple[Gpu, ...]]:
    """Numbers of free GPUs, and those of the first ones that others use; nothing if the first ones will do."""
    if not facts.gpus or not _uses_gpus(recipe) or recipe.container or recipe.topology.nodes > 1:
        return [], ()
    if _SHOWN in recipe.server.environment:
        return [], ()
    wanted = launch_reader.gpus(launch_reader.read(Launch(10, arguments=arguments(recipe, ""))))
    if facts.here and len(kept := _of_the_server(home)) == wanted:
        return kept, ()
    held = tuple(gpu for gpu in facts.gpus[:wanted] if not _is_free(gpu))
    kind = facts.gpus[0].kind
    free = [number for number, gpu in numbered(facts.gpus) if gpu.kind == kind and _is_free(gpu)]
    # The parts of a GPU that is split share its number, and cannot be named by it.
    return (free[:wanted], held) if held and len(set(free)) == len(free) >= wanted else ([], ())


def _uses_gpus(recipe: Recipe) -> bool:
    return recipe.requirements.gpu is not False and recipe.engine_name not in definitions.gateways()


def _is_free(gpu: Gpu) -> bool:
    return gpu.free_mib is None or gpu.memory_mib is None or gpu.free_mib >= _FREE * gpu.memory_mib


def _of_the_server(home: Home) -> list[int]:
    """The GPUs of the server that runs: it is not moved because others have left."""
    from installer.host.server_state import read_state

    state = read_state(home)
    shown = state.launch.environment.get(_SHOWN, "") if state.running and state.launch else ""
    return [int(word) for word in shown.split(",")] if all(map(is_whole, shown.split(","))) else []


def _those(named: str, facts: MachineFacts, home: Home) -> tuple[Gpu, ...] | None:
    if not facts.gpus:
        return facts.gpus
    wanted = named.split(",")
    if facts.here:
        from installer.host import gpu
        from installer.host.own_gpu_memory import given_back

        found = given_back(gpu.read({_SHOWN: named}).gpus, home)
    elif all(is_whole(word) for word in wanted):
        known = dict(numbered(facts.gpus))
        found = tuple(replace(known[int(word)], number=int(word)) for word in wanted if int(word) in known)
    else:
        return None  # a machine's file names no UUIDs
    if found is not None and len(found) < len(wanted):
        raise UsageError(
            f"server.gpus is {named}, but not all of these exist.",
            f"This machine has {len(facts.gpus)} GPUs, numbered from 0.", "Use existing numbers.",
        )  # fmt: skip
    return found
