"""What a model needs of a GPU's memory, calculated before anything is downloaded. Values only.

All sizes are in bytes and for one GPU, unless a name says otherwise. `None` always means "not known".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    weights_bytes: int | None = None
    """Of the complete model, as the engine stores it."""
    kv_bytes_per_token: int | None = None
    """Of the key-value cache for one token, on each GPU."""
    kv_tokens: int | None = None
    """Tokens that fit into the key-value cache, all requests together."""
    static_fraction: float | None = None
    """The share of a GPU's memory for weights and key-value cache together."""
    longest_context: int | None = None
    """Of one request: what the model allows, what was requested and what fits, whichever is least."""
    tensor_parallel: int = 1
    gpus: int = 1
    """Over how many the weights are distributed, on all nodes."""
    nodes: int = 1
    gpu_memory_bytes: int | None = None
    """Of the smallest GPU that is used, as `nvidia-smi` shows it."""
    gpu_free_bytes: int | None = None
    """What was free on the one that has the least."""
    gpu_weights_bytes: int | None = None
    """The part of the weights that is on one GPU."""
    parameters: int | None = None
    model_context: int | None = None
    """The longest context that the model's own config allows."""
    assumed: tuple[str, ...] = ()
    """What was taken for granted, a sentence each."""
    source: str = ""
    """Where the model's numbers were read."""

    @property
    def on_processor(self) -> bool:
        """Whether weights and cache are in main memory: the size of the cache is known, and is no share of a GPU."""
        return self.kv_tokens is not None and self.gpu_memory_bytes is None and self.static_fraction is None

    @property
    def weights_share(self) -> float | None:
        """The weights' part of the memory of one GPU."""
        if not self.gpu_memory_bytes or self.gpu_weights_bytes is None:
            return None
        return self.gpu_weights_bytes / self.gpu_memory_bytes
