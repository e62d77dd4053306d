"""How the screen does with a lot to show, and with nothing at all, beside toolong, which shows logs and nothing else.

Drives the real programs on terminals of their own. Seconds of a busy machine say little, so the processor's time stands
beside each, and both programs are measured in turn. Needs no network (toolong: `--toolong FOLDER`) and no GPU.
"""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect

from bench.journals import MILLION, Writer, write_run
from bench.startup import TOOL, close, first_frame
from bench.terminals import Seen, cpu_s, peak_mib, pump
from installer.core.runs.home import Home

PER_SECOND = 20_000
KEYS = 60
_KEYS = {"down": "\x1b[B", "up": "\x1b[A"}


def measure(toolong: Path | None = None) -> dict[str, object]:
    found: dict[str, object] = {}
    frames = [first_frame() for _ in range(8)][1:]
    found["first frame (s)"] = round(statistics.median(seconds for seconds, _ in frames), 3)
    found["  first frame: processor (s)"] = round(statistics.median(cpu for _, cpu in frames), 3)
    imports = [_imports() for _ in range(5)]
    found["  of that, `import textual.app` alone"] = round(statistics.median(imports), 3)
    with tempfile.TemporaryDirectory(prefix="deploy-tui-bench-") as folder:
        found |= _million(Home(Path(folder) / "million"), toolong)
        found |= _busy(Path(folder), toolong)
        found |= {f"idle, {place} (% of a core)": round(part, 2) for place, part in _idle(Path(folder))}
    return found


