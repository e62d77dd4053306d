"""The process between a server and its log: takes secrets out of what the server prints.

A process of its own, so that a server whose supervisor was killed can still write. It ends with the last process that
may write to it, imports nothing heavy, and never makes the server wait for a disk that is full.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from installer.core.secrets import Redactor, Stream
from installer.host import server_log

_PIECE_BYTES = 1 << 16


class Pump:
    """Started next to one server; `write_end` is what the server prints into."""

    def __init__(self, log: Path, secrets: Iterable[str]) -> None:
        self._log, self._secrets = log, tuple(secrets)
        self._over = False
        self._read_end, self.write_end = os.pipe()
        self.pid = self._start()

    def started_server(self) -> None:
        """The server has the writing end now; with ours open there would never be an end."""
        os.close(self.write_end)

    def ended(self) -> None:
        """It was reaped. What the server still prints is read by another thread: no other process will."""
        if not self._over:
            self.pid = self._start()

    def wait(self, patience_s: float) -> None:
        """Until all is written that the server printed before it ended; no other process reads it then."""
        if self._over:
            return
        self._over = True
        os.close(self._read_end)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            try:
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    return
            except ChildProcessError:
                return
            time.sleep(0.01)

    def _start(self) -> int:
        if pid := os.fork():
            return pid
        try:
            log = _opened(self._log)
            # Among what we inherited is the lock that tells that a supervisor lives.
            _close_all_but(2, log, self._read_end)
            _copy(self._read_end, log, Stream(Redactor(self._secrets)))
        finally:
            os._exit(0)


def _opened(log: Path) -> int:
    try:
        return server_log.open_for_appending(log)
    except OSError:  # its volume went, or can be read only: the lines are lost, the server continues
        return os.open(os.devnull, os.O_WRONLY)


def _copy(source: int, log: int, stream: Stream) -> None:
    while piece := os.read(source, _PIECE_BYTES):
        _write(log, stream.feed(piece))
    _write(log, stream.finish())


def _write(log: int, clean: bytes) -> None:
    with suppress(OSError):  # a full disk: the lines are lost, the server continues
        while clean:
            clean = clean[os.write(log, clean) :]


def _close_all_but(*kept: int) -> None:
    for handle in [int(place.name) for place in Path("/proc/self/fd").iterdir()]:
        if handle not in kept:
            with suppress(OSError):
                os.close(handle)
