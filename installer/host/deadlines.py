"""When a server is to end by itself: the file that says so, which may change while it runs, and the clock over it.

Used by the supervisor, so it must import nothing heavy. It ends nothing itself.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from installer.core.contracts.watching import Deadlines, deadlines_from_json
from installer.core.text.quantities import duration
from installer.host import server_folder

FILE = "deadlines.json"
_NEVER_S = 1e9
_LEAST_S = 0.05


def read(folder: Path) -> Deadlines:
    """Those of the server of this folder."""
    return deadlines_from_json(server_folder.read_json(folder / FILE))


def keep(folder: Path, wanted: Deadlines) -> None:
    """From now on, also for a server that runs."""
    folder.mkdir(parents=True, exist_ok=True)
    server_folder.write_json(folder / FILE, asdict(wanted))


class Clock:
    """Over one supervisor."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._launched = self._quiet_since = time.monotonic()
        self._known = True
        self.wanted = read(folder)

    def reread(self, used_at: float | None) -> None:
        """Read the file again. `used_at`: when it was last seen to be used (monotonic); `None`: unknown."""
        self.wanted = read(self._folder)
        self._known = used_at is not None
        self._quiet_since = max(self._quiet_since, used_at or 0.0)

    @property
    def set(self) -> bool:
        """Whether a moment will come after which a command is to be run."""
        return bool(self.wanted.then) and self.seconds_left() < _NEVER_S

    def over(self) -> str:
        """Why it is to end now; empty if it is not."""
        if self._stop_in() <= 0:
            return f"Its time limit was reached: it ran for {duration(self.wanted.stop_after_s)} (--stop-after)."
        if self._idle_in() <= 0:
            return f"It was idle for {duration(self.wanted.idle_stop_s)} (--idle-stop)."
        return ""

    def seconds_left(self) -> float:
        return max(_LEAST_S, min(self._stop_in(), self._idle_in()))

    def end_times(self) -> dict[str, Any]:
        """For anyone who asks how long it still runs: moments since the epoch, or nothing."""
        now, wanted = time.time(), self.wanted
        found: dict[str, Any] = {}
        if wanted.stop_after_s:
            found["ends_at"] = round(now + self._stop_in())
        if wanted.idle_stop_s:
            found["idle_ends_at"] = round(now + self._idle_in()) if self._known else None
        return found

    def _stop_in(self) -> float:
        after = self.wanted.stop_after_s
        return self._launched + after - time.monotonic() if after else _NEVER_S

    def _idle_in(self) -> float:
        after = self.wanted.idle_stop_s
        return self._quiet_since + after - time.monotonic() if after and self._known else _NEVER_S
