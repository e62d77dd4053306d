"""How the GPUs of this machine reach each other, as NVML says. Never raises; what it does not say stays unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

from installer.core.machine.facts import GpuLink

_READ, _NVLINK = 0, 2
"""NVML_P2P_CAPS_INDEX_READ (the binding holds it as a tuple) and NVML_P2P_CAPS_INDEX_NVLINK."""
_SHARED = {0: "board", 10: "switch", 20: "switches", 30: "bridge", 40: "node", 50: "system"}
"""NVML's nvmlGpuTopologyLevel_t."""


def links(nvml: Any, numbers: Sequence[int], quiet: Callable[..., Any]) -> tuple[GpuLink, ...]:
    """One for each pair of `numbers`; `quiet` asks NVML, and is `None` if it gives no answer."""
    handles = {number: quiet(nvml.nvmlDeviceGetHandleByIndex, number) for number in numbers}
    pairs = [pair for pair in combinations(numbers, 2) if None not in (handles[pair[0]], handles[pair[1]])]
    return tuple(_link(nvml, pair, handles[pair[0]], handles[pair[1]], quiet) for pair in pairs)


def _link(nvml: Any, pair: tuple[int, int], one: Any, other: Any, quiet: Callable[..., Any]) -> GpuLink:
    reads = quiet(nvml.nvmlDeviceGetP2PStatus, one, other, _READ)
    linked = quiet(nvml.nvmlDeviceGetP2PStatus, one, other, _NVLINK)
    level = quiet(nvml.nvmlDeviceGetTopologyCommonAncestor, one, other)
    via = "nvlink" if linked == 0 else _SHARED.get(level) if level is not None else None
    return GpuLink(pair, via, None if reads is None else reads == 0)