def _imports() -> float:
    """Seconds of processor of a Python that does nothing but import Textual's app."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "import textual.app"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _million(home: Home, toolong: Path | None) -> dict[str, object]:
    write_run(home, "20260101-000000-1", MILLION, finished=True)
    found: dict[str, object] = {}
    last = f"line {MILLION - 1} "
    with _screen(home) as screen:
        screen.send("3")
        screen.expect("1 run ")
        _settle(screen)
        before = cpu_s(screen)
        seconds = _until(screen, "\r", last)
        found["a million lines, newest in view (s)"] = round(seconds, 2)
        found["  a million lines: processor (s)"] = round(cpu_s(screen) - before, 2)
        found["  a million lines: memory (MiB)"] = round(peak_mib(screen))
        found |= _searched(screen)
    if toolong:
        log = home.root / "million.log"
        _plain(home.run("20260101-000000-1").journal, log)
        with _started([str(toolong / "bin" / "tl"), str(log)]) as other:
            seconds = _until(other, "", last)
            found["toolong: the same as a plain file (s)"] = round(seconds, 2)
            found["  toolong: processor (s)"] = round(cpu_s(other), 2)
            found["  toolong: memory (MiB)"] = round(peak_mib(other))
    return found


def _searched(screen: pexpect.spawn) -> dict[str, object]:
    """How soon a key is answered while all of these lines are searched for a word that stands in each of them."""
    seen = pump(screen)
    screen.send("l")
    seen.wait("level", 20)
    screen.send("/line")
    seen.wait("line", 20)
    waits = _waits(screen, seen, itertools.repeat(("q", "lineq")), after="\x7f")
    seen.stop()
    return {
        "  a key while they are searched, median (ms)": round(1000 * statistics.median(waits), 1),
        "  the same, 95th percentile (ms)": round(1000 * _percentile(waits), 1),
    }


def _busy(folder: Path, toolong: Path | None) -> dict[str, object]:
    """How soon a key is answered while a run prints `PER_SECOND` lines a second."""
    found: dict[str, object] = {}
    home = Home(folder / "busy")
    with Writer(home, PER_SECOND) as writer, _screen(home, live=True) as screen:
        seen = pump(screen)
        seen.wait("all stages", 60)
        time.sleep(3.0)
        keys = itertools.cycle([(_KEYS["down"], "log, stage 6 dependencies"), (_KEYS["up"], "log, all stages")])
        before, began = cpu_s(screen), time.perf_counter()
        waits = _waits(screen, seen, keys)
        part = (cpu_s(screen) - before) / (time.perf_counter() - began)
        found[f"a key at {PER_SECOND:,} lines a second, median (ms)"] = round(1000 * statistics.median(waits), 1)
        found["  95th percentile (ms)"] = round(1000 * _percentile(waits), 1)
        found["  processor meanwhile (% of a core)"] = round(100 * part)
        found["  lines that were written a second"] = round(writer.rate())
    if toolong:
        found |= _busy_toolong(folder, toolong)
    return found


def _busy_toolong(folder: Path, toolong: Path) -> dict[str, object]:
    home = Home(folder / "busy-toolong")
    with (
        Writer(home, PER_SECOND, plain=True) as writer,
        _started([str(toolong / "bin" / "tl"), str(writer.path)]) as other,
    ):
        seen = pump(other)
        seen.wait("Find", 60)
        time.sleep(3.0)
        before, began = cpu_s(other), time.perf_counter()
        waits = _waits(other, seen, itertools.cycle([("\x06", "Previous")]), after="\x1b")
        part = (cpu_s(other) - before) / (time.perf_counter() - began)
    return {
        "  toolong: a key, median (ms)": round(1000 * statistics.median(waits), 1),
        "  toolong: 95th percentile (ms)": round(1000 * _percentile(waits), 1),
        "  toolong: processor meanwhile (% of a core)": round(100 * part),
    }


def _waits(screen: pexpect.spawn, seen: Seen, keys: Iterator[tuple[str, str]], after: str = "") -> list[float]:
    """Seconds from each key to what it shows; `after` takes that away again."""
    waits = []
    for key, words in itertools.islice(keys, KEYS):
        seen.forget()
        began = time.perf_counter()
        screen.send(key)
        seen.wait(words, 20)
        waits.append(time.perf_counter() - began)
        screen.send(after)
        time.sleep(0.5 if after else 0.1)
    return waits


def _percentile(waits: list[float], part: float = 0.95) -> float:
    return sorted(waits)[min(len(waits) - 1, int(part * len(waits)))]


def _idle(folder: Path) -> Iterator[tuple[str, float]]:
    """Of one core, while nothing changes and nothing is worked out any more: at the plan, at an earlier run, at its
    stages, in the history."""
    home = Home(folder / "idle")
    write_run(home, "20260101-000000-3", 1000, finished=True)
    with _screen(home) as screen:
        screen.expect("planned in", timeout=120)
        yield "the plan", _spent(screen)
        screen.send("3")
        screen.expect("1 run ")
        screen.send("\r")
        screen.expect("line 999 ", timeout=30)
        yield "an earlier run", _spent(screen)
        screen.send("s")
        screen.expect("log, all stages")
        yield "its stages", _spent(screen)
        screen.send("3")
        screen.expect("1 run ")
        yield "history", _spent(screen)


def _settle(screen: pexpect.spawn) -> None:
    """Wait until it has done what it begins with: it makes a plan."""
    seen, before = pump(screen), 0.0
    while (now := cpu_s(screen)) - before > 0.1:
        before = now
        time.sleep(1.0)
    seen.stop()


def _spent(screen: pexpect.spawn, seconds: float = 20.0) -> float:
    _settle(screen)
    seen, before = pump(screen), cpu_s(screen)
    time.sleep(seconds)
    seen.stop()
    return 100 * (cpu_s(screen) - before) / seconds


def _until(screen: pexpect.spawn, key: str, words: str) -> float:
    seen, began = pump(screen), time.perf_counter()
    screen.send(key)
    seen.wait(words, 120)
    seconds = time.perf_counter() - began
    seen.stop()
    return seconds


@contextmanager
def _screen(home: Home, *, live: bool = False) -> Iterator[pexpect.spawn]:
    with _started([TOOL, "--home", str(home.root), "--offline"]) as screen:
        if not live:
            screen.expect("deploy-tui")
        yield screen


@contextmanager
def _started(command: list[str]) -> Iterator[pexpect.spawn]:
    screen = pexpect.spawn(
        command[0],
        command[1:],
        dimensions=(40, 120),
        timeout=60,
        maxread=1 << 16,
        encoding="utf-8",
        codec_errors="replace",
    )
    screen.delaybeforesend = None
    try:
        yield screen
    finally:
        close(screen)


def _plain(journal: Path, log: Path) -> None:
    """The output of a journal, as a program would have written it."""
    marker = b'"text":"'
    with journal.open("rb") as lines, log.open("wb") as out:
        out.writelines(
            line.partition(marker)[2][:-3] + b"\n" for line in lines if line.startswith(b'{"event":"output"')
        )


if __name__ == "__main__":
    for name, value in measure(Path(sys.argv[1]) if len(sys.argv) > 1 else None).items():
        print(f"{name:<52} {value}")
