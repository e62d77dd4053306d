"""How soon the tool answers: its version, its first frame."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import pexpect
import psutil

from bench.clock import timed
from bench.terminals import cpu_s

TOOL = str(Path(sys.executable).with_name("deploy-tui"))
_RUNS = 7


def measure() -> dict[str, object]:
    """Medians of several runs, the first (cold file cache) left out."""
    version = [timed([TOOL, "--version"]).seconds for _ in range(_RUNS + 1)][1:]
    frames = [first_frame() for _ in range(_RUNS + 1)][1:]
    return {
        "--version (s)": round(statistics.median(version), 3),
        "first frame (s)": round(statistics.median(seconds for seconds, _ in frames), 3),
        "  processor (s)": round(statistics.median(cpu for _, cpu in frames), 3),
    }


def first_frame() -> tuple[float, float]:
    """Seconds from the start of the process to the first frame that shows the name of the program; the processor's."""
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        screen = pexpect.spawn(TOOL, ["--home", home], dimensions=(24, 80), timeout=20)
        screen.expect("deploy-tui")
        seconds, cpu = time.perf_counter() - started, cpu_s(screen)
        close(screen)
    return seconds, cpu


def close(screen: pexpect.spawn) -> None:
    """With what it started: a resolver that goes on would write into the home while that is removed."""
    started = psutil.Process(screen.pid).children(recursive=True)
    screen.close(force=True)
    _, left = psutil.wait_procs(started, timeout=10)
    for process in left:
        process.kill()
    psutil.wait_procs(left, timeout=10)
