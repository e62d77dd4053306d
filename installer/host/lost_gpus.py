"""GPUs of a server that the driver has given up: off the bus, or to be reset first. No start on them can succeed.

Never raises, and never calls a GPU lost that only cannot be asked: that is "not known", and not reported here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from installer.core.text.numbers import is_whole
from installer.host import gpu

_GIVEN_UP = {15: "GPU is lost", 16: "GPU requires a reset"}
"""NVML_ERROR_GPU_IS_LOST and NVML_ERROR_RESET_REQUIRED of nvml.h: until the machine is restarted, or the GPU reset."""


def lost(visible: str | None, root: Path = Path("/")) -> tuple[str, ...]:
    """What the driver says of each lost GPU among those that CUDA_VISIBLE_DEVICES (`visible`) names; `None`: all."""
    if not gpu.hinted(root):
        return ()
    try:
        import pynvml

        pynvml.nvmlInit()
        try:
            seen = [_asked(pynvml, index) for index in range(pynvml.nvmlDeviceGetCount())]
        finally:
            pynvml.nvmlShutdown()
    except Exception:  # NVML's errors are made by its binding at run time, and a broken driver can fail otherwise
        return ()
    alive = [uuid for uuid, words in seen if not words]
    return tuple(
        f"GPU {index}: {words}" for index, (_, words) in enumerate(seen) if words and _used(index, visible, alive)
    )


def _asked(nvml: Any, index: int) -> tuple[str, str]:
    """Its UUID, and what is said of one that was given up."""
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        uuid = str(nvml.nvmlDeviceGetUUID(handle))
        nvml.nvmlDeviceGetMemoryInfo(handle)
    except nvml.NVMLError as error:
        return "", _GIVEN_UP.get(error.value, "")
    return uuid, ""


def _used(index: int, visible: str | None, alive: Sequence[str]) -> bool:
    """A lost GPU does not tell its UUID: a UUID that no other has is taken for its."""
    if visible is None:
        return True
    names = [name.strip() for name in visible.split(",")]
    uuids = [name for name in names if name and not is_whole(name)]
    return str(index) in names or any(not any(one.startswith(uuid) for one in alive) for uuid in uuids)
