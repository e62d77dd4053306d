"""Whether a model fits on a machine, with how long a context for so many users, and with which engine.

A way is tried on as few GPUs as will do. What prevents it is what the checks of a plan say of that very launch;
pure but for the lookups that it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Severity, Verdict
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Lookups, ModelFacts, Stack
from installer.fit.serving_option import ServingOption, installed, stack_of
from installer.knowledge.engines import definitions, launch_reader
from installer.models import purpose
from installer.models.memory import capacity
from installer.models.memory.fraction import Parallel
from installer.models.memory.options import options_of
from installer.models.memory.parallelism import parallels
from installer.models.memory.remedies import SMALL_CONTEXT, Remedies, rounded
from installer.models.memory.sizing import Sizing, size_up
from installer.preflight.checks import gpu, memory
from installer.preflight.checks.model import verdict
from installer.preflight.repair.search import OF_REMOTE_CODE

LEAST = 2048
"""A shorter context is of no use."""
_ONE = Parallel()
_LATER = ("disk", "shm", "port", "credentials", "gpu-held")
"""What clashes with every model alike and can be changed: a plan says it, a comparison need not."""


_ORDER: tuple[Verdict, ...] = (Verdict.WORKS, Verdict.UNKNOWN, Verdict.FAILS)
_SAID: tuple[tuple[Severity, Verdict], ...] = ((Severity.BLOCKER, Verdict.FAILS), (Severity.PROBE, Verdict.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wished for."""

    context: int | None = None
    """Tokens of each request; `None`: the longest that fits."""
    users: int = 1
    """Requests at the same time."""


@dataclass(frozen=True, slots=True)
class Fit:
    model: str
    verdict: Verdict
    why: str = ""
    """What prevents it, or what is not known; empty: nothing."""
    way: ServingOption | None = None
    parallel: Parallel = _ONE
    weights_bytes: int | None = None
    longest: int | None = None
    """Tokens of each request, where so many users are served as were requested."""
    context: int | None = None
    """Tokens that `users` is about."""
    users: int | None = None
    """Requests of `context` tokens at the same time; `None` also where a request keeps nothing."""
    trust: bool = False
    """Whether code that the model includes must be allowed to run."""
    share: float | None = None
    """Of each GPU's memory, where the server must be told one; `None`: the engine's own does."""


def fit(model: ModelFacts, facts: MachineFacts, asked: Asked, ways: Sequence[ServingOption], lookups: Lookups) -> Fit:
    """The best that any of the ways, the preferred first, makes of a model on a machine."""
    best = Fit(model.name, Verdict.UNKNOWN, "There is no known engine for this.")
    for place, way in enumerate(ways):
        able = _serving(way, model)
        found = _Trial(model, facts, asked, able, lookups).best() if able else _not_servable(way, model)
        if found.verdict == Verdict.WORKS and not found.trust:
            return found
        if not place or _nearer(found, best):
            best = found
    return best


def _serving(way: ServingOption, model: ModelFacts) -> ServingOption | None:
    """The way with what it takes for vectors or ranks, where the model is for that; `None`: nothing is known to do."""
    if (task := purpose.task_of(model)) not in (purpose.EMBED, purpose.RANK):
        return way
    found = purpose.launching(way.engine, way.version, model, task)
    if found is None or any(flag in way.arguments for flag in found[0]):
        return way if found else None
    more = (word for flag, value in found[0].items() for word in ((flag,) if value is True else (flag, str(value))))
    return replace(way, arguments=(*way.arguments, *more))


def _not_servable(way: ServingOption, model: ModelFacts) -> Fit:
    why = f"No flags are known with which {way.title} serves {purpose.what_of(model)} of this class."
    return Fit(model.name, Verdict.FAILS, why, way)


def _nearer(found: Fit, best: Fit) -> bool:
    """An open question before a refusal, and a lack of memory before a model that the engine does not have.

    A way that works with the model's own code is the best so far: only one without it is better.
    """
    first, second = _ORDER.index(found.verdict), _ORDER.index(best.verdict)
    return first < second or (first == second and found.weights_bytes is not None and best.weights_bytes is None)


