"""Journals to look at: of a run with very many lines, and of one that prints very many a second.

`python -m bench.journals HOME RATE [plain]` is the engine of such a run: it holds the home and writes until its end.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from installer.core.runs import events as ev
from installer.core.runs.home import Home
from installer.execution import lock

MILLION = 1_000_000
RUN = "20260101-000000-9"
_OUTLINES = (
    ev.StageOutline(6, "dependencies", "Install what the engine imports", "pending", bytes=10_000_000_000),
    ev.StageOutline(8, "model", "Fetch the model", "pending"),
)
_BATCHES = 20
"""A second; programs write in bursts."""
_PROGRESS_EACH = 100
"""Lines between two events of what is fetched."""


def write_run(home: Home, run_id: str, lines: int, *, finished: bool) -> None:
    """A run with so many lines of output, two stages at a time, and what was fetched in between."""
    run = home.run(run_id)
    run.root.mkdir(parents=True)
    at = time.time() - 100
    ended = (ev.StageFinished(6, "dependencies", "failed", "", 9.0), ev.RunFinished("failed", 1, 9.0, 6, "It ended."))
    with run.journal.open("w", encoding="utf-8") as journal:
        journal.writelines(_event(at, event) for event in _begun(home, run_id))
        for number in range(lines):
            journal.write(_line(at, number))
            if number % _PROGRESS_EACH == 0:
                journal.write(_event(at, ev.Progress(6, f"package-{number // 10_000}", number % 10_000, 10_000)))
        journal.writelines(_event(at, event) for event in (ended if finished else ()))


def _begun(home: Home, run_id: str) -> tuple[ev.Event, ...]:
    return (
        ev.RunStarted(run_id, "bench", "Bench", str(home.root), 1, "here"), ev.PlanReady(_OUTLINES),
        ev.StageStarted(6, "dependencies", "Install"), ev.StageStarted(8, "model", "Fetch"),
    )  # fmt: skip


def _event(at: float, event: ev.Event) -> str:
    return ev.to_json(ev.Entry(at, event)) + "\n"


def text_of(number: int) -> str:
    grave = "WARNING" if number % 100 == 50 else "INFO"
    return f"{grave} line {number} of a log (EngineCore pid=12) 11-21 06:44:11 [core.py:80] that goes on and on"


def _line(at: float, number: int) -> str:
    stage = 8 if number % 1000 < 20 else 6
    return f'{{"event":"output","at":{at:.3f},"stage":{stage},"text":"{text_of(number)}"}}\n'


class Writer:
    """A run that goes on and prints so many lines a second, in a process of its own."""

    def __init__(self, home: Home, per_second: int, *, plain: bool = False) -> None:
        self.path = home.root / "plain.log" if plain else home.run(RUN).journal
        self._words = [sys.executable, "-m", "bench.journals", str(home.root), str(per_second), *(["plain"] * plain)]

    def __enter__(self) -> Writer:
        self._process = subprocess.Popen(self._words)
        while not self.path.is_file() or not self.path.stat().st_size:
            assert self._process.poll() is None, "the writer ended"
            time.sleep(0.05)
        self._began, self._first = time.perf_counter(), self._lines()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()

    def rate(self) -> float:
        return (self._lines() - self._first) / (time.perf_counter() - self._began)

    def _lines(self) -> int:
        with self.path.open("rb") as file:
            return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))


def _write(home: Home, per_second: int, *, plain: bool) -> None:
    path = home.root / "plain.log" if plain else home.run(RUN).journal
    path.parent.mkdir(parents=True, exist_ok=True)
    lock.take(home, RUN)
    each, number = per_second // _BATCHES, 0
    with path.open("a", encoding="utf-8") as out:
        if not plain:
            out.writelines(_event(time.time(), event) for event in _begun(home, RUN))
        due = time.monotonic()
        while True:
            now, numbers = time.time(), range(number, number + each)
            out.writelines(f"{text_of(each)}\n" if plain else _line(now, each) for each in numbers)
            out.flush()
            number, due = number + each, due + 1 / _BATCHES
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    _write(Home(Path(sys.argv[1])), int(sys.argv[2]), plain="plain" in sys.argv)
