"""How the screen does with a lot to show: a journal of a million lines, 20,000 lines a second, and nothing at all.

Drives the real program on a terminal of its own. Needs no network and no GPU.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

import pexpect

from bench.startup import TOOL, first_frame
from installer.core.runs import events as ev
from installer.core.runs.home import Home
from installer.engine import lock

MILLION = 1_000_000
PER_SECOND = 20_000
KEYS = 40
_TICKS = os.sysconf("SC_CLK_TCK")
_OUTLINES = (ev.StageOutline(6, "dependencies", "Install what the engine imports", "pending"),)


def measure() -> dict[str, object]:
    frames = [first_frame() for _ in range(6)][1:]
    with tempfile.TemporaryDirectory(prefix="deploy-tui-bench-") as folder:
        opened, mib = open_million(Home(Path(folder) / "million"))
        latencies = keys_under_load(Home(Path(folder) / "load"))
    return {
        "first frame (s)": round(statistics.median(frames), 3),
        "a million lines: newest in view (s)": round(opened, 2),
        "a million lines: memory (MiB)": round(mib),
        f"a key at {PER_SECOND} lines/s: p50 (ms)": round(statistics.median(latencies) * 1000),
        f"a key at {PER_SECOND} lines/s: p95 (ms)": round(sorted(latencies)[int(len(latencies) * 0.95)] * 1000),
        "idle on an earlier run (% of a core)": round(idle_percent(), 1),
    }


def open_million(home: Home) -> tuple[float, float]:
    """Seconds from the key that opens the run to its newest line; the most memory that the screen took, in MiB."""
    _write(home, "20260101-000000-1", MILLION, finished=True)
    screen = _opened(home)
    screen.send("3")
    screen.expect("1 runs")
    began = time.perf_counter()
    screen.send("\r")
    screen.expect(f"line {MILLION - 1} ", timeout=60)
    seconds = time.perf_counter() - began
    mib = _peak_mib(screen)
    screen.close(force=True)
    return seconds, mib


def keys_under_load(home: Home) -> list[float]:
    """Seconds from a key to what it shows, while lines arrive."""
    run = home.run("20260101-000000-2")
    _write(home, run.id, 0, finished=False)
    over = threading.Event()
    with lock.held(home, run.id):
        writer = threading.Thread(target=_pour, args=(run.journal, over), daemon=True)
        writer.start()
        screen = _opened(home)
        screen.expect("line 1[0-9]+ ", timeout=30)
        latencies = [_answered(screen) for _ in range(KEYS)]
        over.set()
        writer.join()
        screen.close(force=True)
    return latencies


def idle_percent(seconds: float = 8.0) -> float:
    """Of one core, while an earlier run is looked at."""
    with tempfile.TemporaryDirectory(prefix="deploy-tui-bench-") as folder:
        home = Home(Path(folder))
        _write(home, "20260101-000000-3", 1000, finished=True)
        screen = _opened(home)
        screen.send("3")
        screen.expect("1 runs")
        screen.send("\r")
        screen.expect("line 999 ", timeout=30)
        time.sleep(3)
        before = _cpu_s(screen)
        time.sleep(seconds)
        spent = _cpu_s(screen) - before
        screen.close(force=True)
    return 100 * spent / seconds


def _opened(home: Home) -> pexpect.spawn:
    words = ["--home", str(home.root), "--offline"]
    screen = pexpect.spawn(TOOL, words, dimensions=(40, 120), timeout=30, maxread=1 << 16, encoding="utf-8")
    screen.delaybeforesend = None
    screen.expect("deploy-tui")
    return screen


def _answered(screen: pexpect.spawn) -> float:
    _drain(screen)
    began = time.perf_counter()
    screen.send("?")
    screen.expect("esc closes")
    seconds = time.perf_counter() - began
    screen.send("?")
    screen.expect("log, all stages")  # what the help covered is drawn again
    return seconds


def _drain(screen: pexpect.spawn) -> None:
    """Take what was drawn so far, so that only what is drawn from now on counts."""
    screen.expect(pexpect.TIMEOUT, timeout=0.4)
    screen.buffer = ""


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


def _pour(journal: Path, over: threading.Event) -> None:
    number, step = 0, PER_SECOND // 50
    with journal.open("a", encoding="utf-8") as file:
        due = time.monotonic()
        while not over.is_set():
            file.writelines(_line(time.time(), number + more) for more in range(step))
            file.flush()
            number += step
            due += 0.02
            time.sleep(max(0.0, due - time.monotonic()))


def _peak_mib(screen: pexpect.spawn) -> float:
    status = Path(f"/proc/{screen.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _cpu_s(screen: pexpect.spawn) -> float:
    fields = Path(f"/proc/{screen.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:<44} {value}")