class _Trial:
    """One way on one machine."""

    def __init__(
        self, model: ModelFacts, facts: MachineFacts, asked: Asked, way: ServingOption, lookups: Lookups
    ) -> None:
        self._model, self._facts, self._asked, self._way, self._lookups = model, facts, asked, way, lookups
        self._packages = installed(way, facts, lookups)
        self._trust: tuple[str, ...] = ()

    def best(self) -> Fit:
        against = self._of_the_model()
        if _unread(against) and self._model.needs_remote_code:
            self._trust = (definitions.flag_of(self._way.engine, "trust"),)
            against = self._of_the_model()
        if refused := _first(against, Severity.BLOCKER):
            return Fit(self._model.name, Verdict.FAILS, refused.summary, self._way)
        found = Fit(self._model.name, Verdict.UNKNOWN, "How many GPUs there are is not known.", self._way)
        for parallel in self._parallels():
            found = self._on(parallel, against)
            if found.verdict != Verdict.FAILS:
                break
        return found

    def _parallels(self) -> Iterator[Parallel]:
        """As the way itself says, if it does; else from one GPU on."""
        options = options_of(launch_reader.of(self._stack(self._way)))
        tensor, pipeline = options.amount("tensor_parallel"), options.amount("pipeline_parallel")
        if tensor or pipeline:
            return iter([Parallel(tensor or 1, pipeline or 1)])
        return parallels(self._model.config, len(self._facts.gpus or ()))

    def _of_the_model(self) -> list[Finding]:
        """What the engine, its Transformers, the tokenizer and the GPU's generation say, whatever the size."""
        stack = self._stack(self._way)
        return [*verdict.check(stack, self._facts, self._lookups), *gpu.check(stack, self._facts, self._lookups)]

    def _on(self, parallel: Parallel, against: Sequence[Finding]) -> Fit:
        way = self._way.split(parallel)
        sizing = size_up(self._stack(way), self._facts)
        if self._small(sizing) and (share := self._share(sizing)) is not None:
            way = way.giving(fraction=share)
            sizing = size_up(self._stack(way), self._facts)
        found = self._sized(way, parallel, sizing, capacity.longest(sizing, self._asked.users))
        if self._small(sizing) or self._fills_main_memory(sizing):
            return replace(found, verdict=Verdict.FAILS, why=self._too_small(way, sizing))
        assessed = memory.check(self._stack(way.giving(context=found.context)), self._facts, self._lookups)
        findings = [*assessed, *against]
        for severity, answer in _SAID:
            if one := _first(findings, severity):
                return replace(found, verdict=answer, why=one.summary)
        return found

    def _small(self, sizing: Sizing) -> bool:
        """Whether it is known that what is requested, or any context of use, does not fit."""
        longest = capacity.longest(sizing, self._asked.users)
        return longest is not None and longest < (self._wanted(sizing) or min(LEAST, sizing.context or LEAST))

    def _fills_main_memory(self, sizing: Sizing) -> bool:
        """Whether a server without a GPU needs more memory than there is, where a plan only warns."""
        need, have = sizing.main_memory() if sizing.on_cpu else None, self._facts.memory_mib
        return need is not None and have is not None and need > have << 20

    def _share(self, sizing: Sizing) -> float | None:
        """A larger share of the GPUs' memory with which it would; `None` if none is, or the way names one."""
        if sizing.fraction is None or sizing.fraction.given:
            return None
        context = self._wanted(sizing) or min(SMALL_CONTEXT, sizing.context or SMALL_CONTEXT)
        return Remedies(replace(sizing, asked_context=context * self._asked.users)).fraction()

    def _sized(self, way: ServingOption, parallel: Parallel, sizing: Sizing, longest: int | None) -> Fit:
        context = self._wanted(sizing) or (rounded(min(longest, SMALL_CONTEXT)) if longest else None)
        users = capacity.at_once(sizing, context) if context else None
        return Fit(
            self._model.name, Verdict.WORKS, "", way, parallel, sizing.weights.bytes,
            rounded(longest) if longest else longest, context, users, bool(self._trust),
            sizing.fraction.value if sizing.fraction and sizing.fraction.given else None,
        )  # fmt: skip

    def _too_small(self, way: ServingOption, sizing: Sizing) -> str:
        """Why it does not fit, in the words of the check of memory."""
        context = self._wanted(sizing) or min(SMALL_CONTEXT, sizing.context or SMALL_CONTEXT)
        findings = list(memory.check(self._stack(way.giving(context=context)), self._facts, self._lookups))
        if one := _first(findings, Severity.BLOCKER) or _first(findings, Severity.WARNING):
            return f"{one.summary} {one.evidence}"
        users = f" for {self._asked.users} users" if self._asked.users > 1 else ""
        return f"Requests of {self._wanted(sizing) or LEAST:,} tokens{users} do not fit next to the weights."

    def _wanted(self, sizing: Sizing) -> int | None:
        """The context that is requested, here or by the way's own flags."""
        return self._asked.context or (sizing.asked_context if sizing.asks else None)

    def _stack(self, way: ServingOption) -> Stack:
        return stack_of(way, self._model, self._facts, self._packages, self._trust)


def _first(found: Sequence[Finding], severity: Severity) -> Finding | None:
    return next((one for one in found if one.severity == severity and one.code not in _LATER), None)


def _unread(found: Sequence[Finding]) -> bool:
    """Whether the configuration or the tokenizer cannot be read as it is, or may not be."""
    return any(one.code in OF_REMOTE_CODE and one.severity in (Severity.BLOCKER, Severity.PROBE) for one in found)
