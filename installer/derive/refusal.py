"""Why a model cannot be served on a machine, and what would serve it. Pure; the numbers come from the same formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from installer.core.errors import PredictedError
from installer.core.machine.facts import Driver, Gpu, MachineFacts
from installer.core.outcomes import Code
from installer.core.plans.plan import Finding
from installer.core.plans.stack import ModelFacts
from installer.core.runs.model_request import ModelRequest
from installer.core.text.quantities import gib
from installer.derive.failed_attempt import FailedAttempt
from installer.derive.quantizing import variants
from installer.derive.sizing import LEAST, Question
from installer.knowledge import drivers
from installer.knowledge.engines import definitions, intervals
from installer.knowledge.engines.shipped import knowledge_releases, releases_with
from installer.knowledge.tables import table
from installer.models.memory.fraction import Parallel
from installer.models.shipped import from_knowledge

_COUNTS = (1, 2, 4, 8)
_CAPABILITIES = ("8.0", "8.9", "9.0", "10.0", "10.3")
_MEMORY_GIB = (16, 24, 32, 48, 80, 96, 141, 180, 288)
"""What GPUs are sold with, as they are spoken of."""
_GB = 1e9
_SAME = 1.02
_OF_ENGINES = (Code.MODEL_UNSUPPORTED, Code.MODEL_TYPE_UNKNOWN, Code.TOKENIZER_UNSUPPORTED)


def not_served(model: ModelFacts, what: str) -> PredictedError:
    """There is no proof here of what it does."""
    return PredictedError(
        f"{model.name} is {what}; recipes are derived for models that write text, embed or rank.",
        f"{model.source}: {', '.join(model.architectures) or 'no architecture is named'}.",
        "Serve it with the engine itself, or write a recipe for it (`deploy-tui recipes new FILE`).",
        code=Code.MODEL_UNSUPPORTED,
    )  # fmt: skip


Works = Callable[[ModelFacts, MachineFacts, ModelRequest], bool]
"""Whether a recipe can be derived for another model, machine or wish."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A wish that came to nothing, and why."""

    wish: ModelRequest
    model: ModelFacts
    facts: MachineFacts
    tried: Sequence[FailedAttempt]
    excluded: Sequence[str]
    """What the machine lacks of the other bases, a sentence each."""
    works: Works
    least: int = 0
    """Bytes of weights; machines with less memory are skipped."""


def of(failed: Failed) -> PredictedError:
    """The refusal: what is nearest to working is reported."""
    model, facts, wish = failed.model, failed.facts, failed.wish
    first = next(iter(failed.tried), None)
    if first is None:
        return PredictedError(
            f"No engine is known that serves {model.name} on the machine {facts.name}.",
            "\n".join(failed.excluded) or f"No included recipe is for {wish.engine or 'such a machine'}.",
            "Leave --engine out." if wish.engine else _elsewhere(model) or "Use another machine.", code=Code.GPU_ARCH,
        )  # fmt: skip
    allowed = first.question.sized(Parallel()).context
    if wish.context and allowed and wish.context > allowed:
        return _beyond(model, wish.context, allowed)
    small = next((one.question for one in failed.tried if not one.against), None)
    return _too_large(failed, small) if small is not None else _refused(failed, first.against[0])


def _refused(failed: Failed, against: Finding) -> PredictedError:
    """It would fit, and something else is in the way everywhere."""
    other = _machine(failed) if against.code == Code.GPU_ARCH else ""
    other = _with_newer_driver(failed) or _elsewhere(failed.model) if against.code in _OF_ENGINES else other
    return PredictedError(
        f"{failed.model.name} cannot be served on the machine {failed.facts.name}. {against.summary}",
        "\n".join(dict.fromkeys([_attempt_line(one) for one in failed.tried if one.against] + list(failed.excluded))),
        other or against.fix, code=against.code,
    )  # fmt: skip


def _attempt_line(one: FailedAttempt) -> str:
    return f"{definitions.title_of(one.base.engine)} {one.base.release}: {one.against[0].summary}"


def _with_newer_driver(failed: Failed) -> str:
    """The oldest driver with which a release that the machine does not run now would serve the model."""
    for version in _newer_drivers(failed.facts):
        if failed.works(failed.model, _with_driver(failed.facts, version), failed.wish):
            return f"Use a machine with driver {version} or newer: a release that serves this model runs there."
    return ""


def _newer_drivers(facts: MachineFacts) -> list[str]:
    """Those after the machine's own, as far as the table goes, the oldest first."""
    have = facts.driver.version if facts.driver else None
    known = {row.driver for row in (*drivers.families(), *drivers.toolkits())}
    return sorted(
        (one for one in known if have and drivers.numbers(one) > drivers.numbers(have)), key=drivers.numbers
    )  # fmt: skip


def _with_driver(facts: MachineFacts, version: str) -> MachineFacts:
    return replace(facts, driver=Driver(version, drivers.highest_cuda(version)))


def _elsewhere(model: ModelFacts) -> str:
    """The releases of engines that are known to have the model's architecture."""
    names = [name for name in model.architectures if name]
    known = [
        f"{definitions.title_of(one)} {where}" for one in definitions.engines() if (where := _releases(one, names))
    ]
    return f"These are known to have {names[0]}: {' and '.join(known)}." if known else ""


def _releases(engine: str, names: Sequence[str]) -> str:
    found = next((have for name in names if (have := releases_with(engine, name))), frozenset())
    order = [version for version, _ in knowledge_releases(engine)]
    text = intervals.written([place for place, version in enumerate(order) if version in found], order)
    return intervals.in_words(text) if text else ""


