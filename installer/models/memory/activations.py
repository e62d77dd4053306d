"""What an engine takes on a GPU besides weights and cache while it computes: activations, logits, buffers. Pure.

An estimate, from what servers reported of themselves (`memory.yaml`). It lowers the number of tokens that a plan
states; alone it refuses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from installer.core.machine.facts import Gpu
from installer.knowledge.tables import table
from installer.knowledge.versions import fits
from installer.models.memory.shape import Shape

_CHUNK = 2048
_SEQUENCES = 256
_MIB = 1 << 20


def need_bytes(shape: Shape, tensor: int, tokens: int, sequences: int | None) -> float:
    """Bytes of one GPU of `tensor` that split each layer: for a chunk of `tokens`, or for the logits of a batch."""
    row: Mapping[str, float] = table("memory")["activations"]
    layer = tokens * (row["intermediate"] * shape.ffn / tensor + row["hidden"] * shape.hidden) * 2
    logits = float(min(sequences or _SEQUENCES, tokens) * shape.vocabulary * 4 * 2)
    return max(layer + row["fixed_mib"] * _MIB, logits) + (row["exchanged_mib"] * _MIB if tensor > 1 else 0.0)


def chunk(engine: str, version: str, gpus: Sequence[Gpu]) -> int:
    """The tokens that an engine computes at once where its flag is not given."""
    released = (row for row in table("memory")["chunks"] if row["engine"] == engine and fits(version, row["versions"]))
    return next((int(row["tokens"]) for row in released if gpus and all(_like(row, gpu) for gpu in gpus)), _CHUNK)


def _like(row: Mapping[str, object], gpu: Gpu) -> bool:
    apart = row.get("not")
    return (gpu.memory_mib or 0) >= int(str(row["gpu_mib"])) and not (apart and str(apart) in gpu.name)
