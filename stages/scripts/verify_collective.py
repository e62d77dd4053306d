"""Whether the GPUs that a model is spread over can add up numbers together: one process each, as in the server.

Run by `verify.py`; each process is `verify_collective.py FOLDER RANK RANKS BACKEND`. Uses the environment's own torch
and NCCL, meets through a file and opens no port to others.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

Result = tuple[str, str, list[str]]
"""Status, a sentence, details."""
_PATIENCE_S = 180.0
_VALUES = 1 << 24
"""Of the timed sum: 64 MiB of float32."""
_ROUNDS = 5


def check(ranks: int, gpus: Sequence[Mapping[str, Any]]) -> Result:
    """`ranks`: over how many GPUs the recipe's server is spread."""
    if len(gpus) < ranks:
        return "skipped", f"the server needs {ranks} GPUs, and there are {len(gpus)}", []
    return together(ranks, "nccl")


def together(ranks: int, backend: str) -> Result:
    """The sum over `ranks` processes by that backend of torch.distributed."""
    with tempfile.TemporaryDirectory(prefix="collective-") as place:
        folder = Path(place)
        command = [sys.executable, "-I", __file__, place]
        began = time.monotonic()
        running = [
            subprocess.Popen([*command, str(rank), str(ranks), backend], start_new_session=True)
            for rank in range(ranks)
        ]
        try:
            late = [rank for rank, process in enumerate(running) if not _ended(process, began)]
        finally:
            for process in running:
                _killed(process)
        return _assessed(folder, [process.returncode for process in running], late, backend)


def _ended(process: subprocess.Popen[bytes], began: float) -> bool:
    try:
        process.wait(max(0.1, began + _PATIENCE_S - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def _killed(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _assessed(folder: Path, codes: Sequence[int], late: Sequence[int], backend: str) -> Result:
    results = [_result_of(folder, rank) for rank in range(len(codes))]
    errors = [f"rank {rank}: {body['error']}" for rank, body in enumerate(results) if body.get("error")]
    if late:
        ranks = ", ".join(map(str, late))
        return "failed", f"the sum over {len(codes)} GPUs did not end in {_PATIENCE_S:.0f} s (rank {ranks})", errors
    if any(codes) or errors:
        return "failed", f"{len(codes)} GPUs cannot compute together over {backend.upper()}", errors or [str(codes)]
    wrong = [
        f"rank {rank} got {body['got']}, not {body['right']}" for rank, body in enumerate(results) if not body["same"]
    ]
    if wrong:
        return "failed", f"the sum over {len(codes)} GPUs is wrong", wrong
    speed = min(body["gigabytes_per_second"] for body in results)
    return "ok", f"{len(codes)} GPUs add up right over {backend.upper()}, {speed:.0f} GB/s", []


def _result_of(folder: Path, rank: int) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / f"{rank}.json").read_text()))
    except (OSError, ValueError):
        return {"error": "it ended without a message"}


def one(folder: Path, rank: int, ranks: int, backend: str) -> dict[str, Any]:
    """What one process computes: every rank contributes its number, and the sum is known."""
    torch, distributed = importlib.import_module("torch"), importlib.import_module("torch.distributed")
    device = torch.device("cuda", rank) if backend == "nccl" else torch.device("cpu")
    if backend == "nccl":
        torch.cuda.set_device(device)
    store = f"file://{folder}/store"
    wait = timedelta(seconds=_PATIENCE_S / 2)
    distributed.init_process_group(backend, init_method=store, rank=rank, world_size=ranks, timeout=wait)
    numbers = torch.full((_VALUES,), float(rank + 1), device=device)
    distributed.all_reduce(numbers)
    right, ends = ranks * (ranks + 1) / 2, (float(numbers.min()), float(numbers.max()))
    seconds = _seconds(torch, distributed, numbers, device)
    distributed.destroy_process_group()
    # What each link carries: the bus bandwidth as nccl-tests counts it.
    speed = numbers.numel() * 4 * 2 * (ranks - 1) / ranks / seconds / 1e9
    return {"same": ends == (right, right), "got": ends[1], "right": right, "gigabytes_per_second": speed}


def _seconds(torch: Any, distributed: Any, numbers: Any, device: Any) -> float:
    """Of one sum, on average."""
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    wait()
    began = time.perf_counter()
    for _ in range(_ROUNDS):
        distributed.all_reduce(numbers)
    wait()
    return (time.perf_counter() - began) / _ROUNDS


def _main(place: str, rank: str, ranks: str, backend: str) -> int:
    result, code = {}, 1
    try:
        result, code = one(Path(place), int(rank), int(ranks), backend), 0
    except Exception as error:
        result = {"error": f"{type(error).__name__}: {error}"[:300]}
    Path(place, f"{rank}.json").write_text(json.dumps(result))
    return code


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
