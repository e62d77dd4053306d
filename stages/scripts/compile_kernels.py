"""Compile kernels before an engine needs them: run with the environment's own Python, `compile_kernels.py CALL...`.

Each CALL (`module:function`) returns what FlashInfer calls a specification of a module. It is built where the engine
will look for it, under the lock that the engine takes, all of them at the same time. Needs no GPU; changes nothing but
that cache. Ends with 1 where one could not be compiled, and says why in its last line.
"""

from __future__ import annotations

import importlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def main(calls: list[str]) -> int:
    for call in calls:  # imports are made one after the other: Python's locks are for that, but not all packages are
        importlib.import_module(call.partition(":")[0])
    with ThreadPoolExecutor(len(calls)) as pool:
        reasons = list(pool.map(_built, calls))
    for reason in filter(None, reasons):
        _say(reason)
    return 1 if any(reasons) else 0


def _built(call: str) -> str:
    """Empty, or why it could not be compiled."""
    started = time.monotonic()
    module, _, function = call.partition(":")
    try:
        getattr(importlib.import_module(module), function)().build(verbose=False, need_lock=True)
    except Exception as error:
        _say(str(error))
        return f"{function}: {type(error).__name__}: {(str(error).strip().splitlines() or [''])[-1]}"
    _say(f"{function}: compiled in {time.monotonic() - started:.0f} s")
    return ""


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
