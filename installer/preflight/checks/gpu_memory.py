"""Whether the weights and the cache of a launch fit on the GPUs. Part of the check of memory; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from installer.core.engines import Memory
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Stack
from installer.core.text.quantities import gib, lowered
from installer.knowledge.engines import definitions
from installer.knowledge.tables import table
from installer.models.memory import remedies
from installer.models.memory.sizing import Sizing
from installer.preflight.checks import gpu_users, load_peak, occupied_gpu_memory

STAGE = 10
_LENIENT = 0.5
"""Of weights that were counted by a rule that may not apply; if it does not fit even then, it does not fit."""


def findings(stack: Stack, sizing: Sizing, facts: MachineFacts) -> Iterator[Finding]:
    """Clashes and open questions about the memory of the machine's GPUs."""
    checks = _GpuMemoryChecks(stack, sizing, facts)
    if sizing.used.present == 0:
        # No GPU at all is said elsewhere; that the launch names none of those that are there, here.
        yield from checks.hidden()
        return
    yield from checks.count()
    yield from checks.heads()
    yield from checks.fit()


class _GpuMemoryChecks:
    """One launch on one machine."""

    def __init__(self, stack: Stack, sizing: Sizing, facts: MachineFacts) -> None:
        self._stack, self._size, self._gpus = stack, sizing, facts.gpus or ()
        self._others = facts.other_gpus
        self._model = stack.model.name if stack.model else (stack.launch.model if stack.launch else "")
        self._flag = remedies.names(sizing)
        self._remedies = remedies.Remedies(sizing)

    def hidden(self) -> Iterator[Finding]:
        """The launch may see only GPUs that this machine does not have."""
        launch = self._stack.launch
        named = launch.environment.get("CUDA_VISIBLE_DEVICES", "") if launch else ""
        if self._gpus and launch and launch.devices:
            found = self._finding(
                Code.GPU_ARCH, Severity.BLOCKER,
                "The container gets no GPU: none of those that it is given exists, and docker refuses to start it.",
                f"It is given GPU {', '.join(map(str, launch.devices))}; this machine has {len(self._gpus)}, counted "
                "from 0.", f"Give it GPUs from 0 to {len(self._gpus) - 1}, or use a machine with more of them.",
            )  # fmt: skip
            yield replace(found, complete_answer=True)
        elif self._gpus and named:
            line = self._stack.launch.line if self._stack.launch else None
            yield Finding(
                code=Code.FLAG_VALUE, severity=Severity.BLOCKER, stage=STAGE, subject=f"CUDA_VISIBLE_DEVICES={named}",
                summary="The server sees no GPU: CUDA_VISIBLE_DEVICES names no existing GPU.",
                evidence=f"CUDA_VISIBLE_DEVICES is {named}; this machine has {len(self._gpus)}, counted from 0.",
                fix=f"Name GPUs from 0 to {len(self._gpus) - 1}, or use a machine with more of them.",
                source="the machine's facts", line=line, variable="CUDA_VISIBLE_DEVICES",
            )  # fmt: skip

    def count(self) -> Iterator[Finding]:
        """More GPUs requested than there are."""
        used = self._size.used
        cluster = self._stack.launch.cluster if self._stack.launch else ""
        if cluster and used.present is not None and used.wanted > used.present:
            yield self._finding(
                Code.GPU_ARCH, Severity.PROBE,
                f"Whether the {used.wanted} requested GPUs exist is not known: they are in several "
                "machines.",
                f"The server is split over machines by {cluster}; this machine has {used.present} GPUs; the other "
                "machines "
                f"are not described.",
                "Check on each of them that all exist (nvidia-smi).",
            )  # fmt: skip
        elif used.present is not None and used.wanted > used.present:
            asked = " and ".join(self._spread())
            yield self._finding(
                Code.GPU_ARCH, Severity.BLOCKER,
                f"{used.wanted} GPUs are requested, but there are fewer: a worker finds no "
                "device when the server starts (`invalid device ordinal`).",
                f"{asked} needs {used.wanted} GPUs on this machine; {self._holder()} {used.present}.",
                f"Use {self._more(used.wanted)}, or {self._fewer(used.present)}.",
            )  # fmt: skip

    def _spread(self) -> Iterator[str]:
        """The flags that spread it over GPUs, with their numbers."""
        parallel, replicas = self._size.parallel, self._size.options.amount("data_parallel") or 1
        if parallel.tensor > 1 or (parallel.pipeline == 1 and replicas == 1):
            yield f"{self._flag.tensor} {parallel.tensor}"
        if parallel.pipeline > 1:
            yield f"{self._flag.pipeline} {parallel.pipeline}"
        if replicas > 1:
            yield f"{definitions.flag_of(self._size.engine, 'data_parallel')} {replicas}"

    def _fewer(self, present: int) -> str:
        """What to change so that the GPUs that are there are enough."""
        if (self._size.options.amount("data_parallel") or 1) > 1 and self._size.parallel.gpus <= present:
            return f"leave {self._size.options.flag('data_parallel', 'data parallel')} out"
        return f"give {self._flag.tensor} {max(present, 1)}"

    def _holder(self) -> str:
        launch = self._stack.launch
        return "its container is given" if launch and launch.devices is not None else "it has"

    def _more(self, wanted: int) -> str:
        """Where so many GPUs would be."""
        launch, there = self._stack.launch, len(self._gpus)
        inside = launch is not None and launch.devices is not None and there >= wanted
        return f"a container with {wanted} GPUs" if inside else f"a machine with {wanted} GPUs"

    def heads(self) -> Iterator[Finding]:
        """Attention heads that cannot be distributed evenly."""
        shape, tensor = self._size.shape, self._size.parallel.tensor
        if shape is None or shape.heads % tensor == 0:
            return
        fitting = [number for number in (1, 2, 4, 8, 16) if shape.heads % number == 0 and number < tensor]
        yield self._finding(
            Code.FLAG_VALUE, Severity.BLOCKER,
            "The model's attention heads cannot be split evenly over so many GPUs; the "
            "engine refuses to start.",
            f"{self._flag.tensor} is {tensor}; the model has {shape.heads} attention heads.",
            f"Give {self._flag.tensor} {fitting[-1]}.",
        )  # fmt: skip

    def fit(self) -> Iterator[Finding]:
        """Weights first, then one request of the context that is requested."""
        size = self._size
        static, weights = size.static_bytes(), size.gpu_weights
        if (held := occupied_gpu_memory.clash(size)) is not None:
            yield self._held(held)
            return
        if occupied_gpu_memory.asks_for_all(size):
            yield self._all()
            return
        if static is None or weights is None:
            yield from self._open()
            return
        if self._stack.model and self._stack.model.derived:
            yield self._by_name(static, weights)
            return
        room = size.room() or 0.0
        if room <= 0:
            yield self._weights(static, weights)
        elif (peak := load_peak.finding(self._stack, size)) is not None:
            yield peak
        elif size.cost is not None and size.asked_context:
            yield from self._one_request(room)

    def _held(self, clash: occupied_gpu_memory.Clash) -> Finding:
        """Someone else has what it needs."""
        used = self._size.used.gpus
        held = [gpu for gpu in used if gpu.free_mib is not None and gpu.free_mib < clash.need_mib]
        fix = gpu_users.way_out(used, (*self._gpus, *self._others), clash.need_mib)
        if clash.share is not None:
            fix = f"Give {self._flag.fraction} {clash.share:g} to share the GPU. Or: {lowered(fix)}"
        return self._finding(
            Code.GPU_HELD, Severity.BLOCKER, f"Another program uses the GPU's memory. {clash.what}.",
            f"{gpu_users.usage(held or used)} {clash.numbers}.", fix,
        )  # fmt: skip

    def _all(self) -> Finding:
        """No GPU is ever free as a whole."""
        share, context = self._size.fraction, table("memory")["reserve"]["context_mib"]
        return self._finding(
            Code.MEMORY, Severity.BLOCKER,
            f"{self._title} refuses to start: it requests all of the GPU's memory, and its own CUDA context uses some.",
            f"{self._flag.fraction} is {share.value if share else 1:g}; {self._title} compares that share with what is "
            f"free when it starts, and a CUDA context takes about {context} MiB.",
            f"Give {self._flag.fraction} 0.9.",
        )  # fmt: skip

    def _by_name(self, static: float, weights: float) -> Finding:
        """Only the name says what the model is, so its size is a question; what can never fit is said all the same."""
        if static <= weights * _LENIENT:
            return self._weights(static, weights)
        fits = "would fit" if weights < static else "would not fit"
        return self._finding(
            Code.MEMORY, Severity.PROBE,
            f"{self._model} is known only by its name: estimated from that, {gib(weights)} of weights, it "
            f"{fits}.",
            f"{self._gpu()}: {gib(static)} for weights and cache; {'; '.join(self._size.weights.assumed[:2])}",
            "Give its config.json or its folder with --model-config, or plan with access to the hub.",
        )  # fmt: skip

    def _open(self) -> Iterator[Finding]:
        """A number is missing."""
        size = self._size
        if size.used.memory_mib is None:
            least = self._remedies.least_gpu()
            need = f" It needs at least {gib(least)} on each." if least else ""
            yield self._finding(
                Code.MEMORY, Severity.PROBE,
                "Whether the model fits is not known: the GPUs' memory is not known.",
                f"The GPU memory of this machine is not known.{need}",
                "Run `deploy-tui doctor --json` on that machine, or `nvidia-smi`, and put the GPUs into the machine "
                "file.",
            )  # fmt: skip
        elif size.weights.bytes is None:
            why = size.weights.assumed[0] if size.weights.assumed else "The size of its weights is not known."
            yield self._finding(
                Code.MEMORY, Severity.PROBE, f"Whether {self._model or 'the model'} fits is not known.", why,
                "Give its config.json or its folder with --model-config.",
            )  # fmt: skip

    def _weights(self, static: float, weights: float) -> Finding:
        """They leave nothing for the cache, or do not even fit."""
        size = self._size
        memory = float(size.used.memory_mib or 0) * (1 << 20)
        sure = size.spread_is_known and (size.weights.exact or static <= weights * _LENIENT)
        evidence = (
            f"{gib(weights)} of weights on each of {size.parallel.gpus} GPUs" if size.parallel.gpus > 1 else
            f"{gib(weights)} of weights"
        )  # fmt: skip
        evidence += f", {gib(size.draft)} of it the draft model's" if size.draft else ""
        share = size.fraction.value if size.fraction else 1.0
        evidence = (
            f"{evidence}; {share:g} of the {gib(memory)} of {self._gpu()} are {gib(static)} for weights and cache."
        )
        if weights < memory and (raised := self._remedies.fraction()):
            summary = "The weights leave no GPU memory for the key-value cache; the engine fails at start-up."
            fix = f"Give {self._flag.fraction} {raised:g}."
        else:
            summary = "The weights do not fit into the GPU's memory; loading them fails with `CUDA out of memory`."
            fix = self._remedies.more_memory()
        return self._finding(Code.MEMORY, Severity.BLOCKER if sure else Severity.PROBE, summary, evidence, fix)

    def _one_request(self, room: float) -> Iterator[Finding]:
        size, cost = self._size, self._size.cost
        asked = size.asked_context or 0
        if cost is None or size.fits_itself:
            return
        need, longest = cost.least(asked), cost.longest(room)
        evidence = (
            f"One request of {asked:,} tokens takes {gib(need)} of key-value cache; {gib(room)} are left next to the "
            f"weights on {self._gpu().rstrip(',')}, enough for {longest:,} tokens."
        )
        shorter = f"Give {self._flag.context} {remedies.rounded(longest)} or less"
        if need > room:
            yield self._too_long(evidence, shorter, longest)
        elif self._engine.share_holds_activations and need > room - size.activations:
            yield self._finding(
                Code.MEMORY, Severity.WARNING,
                f"One request of that context just fits; what {self._title} needs for its "
                "activations may not.", evidence, f"{shorter.removesuffix(' or less')}, to be safe.",
            )  # fmt: skip

    def _too_long(self, evidence: str, shorter: str, longest: int) -> Finding:
        """Some engines refuse to start; others start, and refuse the longer requests."""
        more = self._remedies.for_context()
        fix = f"{shorter}{', or ' + lowered(more) if more else '.'}"
        if self._engine.refuses_long_context:
            sure = self._size.spread_is_known and self._size.weights.exact
            return self._finding(
                Code.MEMORY, Severity.BLOCKER if sure else Severity.PROBE,
                "Not a single request of that context fits into the "
                f"key-value cache; {self._title} refuses to start.", evidence, fix,
            )  # fmt: skip
        return self._finding(
            Code.MEMORY, Severity.WARNING if self._size.asks else Severity.INFO,
            f"{self._title} starts, but cuts off or refuses requests of more than {longest:,} tokens.", evidence, fix,
        )  # fmt: skip

    @property
    def _engine(self) -> Memory:
        return definitions.memory_of(self._size.engine)

    @property
    def _title(self) -> str:
        return definitions.title_of(self._size.engine)

    def _gpu(self) -> str:
        smallest = self._size.used.smallest
        name = smallest.name if smallest else "the GPU"
        return f"{name}, the smallest of those that are used," if self._size.used.unequal else name

    def _finding(self, code: Code, severity: Severity, summary: str, evidence: str, fix: str) -> Finding:
        launch, model = self._stack.launch, self._stack.model
        source = f"{model.source}; machine facts" if model else "launch and machine facts"
        line = launch.line if launch else None
        return Finding(
            code=code,
            severity=severity,
            stage=STAGE,
            subject=self._model or "the model",
            summary=summary,
            evidence=evidence,
            fix=fix,
            source=source,
            line=line,
            of_gpu=code == Code.MEMORY,
        )
