"""`explain` of logs of 200 MB: an ordinary one, and those that were made to take as long as they can."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

_SIZE = 200_000_000
_END = b"\nValueError: at the end\n"
_LOGS: Mapping[str, bytes] = {
    "ordinary": b"INFO 08-29 09:26:38 logger.py:36] Received request chat-6d: prompt: 'What is it?', params: None\n",
    "one line": b"A",
    "blanks": b" " * 5000 + b"error: x\n",
    "blank lines": b"\n",
    "colons": b"error:" * 700 + b"\n",
    "quotes": b"Permission denied '",
    "short errors": b"error: x\n",
    "long errors": b"error " + b"x" * 4000 + b"\n",
    "errors": b"".join(
        b"ERROR 08-29 09:26:%02d [core.py:%d] RuntimeError: shape %d does not fit\n" % (one % 60, one, one * 7919)
        for one in range(20_000)
    ),
    "documents": b'{"log":"ERROR 01-01 00:00:00 [core.py:1] ValueError: it is bad\\n","stream":"stderr"}\n',
    "open brackets": b'{"msg":',
    "frames": b'  File "/a/b.py", line 1, in f\n    g()\n',
    "ranks": b"[rank0]:",
    "redrawn": b"Loading:  1% error 1/4 [00:01<00:03, 1.2it/s]\r",
    "colours": b"\x1b[31mERROR\x1b[0m \x1b[1m01-01 00:00:00\x1b[0m [core.py:1] fa\x1b[0mil\n",
    "answers": b'INFO:     127.0.0.1:1 - "POST /v1/chat/completions HTTP/1.1" 200 OK\n',
    "refusals": b'INFO:     127.0.0.1:1 - "POST /v1/chat/completions HTTP/1.1" 500 Internal Server Error\n',
    "letters": "ошибка error é не найдено\n".encode(),
}


def measure(folder: Path) -> dict[str, object]:
    """Seconds of the processor and the most memory that the whole command took, for each log."""
    log = folder / "hostile.log"
    log.write_bytes(_END)
    _explained(log)  # fills the page cache
    figures = {}
    for name, line in _LOGS.items():
        log.write_bytes((line * (_SIZE // len(line) + 1))[:_SIZE] + _END)
        figures[name] = _explained(log)
    worst = max(figures, key=lambda name: figures[name]["cpu_s"])
    return {"worst": {worst: figures[worst]}, "of_the_ordinary": _ratio(figures, worst), "logs": figures}


def _ratio(figures: Mapping[str, Mapping[str, float]], worst: str) -> float:
    """How much longer the worst took than an ordinary log of the same size; comparable between machines."""
    return round(figures[worst]["cpu_s"] / figures["ordinary"]["cpu_s"], 2)


def _explained(log: Path) -> dict[str, float]:
    code = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, sys.executable, "-m", "installer", "explain", str(log)],
        check=True,
        capture_output=True,
        text=True,
    )
    cpu, peak = done.stdout.split()
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "cpu_s": round(float(cpu), 2),
        "peak_mib": round(float(peak)),
    }
