"""Programs: their output, their end, and that nothing of them stays."""

from __future__ import annotations

import selectors
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from installer.core.contracts.host import Spawned
from installer.core.errors import Cancelled
from installer.host import process


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.mark.parametrize("on_terminal", [False, True])
def test_lines_and_status(on_terminal: bool) -> None:
    lines: list[str] = []
    screen = (lambda piece: None) if on_terminal else None
    done = process.run(
        python("print('a\\rb'); print('c'); raise SystemExit(3)"), on_line=lines.append, on_screen=screen
    )
    assert (done.code, lines) == (3, ["b", "c"])


def test_a_terminal_shows_every_redraw() -> None:
    seen: list[str] = []
    process.run(
        python("import sys; print('10%\\r20%\\rdone', flush=True); assert sys.stdout.isatty()"), on_screen=seen.append
    )
    assert seen[:3] == ["10%", "20%", "done"]


def test_what_is_redrawn_all_the_time_is_looked_at_a_few_times_a_second() -> None:
    seen: list[str] = []
    lines: list[str] = []
    code = (
        "import sys, time\n"
        "for turn in range(200):\n"
        "    print(f'\\x1b[1A\\r\\x1b[2K\\x1b[1B\\r\\x1b[2K\\x1b[1Aone {turn} two {turn}', end='', flush=True)\n"
        "    time.sleep(0.005)\n"
        "print('\\r\\x1b[2Kdone', flush=True)"
    )
    began = time.monotonic()
    process.run(python(code), on_screen=seen.append, on_line=lines.append)
    lookups = (time.monotonic() - began) / process._LOOK_EVERY_S
    redrawn = [piece for piece in seen if piece.startswith("one")]
    assert lines == ["done"]
    assert 3 <= len(redrawn) <= 20 * (lookups + 1), "of 200; each look sees what was drawn last"
    assert "one 199 two 199" in redrawn


def test_what_a_program_says_last_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet: list[float] = []

    class Late(selectors.DefaultSelector):
        """Sees nothing at first; meanwhile the program prints and ends."""

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            if not quiet:
                quiet.append(time.time())
                time.sleep(0.5)
                return []
            return super().select(timeout)

    monkeypatch.setattr(process.selectors, "DefaultSelector", Late)
    assert process.run(["sh", "-c", "echo said at last"]).output == "said at last"


@pytest.mark.parametrize("on_terminal", [False, True])
def test_a_missing_program_is_127(on_terminal: bool) -> None:
    assert process.run(["/no/such/program"], on_screen=print if on_terminal else None).code == 127


def test_the_time_limit_ends_the_whole_group(tmp_path: Path) -> None:
    done = process.run(["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid; sleep 60"], timeout_s=0.5)
    assert done.code == 124
    assert gone(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("on_terminal", [False, True])
def test_cancelling_ends_the_whole_group_even_if_it_ignores_it(tmp_path: Path, on_terminal: bool) -> None:
    code = (
        "import os, signal, subprocess, time, pathlib\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\ntime.sleep(60)"
    )
    cancel = threading.Event()

    def cancelled() -> bool:
        if (tmp_path / "pid").exists():
            cancel.set()
        return cancel.is_set()

    original, process._GRACE_S = process._GRACE_S, 0.3
    try:
        with pytest.raises(Cancelled):
            process.run(python(code), cancelled=cancelled, on_screen=print if on_terminal else None)
    finally:
        process._GRACE_S = original
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_recorded_process_is_ended_only_if_it_is_the_same() -> None:
    started: list[Spawned] = []
    thread = threading.Thread(
        target=process.run, args=(python("import time; time.sleep(60)"),), kwargs={"on_start": started.append}
    )
    thread.start()
    while not started:
        time.sleep(0.01)
    assert not process.end_recorded(replace(started[0], created=started[0].created - 100))
    assert not process.end_recorded(replace(started[0], place="another machine"))
    assert psutil.pid_exists(started[0].pid)
    assert process.end_recorded(started[0])
    thread.join(5)
    assert not thread.is_alive()


def test_our_own_python_does_not_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/leak")
    monkeypatch.setenv("VIRTUAL_ENV", "/leak")
    done = process.run(
        python("import os; print(sorted(os.environ.get(n, '-') for n in ('PYTHONPATH', 'VIRTUAL_ENV')))")
    )
    assert done.output == "['-', '-']"
