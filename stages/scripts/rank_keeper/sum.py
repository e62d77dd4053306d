"""One rank's part of a sum over all ranks, whose result is known: `sum.py RANK RANKS ADDRESS PORT PATIENCE_S`.

Run by `group.py` with the environment's own torch, over Gloo, on the processor. Prints one JSON object.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from datetime import timedelta
from typing import Any

_VALUES = 1 << 18
"""1 MiB of 32-bit numbers."""


def one(rank: int, ranks: int, address: str, port: int, patience_s: float) -> dict[str, Any]:
    try:
        torch, distributed = importlib.import_module("torch"), importlib.import_module("torch.distributed")
    except ImportError as error:
        return {"unknown": f"torch cannot be imported ({error})"}
    host = f"[{address}]" if ":" in address else address
    distributed.init_process_group(
        "gloo", init_method=f"tcp://{host}:{port}", rank=rank, world_size=ranks, timeout=timedelta(seconds=patience_s)
    )
    pattern = torch.arange(_VALUES, dtype=torch.int32) % 251
    numbers = pattern * (rank + 1)
    began = time.perf_counter()
    distributed.all_reduce(numbers)
    seconds = time.perf_counter() - began
    right = bool(torch.equal(numbers, pattern * (ranks * (ranks + 1) // 2)))
    distributed.barrier()
    distributed.destroy_process_group()
    return {"right": right, "seconds": round(seconds, 4), "bytes": _VALUES * 4}


def _main(rank: str, ranks: str, address: str, port: str, patience_s: str) -> None:
    try:
        result = one(int(rank), int(ranks), address, int(port), float(patience_s))
    except Exception as error:
        result = {"error": f"{type(error).__name__}: {error}"[:300]}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    _main(*sys.argv[1:])