def _too_large(failed: Failed, question: Question) -> PredictedError:
    """Weights and what is requested fit neither on one of its GPUs nor on all of them."""
    wish, model, facts, weights = failed.wish, failed.model, failed.facts, question.sized(Parallel()).weights.bytes
    failed = replace(failed, least=weights or 0)
    asked = f"{wish.context:,} tokens of context" if wish.context else f"a context of {LEAST:,} tokens"
    users = f", for {wish.users} users at once" if wish.users and wish.users > 1 else ""
    size = f"{gib(weights)} of weights" if weights else "weights of unknown size"
    return PredictedError(
        f"{model.name} does not fit on the machine {facts.name} with {asked}{users}.",
        f"It has {size}; the machine has {_memory(facts)}.",
        " ".join(filter(None, (_quantized(failed), _machine(failed)))) or "Use a smaller or a quantized model.",
        code=Code.MEMORY,
    )  # fmt: skip


def _beyond(model: ModelFacts, asked: int, allowed: int) -> PredictedError:
    return PredictedError(
        f"{model.name} does not support a context of {asked:,} tokens.", f"{model.source}: its config allows "
        f"{allowed:,}.",
        f"Give --context {allowed} or less.", code=Code.FLAG_VALUE,
    )  # fmt: skip


def _memory(facts: MachineFacts) -> str:
    if not facts.gpus:
        return (
            f"{gib(facts.memory_mib * 2**20)} of main memory and no GPU" if facts.memory_mib else "no GPU that is known"
        )
    first = facts.gpus[0]
    each = f" with {gib(first.memory_mib * 2**20)}{' each' if len(facts.gpus) > 1 else ''}" if first.memory_mib else ""
    return f"{f'{len(facts.gpus)} x ' if len(facts.gpus) > 1 else ''}{first.name}{each}"


def _quantized(failed: Failed) -> str:
    """The known quantized checkpoints that would fit here, or a format that an engine makes itself."""
    if not failed.facts.gpus:
        return ""
    fitting = [
        one.name for one in variants(failed.model)
        if (facts := from_knowledge(one.name)) and failed.works(facts, failed.facts, failed.wish)
    ]  # fmt: skip
    if fitting:
        return f"What fits here: --model {' or --model '.join(fitting)}."
    if failed.wish.quantization or failed.model.quantization:
        return ""
    made = dict.fromkeys(row["method"] for row in table("memory")["on_the_fly"])
    wishes = (replace(failed.wish, quantization=method) for method in made)
    found = next((wish for wish in wishes if failed.works(failed.model, failed.facts, wish)), None)
    return f"What fits here: --quantization {found.quantization}." if found else ""


def _machine(failed: Failed) -> str:
    """More GPUs of this kind, and the smallest machine with others, by all of its memory."""
    have = failed.facts.gpus or ()
    if not have:
        return "Use a machine with a GPU."
    kind = have[0]
    more = next((count for count in _COUNTS if count > len(have) and _served(failed, kind, count)), None)
    words = [f"{more} x {kind.name}"] if more else []
    if other := _smallest(failed) or _smallest_with_driver(failed):
        words.append(other)
    return (
        f"The smallest machines that it fits on: {', or '.join(words)}."
        if words
        else "It does not fit on any known machine with eight GPUs."
    )


def _smallest_with_driver(failed: Failed) -> str:
    """The same with a newer driver than the machine's, the oldest that will do."""
    for version in _newer_drivers(failed.facts):
        if other := _smallest(replace(failed, facts=_with_driver(failed.facts, version))):
            return f"{other}, with driver {version} or newer"
    return ""


def _smallest(failed: Failed) -> str:
    """Of the GPUs that are as old as those of the machine, else of the next newer ones; empty where none will do."""
    have = _capability(failed)
    for capability in (have, *(one for one in _CAPABILITIES if float(one) > float(have or 0))):
        if other := _other(failed, capability):
            return other if capability == have else f"{other} and compute capability {capability}"
    return ""


def _other(failed: Failed, capability: str | None) -> str:
    """The smallest of them, by all of its memory; empty where none will do, as the largest shows."""
    if not _served(failed, _sold(_MEMORY_GIB[-1], capability), _COUNTS[-1]):
        return ""
    least = min((gpu.memory_mib or 0 for gpu in failed.facts.gpus or ()), default=0) * 2**20 * _SAME
    sizes = sorted((count * size, count, size) for count in _COUNTS for size in _MEMORY_GIB)
    for _, count, each in sizes:
        larger = each * _GB > least or capability != _capability(failed)
        if larger and _served(failed, _sold(each, capability), count):
            return f"{count} GPUs with {each} GB each" if count > 1 else f"a GPU with {each} GB"
    return ""


def _sold(memory_gb: int, capability: str | None) -> Gpu:
    return Gpu(f"GPU with {memory_gb} GB", capability, int(memory_gb * _GB / 2**20))


def _capability(failed: Failed) -> str | None:
    return failed.facts.gpus[0].compute_capability if failed.facts.gpus else None


def _served(failed: Failed, gpu: Gpu, count: int) -> bool:
    if count * (gpu.memory_mib or 0) * 2**20 < failed.least:
        return False
    facts = replace(failed.facts, gpus=(gpu,) * count, shm_mib=None)
    return failed.works(failed.model, facts, failed.wish)
