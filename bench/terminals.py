"""What a program on a terminal shows, read as fast as it writes; and what it takes of processor and memory."""

from __future__ import annotations

import os
import re
import threading
import time
from pathlib import Path

import pexpect

_TICKS = os.sysconf("SC_CLK_TCK")


_CODE = re.compile(r"\x1b(?:\[[\d;?]*[ -/]*[@-~]|[()][A-Z0-9]|\][^\x07]*\x07|[=>78])")


class Seen:
    """What was shown since `forget`, without colours and places."""

    def __init__(self, screen: pexpect.spawn) -> None:
        self._screen = screen
        self._guard = threading.Condition()
        self._text = ""
        self._rest = ""
        self._stopped = False
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self, words: str, seconds: float) -> None:
        with self._guard:
            came = self._guard.wait_for(lambda: words in self._text, seconds)
            assert came, f"never came: {words}\n{self._text[-2000:]}"

    def forget(self) -> None:
        with self._guard:
            self._text = ""

    def stop(self) -> None:
        self._stopped = True
        time.sleep(0.3)  # so that whoever reads next reads alone

    def _read(self) -> None:
        while not self._stopped:
            try:
                text = self._screen.read_nonblocking(1 << 16, timeout=0.1)
            except pexpect.TIMEOUT:
                continue
            except (pexpect.EOF, OSError, ValueError):
                return
            whole, escape, begun = (self._rest + text).rpartition("\x1b")
            code = _CODE.match(escape + begun)
            self._rest = "" if code or not escape else escape + begun
            shown = _CODE.sub("", whole + (escape + begun if not self._rest else ""))
            with self._guard:
                self._text = (self._text + shown)[-(1 << 18) :]
                self._guard.notify_all()


def pump(screen: pexpect.spawn) -> Seen:
    return Seen(screen)


def peak_mib(screen: pexpect.spawn) -> float:
    status = Path(f"/proc/{screen.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def cpu_s(screen: pexpect.spawn) -> float:
    """Seconds of processor so far, its children's too where it waited for them."""
    fields = Path(f"/proc/{screen.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(fields[at]) for at in (11, 12)) / _TICKS
