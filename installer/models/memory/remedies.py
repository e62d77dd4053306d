"""What would make a launch fit: another fraction, more GPUs, larger GPUs, with the numbers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from installer.core.text.quantities import lowered
from installer.knowledge import gpus
from installer.knowledge.engines import definitions
from installer.knowledge.tables import table
from installer.models.memory import config as read
from installer.models.memory.cache import cost
from installer.models.memory.fraction import Parallel
from installer.models.memory.sizing import MIB, Sizing, loading_bytes, static_bytes
from installer.models.memory.weights import turned_into

_HIGHEST = 0.95
"""The share beyond which nothing is left for activations and CUDA graphs."""
SMALL_CONTEXT = 8192
"""A context that is enough to begin with, if the launch sets none and the model's own is longer."""


@dataclass(frozen=True, slots=True)
class Names:
    """Flags as this launch spells them, or as its engine does."""

    tensor: str
    pipeline: str
    context: str
    fraction: str


def names(sizing: Sizing) -> Names:
    meanings = ("tensor_parallel", "pipeline_parallel", "context", "fraction")
    return Names(*(sizing.options.flag(meaning, definitions.flag_of(sizing.engine, meaning)) for meaning in meanings))


def rounded(tokens: int) -> int:
    """A context that is easy to remember and no longer than `tokens`."""
    step = 1024 if tokens >= 4096 else 256 if tokens >= 1024 else 1
    return max(tokens // step * step, 0)


@dataclass(frozen=True, slots=True)
class Remedies:
    sizing: Sizing

    def fraction(self) -> float | None:
        """The smallest share, in hundredths, with which weights and one request fit; `None` if none."""
        need, memory = self._need(self.sizing), self.sizing.used.memory_mib
        if need is None or memory is None:
            return None
        for own in (row for row in table("memory")["own"] if row["engine"] == self.sizing.engine):
            need += (own["graphs_mib"] + own["other_mib"]) * MIB
        budget = static_bytes(self.sizing.engine, memory, 1.0, self.sizing.used.free_mib)
        share = -(-need * 100 // budget) / 100 if budget > 0 else 1.0
        present = self.sizing.fraction.value if self.sizing.fraction else 1.0
        return share if present < share <= _HIGHEST else None

    def more_memory(self) -> str:
        """A sentence: fewer bits, more of this machine's GPUs, or larger ones.

        For a context that is modest, unless the launch sets one.
        """
        size, asked = self.sizing, self.sizing.asked_context
        if not size.asks and asked and asked > SMALL_CONTEXT:
            modest = Remedies(replace(size, asked_context=SMALL_CONTEXT))
            also = (
                f" and give {names(size).context} {SMALL_CONTEXT}"
                if definitions.memory_of(size.engine).refuses_long_context
                else ""
            )
        else:
            modest, also = self, ""
        found = ", or ".join(words for words in (modest.fewer_bits(), lowered(modest.larger_machine())) if words)
        return f"{found[:1].upper()}{found[1:]}{also}." if found else "Use a smaller or a quantized model."

    def larger_machine(self) -> str:
        """More of this machine's GPUs, or larger ones; empty if neither would do."""
        return ", or ".join(words for words in (self._more_gpus(), self._larger()) if words)

    def fewer_bits(self) -> str:
        """A format that the engine makes of the weights by itself, and that fits; empty if none does."""
        size, shape = self.sizing, self.sizing.shape
        if shape is None or size.options.text("quantization") or read.quantization(shape.config):
            return ""
        for row in table("memory")["on_the_fly"]:
            if row["engine"] != size.engine or (row["experts"] and not shape.experts):
                continue
            smaller = replace(size, weights=replace(size.weights, bytes=turned_into(shape, row["method"])))
            need, static = self._need(smaller), smaller.static_bytes()
            if need is not None and static is not None and need <= static:
                return f"give --quantization {row['method']}"
        return ""

    def for_context(self) -> str:
        """With what else the whole context would fit; empty if nothing is known."""
        raised = self.fraction()
        if raised is not None:
            return f"{names(self.sizing).fraction} {raised:g}."
        found = self.larger_machine()
        return f"{found}." if found else ""

    def least_gpu(self) -> float | None:
        """Bytes that each GPU must have."""
        need = self._need(self.sizing)
        share = self.sizing.fraction.value if self.sizing.fraction else 0.9
        if need is None or share <= 0:
            return None
        kept = 1.0 - static_bytes(self.sizing.engine, 1 << 20, share) / ((1 << 20) * MIB * share)
        return need / share / (1.0 - kept)

    def _more_gpus(self) -> str:
        size = self.sizing
        present = size.used.present or 0
        for tensor in (2, 4, 8, 16):
            if size.parallel.tensor < tensor <= present and size.shape and size.shape.heads % tensor == 0:
                wider = _with_tensor(size, tensor)
                need, static = self._need(wider), wider.static_bytes()
                if need is not None and static is not None and need <= static:
                    return f"Give {names(size).tensor} {tensor} (this machine has {present} GPUs)"
        return ""

    def _larger(self) -> str:
        least, count = self.least_gpu(), self.sizing.parallel.gpus
        if least is None:
            return ""
        fitting = next((size for size in gpus.sizes() if size * (1 << 30) >= least), None)
        if fitting is None:
            return self._many_gpus()
        many = f"{count} GPUs" if count > 1 else "a GPU"
        return f"take {many} with {fitting} GB" if self._more_gpus() else f"Use {many} with {fitting} GB"

    def _many_gpus(self) -> str:
        """No GPU that is available is large enough: so many of those that are here."""
        size = self.sizing
        for tensor in (2, 4, 8, 16):
            wider = _with_tensor(size, tensor)
            need, static = self._need(wider), wider.static_bytes()
            if tensor > size.parallel.tensor and need is not None and static is not None and need <= static:
                return f"Use a machine with {tensor} of these GPUs and give {names(size).tensor} {tensor}"
        return ""

    @staticmethod
    def _need(sizing: Sizing) -> float | None:
        """Bytes on each GPU for the weights and one request of the context that is requested."""
        weights = sizing.gpu_weights
        if weights is None:
            return None
        request = sizing.cost.least(sizing.asked_context) if sizing.cost and sizing.asked_context else 0
        return weights + loading_bytes() + request


def _with_tensor(sizing: Sizing, tensor: int) -> Sizing:
    parallel = Parallel(tensor, sizing.parallel.pipeline)
    if sizing.shape is None or sizing.cost is None:
        return replace(sizing, parallel=parallel)
    number = (
        sizing.cost.per_token
        / cost(sizing.shape, gpus=sizing.parallel.tensor, stages=parallel.pipeline, number=1.0).per_token
    )
    shared = cost(sizing.shape, gpus=tensor, stages=parallel.pipeline, number=number)
    return replace(sizing, parallel=parallel, cost=shared)
