"""How the screen does with a lot to show: a journal of a million lines, and nothing at all.

Drives the real program on a terminal of its own. Needs no network and no GPU.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

import pexpect

from bench.startup import TOOL, close, first_frame
from installer.core.runs import events as ev
from installer.core.runs.home import Home

MILLION = 1_000_000
_TICKS = os.sysconf("SC_CLK_TCK")
_OUTLINES = (ev.StageOutline(6, "dependencies", "Install what the engine imports", "pending"),)


def measure() -> dict[str, object]:
    frames = [first_frame() for _ in range(6)][1:]
    with tempfile.TemporaryDirectory(prefix="deploy-tui-bench-") as folder:
        opened, mib = open_million(Home(Path(folder) / "million"))
    return {
        "first frame (s)": round(statistics.median(frames), 3),
        "a million lines: newest in view (s)": round(opened, 2),
        "a million lines: memory (MiB)": round(mib),
        "idle on an earlier run (% of a core)": round(idle_percent(), 1),
    }


def open_million(home: Home) -> tuple[float, float]:
    """Seconds from the key that opens the run to its newest line; the most memory that the screen took, in MiB."""
    _write(home, "20260101-000000-1", MILLION, finished=True)
    screen = _opened(home)
    screen.send("3")
    screen.expect("1 run ")
    began = time.perf_counter()
    screen.send("\r")
    screen.expect(f"line {MILLION - 1} ", timeout=60)
    seconds = time.perf_counter() - began
    mib = _peak_mib(screen)
    close(screen)
    return seconds, mib


def idle_percent(seconds: float = 8.0) -> float:
    """Of one core, while an earlier run is looked at."""
    with tempfile.TemporaryDirectory(prefix="deploy-tui-bench-") as folder:
        home = Home(Path(folder))
        _write(home, "20260101-000000-3", 1000, finished=True)
        screen = _opened(home)
        screen.send("3")
        screen.expect("1 run ")
        screen.send("\r")
        screen.expect("line 999 ", timeout=30)
        time.sleep(3)
        before = _cpu_s(screen)
        time.sleep(seconds)
        spent = _cpu_s(screen) - before
        close(screen)
    return 100 * spent / seconds


def _opened(home: Home) -> pexpect.spawn:
    words = ["--home", str(home.root), "--offline"]
    screen = pexpect.spawn(TOOL, words, dimensions=(40, 120), timeout=30, maxread=1 << 16, encoding="utf-8")
    screen.delaybeforesend = None
    screen.expect("deploy-tui")
    return screen


def _write(home: Home, run_id: str, lines: int, *, finished: bool) -> None:
    run = home.run(run_id)
    run.root.mkdir(parents=True)
    at = time.time() - 100
    begun = (ev.RunStarted(run_id, "bench", "Bench", str(home.root), 1, "here"), ev.PlanReady(_OUTLINES),
             ev.StageStarted(6, "dependencies", "Install"))  # fmt: skip
    ended = (ev.StageFinished(6, "dependencies", "failed", "", 9.0), ev.RunFinished("failed", 1, 9.0, 6, "It ended."))
    with run.journal.open("w", encoding="utf-8") as journal:
        journal.writelines(ev.to_json(ev.Entry(at, event)) + "\n" for event in begun)
        journal.writelines(_line(at, number) for number in range(lines))
        journal.writelines(ev.to_json(ev.Entry(at, event)) + "\n" for event in (ended if finished else ()))


def _line(at: float, number: int) -> str:
    text = f"INFO line {number} of a log (EngineCore pid=12) 11-21 06:44:11 [core.py:80] that goes on and on"
    return f'{{"event":"output","at":{at:.3f},"stage":6,"text":"{text}"}}\n'


def _peak_mib(screen: pexpect.spawn) -> float:
    status = Path(f"/proc/{screen.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _cpu_s(screen: pexpect.spawn) -> float:
    fields = Path(f"/proc/{screen.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:<44} {value}")
