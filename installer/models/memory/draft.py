"""The draft model of speculative decoding: as a launch names it, and what it takes. Pure; checks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from installer.core.files import foreign_json
from installer.core.plans.launch_arguments import LaunchArguments
from installer.core.plans.stack import Stack
from installer.core.text.numbers import is_whole
from installer.knowledge.engines import definitions, launch_reader
from installer.models.memory.cache import CacheCost, cost_of
from installer.models.memory.options import Options
from installer.models.memory.weights import UNKNOWN, shape_of_model, weights_of

_TENSOR = ("draft_tensor_parallel_size", "--speculative-draft-tensor-parallel-size")
_DOTTED = "--speculative-config."


@dataclass(frozen=True, slots=True)
class Draft:
    model: str
    method: str = ""
    """As the launch says it ("eagle3", "draft_model"); empty: the engine finds out by itself."""
    tensor: int | None = None
    """GPUs that share a layer of it; `None`: as many as the model itself."""
    revision: str = ""


def draft_of(arguments: LaunchArguments) -> Draft | None:
    """The model that guesses ahead; `None` if there is none, or it could not be calculated."""
    settings: dict[str, Any] = {}
    for use in arguments.uses:
        names = (use.word.partition(".")[0].replace("_", "-"), *use.names)
        if not use.values or not definitions.spellings("draft").intersection(names):
            continue
        written, value = arguments.words[use.place].partition("=")[0].replace("_", "-"), use.values[0]
        if written.startswith(_DOTTED):
            settings[written.removeprefix(_DOTTED).replace("-", "_")] = value
        else:
            settings |= _parsed(value) if value.lstrip().startswith("{") else {"model": value}
    model = settings.get("model")
    if not isinstance(model, str) or not model or "\0" in model or model.strip("[]") == "ngram":
        return None
    tensor = str(settings.get(_TENSOR[0]) or arguments.value(_TENSOR[1]) or "")
    method, revision = str(settings.get("method") or ""), str(settings.get("revision") or "")
    return Draft(model, method, int(tensor) if is_whole(tensor) else None, revision)


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        found = foreign_json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class DraftMemory:
    """What a draft model takes on one GPU."""

    weights: float = 0.0
    cost: CacheCost | None = None
    notes: tuple[str, ...] = ()


def draft_memory(stack: Stack, options: Options, tensor: int) -> DraftMemory:
    """Of the draft model that the launch of `stack` names; `tensor`: GPUs that share a layer of the model itself."""
    asked = draft_of(launch_reader.of(stack))
    if asked is None:
        return DraftMemory()
    known = stack.draft if stack.draft and stack.draft.name == asked.model else None
    plain = replace(options, values={name: text for name, text in options.values.items() if name == "dtype"})
    shape = shape_of_model(known) if known else None
    weights = weights_of(known, shape, plain) if known else UNKNOWN
    if weights.bytes is None:
        return DraftMemory(notes=(f"The memory of the draft model {asked.model} is not counted.",))
    shared = asked.tensor or tensor
    cost, _ = cost_of(shape, options.text("cache_type"), gpus=shared, stages=1)
    note = f"{weights.bytes / 1e9:.1f} GB of weights of the draft model {asked.model} are counted with it."
    return DraftMemory(weights.bytes / shared, cost, (note,))


def together(cost: CacheCost | None, draft: CacheCost | None) -> CacheCost | None:
    """A token of the model, and the same token of its draft."""
    if cost is None or draft is None:
        return cost
    unlimited = draft.per_token - draft.sliding_per_token
    return replace(cost, per_token=cost.per_token + unlimited, per_request=cost.per_request + draft.per_request)
