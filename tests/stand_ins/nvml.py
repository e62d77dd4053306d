"""NVML's binding with GPUs that are not here: answers like `pynvml`, errors are the binding's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pynvml


@dataclass
class Card:
    name: str
    uuid: str
    memory: int | None
    """Bytes; `None`: the permission to ask is missing."""
    capability: tuple[int, int] | None = (8, 0)
    parts: list[Card] | None = None
    """MIG instances; `None`: cannot be split, as most GPUs."""


@dataclass
class Nvml:
    cards: list[Card]
    NVML_DEVICE_MIG_ENABLE: int = 1
    asked: list[str] = field(default_factory=list)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Card:  # noqa: N802
        return self.cards[index]

    def nvmlDeviceGetCudaComputeCapability(self, card: Card) -> tuple[int, int]:  # noqa: N802
        return _known(card.capability)

    def nvmlDeviceGetMigMode(self, card: Card) -> list[int]:  # noqa: N802
        _known(card.parts)
        return [1, 1]

    def nvmlDeviceGetMaxMigDeviceCount(self, card: Card) -> int:  # noqa: N802
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, card: Card, number: int) -> Card:  # noqa: N802
        parts = card.parts or []
        if number >= len(parts):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return parts[number]

    def nvmlDeviceGetUUID(self, card: Card) -> str:  # noqa: N802
        return card.uuid

    def nvmlDeviceGetName(self, card: Card) -> str:  # noqa: N802
        return card.name

    def nvmlDeviceGetMemoryInfo(self, card: Card) -> Any:  # noqa: N802
        return SimpleNamespace(total=_known(card.memory, pynvml.NVML_ERROR_NO_PERMISSION))


def _known(value: Any, code: int = pynvml.NVML_ERROR_NOT_SUPPORTED) -> Any:
    if value is None:
        raise pynvml.NVMLError(code)
    return value
