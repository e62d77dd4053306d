"""Understanding what uv prints: how many bytes of which package have come, and why something failed."""

from __future__ import annotations

import re
from collections.abc import Callable

from installer.core.contracts.host import Completed
from installer.core.errors import StageError

_BAR = re.compile(r"([A-Za-z0-9][\w.\-]*)\s+-{5,}\s+([\d.]+) ?([KMGT]?i?B)/([\d.]+) ?([KMGT]?i?B)")
_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
Tell = Callable[[str, int, int | None], None]


class Downloads:
    """Reads uv's progress bars, as drawn on a terminal, into bytes per package."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._totals: dict[str, int] = {}

    def watch(self, piece: str) -> None:
        """One redrawn piece of the terminal."""
        for name, done, done_unit, total, total_unit in _BAR.findall(piece):
            self._totals[name] = _bytes(total, total_unit)
            self._tell(name, _bytes(done, done_unit), self._totals[name])

    def finish(self) -> None:
        """uv ended well: whatever it was fetching is there."""
        for name, total in self._totals.items():
            self._tell(name, total, total)


def _bytes(number: str, unit: str) -> int:
    return round(float(number) * _UNITS.get(unit, 1))


_KEPT = "then run again: what was fetched is kept."
_UNREACHED = (
    "The package index could not be reached.",
    f"Check the network or the mirror in pip's configuration, {_KEPT}",
)
_FULL = ("The disk is full.", "Free some space, or choose another place with --home.")
_CAUSES = (
    ("No space left on device", *_FULL),
    ("os error 28", *_FULL),
    (
        "Hash mismatch",
        "Checksum mismatch: a downloaded file is not the one on the index.",
        "Try again; if it persists, check the proxy between this machine and the index.",
    ),
    ("dns error", *_UNREACHED),
    ("error sending request", *_UNREACHED),
    (
        "Network connectivity is disabled",
        "A file is not in the cache, and --offline does not allow a download.",
        "Run without --offline once.",
    ),
)


def failure(what: str, done: Completed) -> StageError:
    """uv's failure as three sentences."""
    for sign, why, fix in _CAUSES:
        if sign in done.output:
            return StageError(what, why, fix)
    errors = [
        line.strip(" ×╰─▶│") for line in done.output.splitlines() if not line.startswith(("Using", " + ", "warning"))
    ]
    return StageError(what, " ".join(errors[-6:])[:600], "See the stage's log for the full output of uv.")
