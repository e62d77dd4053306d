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
    free: int | None = None
    """Bytes; `None`: all of it."""
    computing: dict[int, int] | None = field(default_factory=dict)
    """Bytes by pid; `None`: the driver does not say who there is."""
    drawing: dict[int, int] = field(default_factory=dict)
    bus: str | None = None
    """Of PCI, such as "00000000:00:06.0"."""
    linked: bool = False
    """By NVLink to the others."""
    ancestor: int | None = None
    """The nvmlGpuTopologyLevel_t to the others; `None`: not told, and no access between them."""
    given_up: int | None = None
    """The error that every question about it ends with since it fell off the bus."""


@dataclass
class Nvml:
    cards: list[Card]
    NVML_DEVICE_MIG_ENABLE: int = 1
    NVMLError: type[Exception] = pynvml.NVMLError
    asked: list[str] = field(default_factory=list)
    programs: dict[int, str] = field(default_factory=dict)
    """Path by pid; the driver does not know those of another container."""

    def nvmlInit(self) -> None:  # noqa: N802
        """Nothing has to be begun."""

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Card:  # noqa: N802
        if code := self.cards[index].given_up:
            raise pynvml.NVMLError(code)
        return self.cards[index]

    def nvmlShutdown(self) -> None:  # noqa: N802
        """Nothing has to be ended."""

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return "580.65.06"

    def nvmlSystemGetCudaDriverVersion_v2(self) -> int:  # noqa: N802
        return 13000

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
        total = _known(card.memory, pynvml.NVML_ERROR_NO_PERMISSION)
        free = total if card.free is None else card.free
        return SimpleNamespace(total=total, free=free, used=total - free)

    def nvmlDeviceGetComputeRunningProcesses(self, card: Card) -> list[Any]:  # noqa: N802
        return [SimpleNamespace(pid=pid, usedGpuMemory=held) for pid, held in _known(card.computing).items()]

    def nvmlDeviceGetGraphicsRunningProcesses(self, card: Card) -> list[Any]:  # noqa: N802
        _known(card.computing)
        return [SimpleNamespace(pid=pid, usedGpuMemory=held) for pid, held in card.drawing.items()]

    def nvmlDeviceGetPciInfo(self, card: Card) -> Any:  # noqa: N802
        return SimpleNamespace(busId=_known(card.bus))

    def nvmlDeviceGetP2PStatus(self, card: Card, other: Card, index: int) -> int:  # noqa: N802
        status = {0: _known(card.ancestor) < 50, 2: card.linked and other.linked}
        return 0 if status[index] else pynvml.NVML_P2P_STATUS_NOT_SUPPORTED

    def nvmlDeviceGetTopologyCommonAncestor(self, card: Card, other: Card) -> int:  # noqa: N802
        return int(_known(card.ancestor))

    def nvmlSystemGetProcessName(self, pid: int) -> str:  # noqa: N802
        return str(_known(self.programs.get(pid), pynvml.NVML_ERROR_NOT_FOUND))


def _known(value: Any, code: int = pynvml.NVML_ERROR_NOT_SUPPORTED) -> Any:
    if value is None:
        raise pynvml.NVMLError(code)
    return value
