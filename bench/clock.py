"""Timing whole processes, and watching how much memory ours take."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Timed:
    seconds: float
    peak_mib: float
    """Peak of the resident memory of all deploy-tui processes together, without the uv that they drive."""
    code: int


def forget_files() -> None:
    """Write everything back and, as root, forget what memory holds of files: who comes second must not find more."""
    os.sync()
    with suppress(OSError):
        Path("/proc/sys/vm/drop_caches").write_text("3", encoding="ascii")


def timed(command: Sequence[str], *, environment: Mapping[str, str] | None = None, log: Path | None = None) -> Timed:
    """Run `command` to its end and time it."""
    os.sync()  # what the command before has not written yet must not slow this one down
    watch = _Watch()
    watch.start()
    started = time.perf_counter()
    with (log or Path(os.devnull)).open("ab") as out:
        code = subprocess.call(list(command), env={**os.environ, **(environment or {})}, stdout=out, stderr=out)
    seconds = time.perf_counter() - started
    watch.over.set()
    watch.join()
    return Timed(seconds, watch.peak / 2**20, code)


class _Watch(threading.Thread):
    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.peak = 0

    def run(self) -> None:
        while not self.over.wait(_EVERY_S):
            self.peak = max(self.peak, sum(map(_resident, psutil.process_iter(["cmdline"]))))


def _resident(process: psutil.Process) -> int:
    words = process.info["cmdline"] or []
    ours = any("deploy-tui" in Path(word).name or word.startswith("installer.") for word in words[:4])
    if not ours or "uv" in Path(words[0]).name:
        return 0
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
