"""Running programs: never through a shell, always in a session of their own, always ended when a run is cancelled."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from installer.core.contracts.host import Completed, Spawned, Watch
from installer.core.errors import Cancelled
from installer.core.secrets.inherited import inherited
from installer.core.text.plain import LineSplitter, last_drawn, pieces
from installer.host import process_table

_POLL_S = 0.1
_GRACE_S = 5.0
_KEEP = 200_000
_LOOK_EVERY_S = 0.5
"""How often what is redrawn is read; uv redraws all its bars twenty times a second."""
_LEAKY = (
    "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "UV_PYTHON",
    "UV_SYSTEM_PYTHON", "UV_PROJECT_ENVIRONMENT", "UV_PROJECT", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_NO_PROGRESS",
    "PIP_REQUIRE_VIRTUALENV", "__PYVENV_LAUNCHER__",
)  # fmt: skip


def clean_environment() -> dict[str, str]:
    """Our environment without what would leak our own Python into a child."""
    return {name: value for name, value in os.environ.items() if name not in _LEAKY}


def usual_environment() -> dict[str, str]:
    """What a child gets where nothing else is said."""
    return inherited(clean_environment(), "system")


class _Child(Protocol):
    """The little that a piped process and one on a terminal have in common."""

    pid: int

    def read(self, timeout_s: float) -> bytes | None:
        """What it printed, b"" after a quiet `timeout_s`, `None` at the end."""

    def wait(self) -> int: ...


class _Piped:
    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path | None) -> None:
        self._process = subprocess.Popen(
            list(command), env=dict(environment), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, bufsize=0,
        )  # fmt: skip
        self.pid = self._process.pid
        assert self._process.stdout is not None
        self._out = self._process.stdout.fileno()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._out, selectors.EVENT_READ)

    def read(self, timeout_s: float) -> bytes | None:
        if not self._selector.select(timeout_s):
            if self._process.poll() is None:
                return b""
            # A grandchild may hold the pipe open after the command itself has ended, and what that printed last may
            # have come since we looked.
            if not self._selector.select(0):
                return None
        return os.read(self._out, 65536) or None

    def wait(self) -> int:
        self._selector.close()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self._process.wait()


class _OnTerminal:
    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path | None) -> None:
        import pexpect

        self._spawn = pexpect.spawn(
            command[0], list(command[1:]), env=dict(environment), cwd=str(folder) if folder else None, timeout=None,
            dimensions=(60, 160), maxread=65536,
        )  # fmt: skip
        self._spawn.delaybeforesend = None
        terminal: Any = self._spawn
        terminal.ptyproc.delayafterclose = 0  # nothing is sent that would need time to arrive
        self.pid = self._spawn.pid or 0

    def read(self, timeout_s: float) -> bytes | None:
        import pexpect

        try:
            chunk: Any = self._spawn.read_nonblocking(65536, timeout_s)
            return bytes(chunk)
        except pexpect.TIMEOUT:
            return b""
        except pexpect.EOF:
            return None

    def wait(self) -> int:
        self._spawn.wait()
        self._spawn.close()
        return -self._spawn.signalstatus if self._spawn.signalstatus else int(self._spawn.exitstatus or 0)


@dataclass
class _Capture:
    """Cuts what a child prints into lines and redrawn pieces, and passes them on."""

    on_line: Watch | None
    on_screen: Watch | None
    kept: deque[str] = field(default_factory=deque)
    size: int = 0
    splitter: LineSplitter = field(default_factory=LineSplitter)
    looked: float = 0.0

    def feed(self, chunk: bytes) -> None:
        for raw in self.splitter.feed(chunk):
            self._line(self._screen(raw))
        if self.on_screen and time.monotonic() - self.looked > _LOOK_EVERY_S:
            self.looked = time.monotonic()
            self._screen(last_drawn(self.splitter.take_redrawn()))

    def finish(self) -> str:
        if rest := self.splitter.drop_rest():
            self._line(self._screen(rest))
        return "\n".join(self.kept)

    def _screen(self, raw: str) -> str:
        """What stays on the screen of a line that may have been redrawn."""
        piece = ""
        for piece in pieces(raw):
            if self.on_screen:
                self.on_screen(piece)
        return piece

    def _line(self, line: str) -> None:
        if not line:
            return
        self.kept.append(line)
        self.size += len(line) + 1
        while self.size > _KEEP and len(self.kept) > 1:
            self.size -= len(self.kept.popleft()) + 1
        if self.on_line:
            self.on_line(line)


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    on_line: Watch | None = None,
    on_screen: Watch | None = None,
    on_start: Callable[[Spawned], None] | None = None,
    timeout_s: float | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Completed:
    """See `installer.core.contracts.host.Host.run`. Raises `Cancelled` after ending the whole process group."""
    start = _OnTerminal if on_screen else _Piped
    try:
        child: _Child = start(command, usual_environment() if environment is None else environment, folder)
    except Exception as error:
        if isinstance(error, OSError) or type(error).__name__ == "ExceptionPexpect":
            return Completed(127, f"{command[0]}: {error}")
        raise
    if on_start:
        on_start(identified(child.pid))
    capture = _Capture(on_line, on_screen)
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    try:
        while (chunk := child.read(_POLL_S)) is not None:
            capture.feed(chunk)
            if cancelled():
                raise Cancelled
            if deadline is not None and time.monotonic() > deadline:
                end_group(child.pid)
                child.wait()
                return Completed(124, capture.finish())
    except BaseException:
        end_group(child.pid)
        child.wait()
        raise
    return Completed(child.wait(), capture.finish())


def identified(pid: int) -> Spawned:
    """A process by what the kernel alone says of it; `created` is 0 when it is gone."""
    found = process_table.one(pid)
    return Spawned(pid, float(found.started) if found else 0.0, process_table.namespace())


def end_group(pid: int) -> None:
    """End the session that `pid` leads: SIGTERM, and after a grace time SIGKILL to what is left of it."""
    import psutil

    def members() -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) == pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    _signal_group(pid, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_S
    while time.monotonic() < deadline and members():
        time.sleep(0.05)
    for process in members():
        try:
            process.kill()
        except psutil.Error:
            continue


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def end_recorded(recorded: Spawned) -> bool:
    """End a process that an earlier engine recorded, if it is still the same one; whether there was one to end."""
    if not recorded.created or identified(recorded.pid) != recorded:
        return False
    end_group(recorded.pid)
    return True


def spawn_detached(
    command: Sequence[str], environment: Mapping[str, str], log: Path, *, hand_down: Sequence[int] = ()
) -> int:
    """Start `command` in a session of its own, deaf to this terminal, printing into `log`; its pid.

    It inherits the descriptors that are to `hand_down`, under the same numbers.
    """
    with log.open("ab") as out:
        process = subprocess.Popen(
            list(command), env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True, pass_fds=hand_down,
        )  # fmt: skip
    return process.pid


def own_python() -> str:
    """The interpreter that this tool runs on."""
    return sys.executable
