"""All memory figures of one launch on one machine, put together. Pure; checks nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from installer.core.machine.facts import MachineFacts
from installer.core.plans.memory import MemoryEstimate
from installer.core.plans.stack import ModelFacts, Stack
from installer.knowledge.engines import definitions, launch_reader
from installer.knowledge.tables import table
from installer.models.memory import activations, cache, calibration, draft, fraction, number_format
from installer.models.memory.context import model_context
from installer.models.memory.gpus import Used, used_gpus
from installer.models.memory.options import Options, options_of
from installer.models.memory.shape import Shape
from installer.models.memory.weights import UNKNOWN, Weights, shape_of_model, weights_of

MIB = 1 << 20
GIB = 1 << 30
_IDLE = 0.97
"""A GPU with so much of its memory free is not in use."""


@dataclass(frozen=True, slots=True)
class Sizing:
    engine: str
    version: str
    options: Options
    parallel: fraction.Parallel
    used: Used
    shape: Shape | None = None
    weights: Weights = UNKNOWN
    cost: cache.CacheCost | None = None
    fraction: fraction.Fraction | None = None
    asked_context: int | None = None
    """What the launch sets; the model's own longest if it sets nothing."""
    asks: bool = False
    """Whether a flag sets that context."""
    fits_itself: bool = False
    """Whether the engine shortens the context to what fits (`--max-model-len auto`)."""
    context: int | None = None
    """The longest that the model's config allows."""
    assumed: tuple[str, ...] = ()
    on_cpu: bool = False
    """Weights and cache are in main memory."""
    cpu_space: float | None = None
    """Bytes of main memory that an engine reserves for the cache."""
    draft: float = 0.0
    """Bytes of weights on one GPU of the model that guesses ahead."""
    measured: float = 1.0
    """What starts here reported of the cache, as a part of what had been calculated."""

    @property
    def spread_is_known(self) -> bool:
        """Whether it is known over how many GPUs of how many machines the model is spread."""
        return "nodes" not in self.options.flags or not {"tensor_parallel", "nodes"} <= self.options.unclear

    @property
    def gpu_weights(self) -> float | None:
        """Bytes of weights on one GPU, with what loading them takes."""
        if self.weights.bytes is None:
            return None
        offloaded = (self.options.share("offload_gib") or 0.0) * GIB
        return max(self._largest_stage() / self.parallel.tensor - offloaded, 0.0) + self.draft

    def _largest_stage(self) -> float:
        """Bytes of weights of the pipeline's largest stage: its layers, and the embedding or the head.

        Where both are the same weights, the first and the last stage contain them both (reported by a server of
        Qwen2.5-3B's shape in two stages on two H200, 2026-11-29).
        """
        total, stages = float(self.weights.bytes or 0), self.parallel.pipeline
        if stages == 1 or self.shape is None:
            return total / stages
        # Quantization leaves them in 16 bits.
        table = min(2.0 * self.shape.hidden * self.shape.vocabulary, total / 2)
        layers = self.shape.layers.count
        rest = total - table * (1 if self.shape.tied else 2)
        return rest * -(-layers // stages) / layers + table

    def static_bytes(self, memory_mib: float | None = None, share: float | None = None) -> float | None:
        """Bytes of one GPU that weights and cache may take together."""
        memory = memory_mib if memory_mib is not None else self.used.memory_mib
        value = share if share is not None else (self.fraction.value if self.fraction else None)
        if memory is None or value is None:
            return None
        return static_bytes(self.engine, memory, value, None if memory_mib is not None else self.used.free_mib)

    def room(self) -> float | None:
        """Bytes of one GPU that are left for the key-value cache; negative where the weights alone are too much."""
        static, weights = self.static_bytes(), self.gpu_weights
        if self.on_cpu:
            return None if self.cpu_space is None else self.cpu_space * self.measured
        if given := self.options.amount("cache_bytes"):
            return float(given)
        if static is None or weights is None:
            return None
        left = static - weights - loading_bytes()
        return left * self.measured if left > 0 else left

    def main_memory(self, cache: float | None = None) -> float | None:
        """Bytes of main memory that a server without a GPU takes: its processes, the weights and the cache."""
        if self.weights.bytes is None:
            return None
        processes = float(table("memory")["processes"]["engine_mib"]) * MIB
        return processes + self.weights.bytes + ((self.cpu_space or 0.0) if cache is None else cache)

    @property
    def activations(self) -> float:
        """Bytes of one GPU that computing takes, where the engine takes them out of the same share; an estimate."""
        inside = definitions.memory_of(self.engine).share_holds_activations and not self.on_cpu
        if not inside or self.shape is None:
            return 0.0
        tokens = self.options.amount("chunk") or activations.chunk(self.engine, self.version, self.used.gpus)
        return activations.need_bytes(self.shape, self.parallel.tensor, tokens, self.options.amount("sequences"))

    @property
    def kv_tokens(self) -> int | None:
        room = self.room()
        if room is None or not self.cost or not self.cost.per_token:
            return None
        fixed = self.options.amount("cache_bytes") is not None
        tokens = kv_tokens(room - (0.0 if fixed else self.activations * self.measured), self.cost.per_token)
        limit = self.options.amount("total_tokens")
        return min(tokens, limit) if limit else tokens

    def estimate(self) -> MemoryEstimate:
        memory, weights = self.used.memory_mib, self.gpu_weights
        return MemoryEstimate(
            weights_bytes=self.weights.bytes, kv_bytes_per_token=self.cost.per_token if self.cost else None,
            kv_tokens=self.kv_tokens, static_fraction=self.fraction.value if self.fraction else None,
            longest_context=self._longest(), tensor_parallel=self.parallel.tensor, gpus=self.parallel.gpus,
            nodes=self.options.amount("nodes") or 1,
            gpu_memory_bytes=memory * MIB if memory is not None else None,
            gpu_free_bytes=self.used.free_mib * MIB if self.used.free_mib is not None else None,
            gpu_weights_bytes=int(weights) if weights is not None else None,
            parameters=self.weights.parameters, model_context=self.context, assumed=self.assumed,
        )  # fmt: skip

    def _longest(self) -> int | None:
        room = self.room()
        if room is None or not self.cost or not self.cost.per_token:
            return None
        limits = [self.cost.longest(room), self.asked_context, self.context, self.options.amount("total_tokens")]
        return max(0, min(limit for limit in limits if limit is not None))


def usable_mib(memory_mib: float) -> float:
    """What the driver leaves of a GPU's memory."""
    return memory_mib * (1 - float(table("memory")["reserve"]["driver_share"]))


def static_bytes(engine: str, memory_mib: float, share: float, free_mib: float | None = None) -> float:
    """What `share` of a GPU means: of what is free before loading, or of all there is.

    `free_mib`: what others leave of it; `None`: no other process uses any.
    """
    usable = usable_mib(memory_mib)
    if not definitions.memory_of(engine).share_of_free:
        return usable * share * MIB
    free = usable if free_mib is None else min(usable, free_mib)
    return max(0.0, free - float(table("memory")["reserve"]["context_mib"])) * share * MIB


def loading_bytes() -> float:
    """What loading takes beyond the weights (allocator, workspaces of the matrix libraries)."""
    return float(table("memory")["reserve"]["loading_mib"]) * MIB


def kv_tokens(room: float, per_token: int) -> int:
    """Tokens that fit into `room` bytes of a GPU, all requests together."""
    return max(0, int(room // per_token))


def size_up(stack: Stack, facts: MachineFacts) -> Sizing:
    """The figures of `stack` on the machine; what is not known stays `None`."""
    options, placed = options_of(launch_reader.of(stack)), definitions.engine_package(stack)
    by = definitions.engine(placed.name) if placed else None
    engine = (stack.launch.engine if stack.launch else "") or (by.name if by else "")
    version = placed.version if placed else ""
    parallel = fraction.Parallel(_tensor(stack, facts, options), options.amount("pipeline_parallel") or 1)
    replicas = options.amount("data_parallel") or 1
    shared = "enable-dp-attention" in options.switches  # the replicas are of the attention only, on the same GPUs
    spread = parallel.gpus * (1 if shared else _replicas_here(options, replicas))
    used = used_gpus(facts, stack.launch, wanted=-(-spread // (options.amount("nodes") or 1)))
    shape = shape_of_model(stack.model) if stack.model else None
    options, format_note = _computed(stack.model, (engine, version), used, options)
    weights = weights_of(stack.model, shape, options) if stack.model else UNKNOWN
    on_cpu = _on_cpu(stack, options)
    share = None if on_cpu else fraction.fraction_of((engine, version), options, parallel, used.memory_mib, shape)
    attention = replace(parallel, tensor=max(1, parallel.tensor // replicas)) if shared else parallel
    stages, draft_memory = attention.pipeline, draft.draft_memory(stack, options, parallel.tensor)
    cost, cache_note = cache.cost_of(shape, options.text("cache_type"), gpus=attention.tensor, stages=stages)
    context = model_context(shape.text, shape.family, engine) if shape else None
    asked = options.amount("context")
    wished = asked or (None if "context" in options.unclear else context)
    known = calibration.fitting(facts, engine, version, used, stack.model)
    notes = (
        *calibration.calibration_notes(known),
        *weights.assumed,
        *cache_note,
        *(share.assumed if share else ()),
        *used.assumed,
        *format_note,
        *_shared(used),
        *draft_memory.notes,
        *_unclear(options),
    )
    return Sizing(
        engine, version, options, parallel, used, shape, weights, draft.together(cost, draft_memory.cost), share,
        wished, asked is not None, options.text("context") in ("auto", "-1"), context, notes, on_cpu, _cpu_space(stack),
        draft_memory.weights,
        calibration.factor(known),
    )  # fmt: skip


def _replicas_here(options: Options, replicas: int) -> int:
    """How many of the replicas of a launch this machine runs: all, those it is told, or one rank of them."""
    if "data_parallel_rank" in options.values:
        return 1
    here = options.amount("data_parallel_here")
    return replicas if here is None else max(1, here)


def _computed(
    model: ModelFacts | None, release: tuple[str, str], used: Used, options: Options
) -> tuple[Options, Sequence[str]]:
    """The options with float32 where the engine takes that by itself, since GPU or model have nothing smaller."""
    asked = options.text("dtype")
    taken = number_format.computed_in(model, release, used.gpus, asked) if model else asked
    if taken != "float32" or asked == taken:
        return options, ()
    note = (
        f"{definitions.title_of(release[0])} computes it in float32: this GPU lacks bfloat16, the model lacks float16."
    )
    wider = {"dtype": taken, **({} if options.text("cache_type") not in ("", "auto") else {"cache_type": taken})}
    return replace(options, values={**options.values, **wider}), (note,)


def _tensor(stack: Stack, facts: MachineFacts, options: Options) -> int:
    """GPUs that share a layer; as many as the nodes have, where the launch's own number could not be calculated."""
    if "tensor_parallel" in options.unclear and stack.tensor_parallel < 2:
        visible = (used_gpus(facts, stack.launch, wanted=1).present or 1) * (options.amount("nodes") or 1)
        return 1 << (visible.bit_length() - 1)
    return options.amount("tensor_parallel") or max(stack.tensor_parallel, 1)


def _on_cpu(stack: Stack, options: Options) -> bool:
    """Whether the engine runs without a GPU."""
    placed, launch = definitions.engine_package(stack), stack.launch
    by = definitions.engine(placed.name) if placed else None
    named = bool(placed and by and placed.name in by.without_gpu)
    return named or options.text("device") == "cpu" or bool(launch and space_of(stack) in launch.environment)


def space_of(stack: Stack) -> str:
    """The variable with the space for the cache in main memory; empty if the engine has none."""
    placed = definitions.engine_package(stack)
    name = placed.name if placed else stack.launch.engine if stack.launch else ""
    return definitions.variable_of(name, "cache_gib")


def _cpu_space(stack: Stack) -> float | None:
    """GiB in a variable of the launch; without it the engine works it out from the machine."""
    try:
        return float(stack.launch.environment[space_of(stack)]) * GIB if stack.launch else None
    except (KeyError, ValueError):
        return None


def _shared(used: Used) -> Iterator[str]:
    """That others have some of the GPU."""
    if used.free_mib is not None and used.memory_mib and used.free_mib < usable_mib(used.memory_mib) * _IDLE:
        yield f"Calculated with the {used.free_mib} MiB of free GPU memory; other programs use the rest."


def _unclear(options: Options) -> Iterator[str]:
    """What could not be determined."""
    if "tensor_parallel" in options.unclear:
        yield "The number of GPUs for the model could not be determined; all GPUs are assumed."
