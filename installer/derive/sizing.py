"""How many GPUs, how long a context and which share of their memory: the first setting that fits, from the smallest.

Sized by the same formulas that check a launch (`models/memory`). Pure; where a number is missing it says so and guesses
none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from installer.core.files.document import Scalar
from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import ModelFacts, Placed, Stack
from installer.core.runs.model_request import ModelRequest
from installer.derive.draft import Base
from installer.derive.flags import name_of
from installer.knowledge.tables import table
from installer.models.memory import capacity
from installer.models.memory.cache import CacheCost
from installer.models.memory.fraction import Parallel
from installer.models.memory.parallelism import parallels
from installer.models.memory.remedies import SMALL_CONTEXT, Remedies, rounded
from installer.models.memory.sizing import GIB, MIB, Sizing, loading_bytes, size_up, usable_mib

USUAL = 32_768
"""A context that is long enough for most uses, if none is requested."""
LEAST = 2048
"""A shorter one is of no use."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to serve the model on the machine."""

    parallel: Parallel
    context: int | None
    """`None`: not known what the model takes."""
    share: float | None
    """`None`: the engine's own."""
    sizing: Sizing
    users: int = 1

    @property
    def keeps_nothing(self) -> bool:
        """Whether a request takes no memory of its own: an encoder's."""
        return self.sizing.cost is not None and not self.sizing.cost.least(SMALL_CONTEXT)

    @property
    def space_gib(self) -> int:
        """GiB of main memory for the cache of an engine on the processor."""
        return max(1, -(-int(_least(self.sizing.cost, self.context or SMALL_CONTEXT, self.users)) // GIB))


@dataclass(frozen=True, slots=True)
class Question:
    base: Base
    model: ModelFacts
    facts: MachineFacts
    wish: ModelRequest
    given: Mapping[str, Scalar]
    """Flags that are decided already and count for memory."""

    @property
    def users(self) -> int:
        return self.wish.users or 1

    def sized(self, parallel: Parallel, share: float | None = None) -> Sizing:
        by = self.base.engine
        flags = dict(self.given)
        for meaning, value in (("tensor_parallel", parallel.tensor), ("pipeline_parallel", parallel.pipeline)):
            if value > 1:
                flags[name_of(self.base, meaning)] = value
        if share is not None:
            flags[name_of(self.base, "fraction")] = share
        words = tuple(word for flag, value in flags.items() for word in _words(flag, value))
        environment = dict(self.base.recipe.server.environment)
        launch = Launch(stage=10, engine=by, arguments=words, environment=environment, model=self.model.name)
        packages = {self.base.distribution: Placed(self.base.distribution, self.base.release, 7)}
        return size_up(Stack("", "", packages, launch, self.model, tensor_parallel=parallel.tensor), self.facts)


def smallest_setting(question: Question) -> Setting | None:
    """The smallest setting with which what is requested fits; `None` if there is none on this machine."""
    gpus = 1 if question.base.on_cpu else len(question.facts.gpus or ())
    ways = list(parallels(question.model.config, gpus))
    first = question.sized(ways[0])
    allowed = first.context
    if first.weights.bytes is None or (first.room() is None and not first.on_cpu):
        context = question.wish.context or (min(USUAL, allowed) if allowed else None)
        return Setting(ways[0], context, None, first)
    if first.on_cpu:
        return _on_cpu(question, ways[0], first)
    for wanted in _contexts(question.wish, allowed):
        found = _holding(question, ways, wanted)
        if found is not None:
            return found
    return None if question.wish.context else _longest(question, ways)


def anyway(question: Question) -> Setting:
    """If none fits and the user overrules that: all the GPUs, and a modest context."""
    gpus = 1 if question.base.on_cpu else len(question.facts.gpus or ())
    parallel = list(parallels(question.model.config, gpus))[-1]
    sizing = question.sized(parallel)
    context = question.wish.context or min(SMALL_CONTEXT, sizing.context or SMALL_CONTEXT)
    return Setting(parallel, context, None, sizing, question.users)


def _contexts(wish: ModelRequest, allowed: int | None) -> Sequence[int]:
    if wish.context:
        return (wish.context,)
    return tuple(dict.fromkeys(min(size, allowed or size) for size in (USUAL, USUAL // 2, SMALL_CONTEXT)))


def _holding(question: Question, ways: Sequence[Parallel], context: int) -> Setting | None:
    """With the engine's own share on as few GPUs as will do, else with a larger share."""
    sized = [
        Setting(parallel, context, None, question.sized(parallel)) for parallel in ways if _loads(question, parallel)
    ]
    for setting in sized:
        if _fits(setting, question.users):
            return setting
    for setting in sized:
        share = Remedies(replace(setting.sizing, asked_context=context * question.users)).fraction()
        if share is not None:
            raised = replace(setting, share=share, sizing=question.sized(setting.parallel, share))
            if _fits(raised, question.users):
                return raised
    return None


def _fits(setting: Setting, users: int) -> bool:
    room = capacity.room(setting.sizing)
    return room is not None and room > 0 and _least(setting.sizing.cost, setting.context or 0, users) <= room


def _loads(question: Question, parallel: Parallel) -> bool:
    """Whether the weights fit while they are loaded: what is not made tensor by tensor is there in 16 bits first."""
    flag = name_of(question.base, "quantization")
    method = question.given.get(flag)
    rows = [row["method"] for row in table("memory")["on_the_fly"] if row["engine"] == question.base.engine]
    if not method or method in rows:
        return True
    plain = {name: value for name, value in question.given.items() if name != flag}
    sizing = replace(question, given=plain).sized(parallel)
    memory, weights = sizing.used.memory_mib, sizing.gpu_weights
    return memory is None or weights is None or weights + loading_bytes() <= usable_mib(memory) * MIB


def _least(cost: CacheCost | None, context: int, users: int) -> float:
    return float(cost.least(context) * users) if cost else 0.0


def _longest(question: Question, ways: Sequence[Parallel]) -> Setting | None:
    """The longest context that fits with any setting, if it is of use."""
    best: Setting | None = None
    for parallel in (parallel for parallel in ways if _loads(question, parallel)):
        sizing = question.sized(parallel)
        tokens = capacity.longest(sizing, question.users)
        if tokens is None:
            continue
        context = rounded(tokens)
        if context >= LEAST and (best is None or context > (best.context or 0)):
            best = Setting(parallel, context, None, sizing)
    return best


def _on_cpu(question: Question, parallel: Parallel, sizing: Sizing) -> Setting | None:
    allowed = sizing.context
    context = question.wish.context or min(SMALL_CONTEXT, allowed or SMALL_CONTEXT)
    found = Setting(parallel, context, None, sizing, question.users)
    need, have = sizing.main_memory(found.space_gib * GIB), question.facts.memory_mib
    return found if have is None or need is None or need <= have << 20 else None


def _words(flag: str, value: Scalar) -> tuple[str, ...]:
    return () if value is False else (flag,) if value is True else (flag, str(value))
