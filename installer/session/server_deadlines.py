"""How long a server is to be kept: the deadlines that someone sets, for the one that runs and for those to come.

Ends nothing itself: its supervisor does.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace

from installer.core.contracts.watching import Deadlines
from installer.core.errors import UsageError
from installer.core.files.problems import quote
from installer.core.runs.home import Home
from installer.core.text.quantities import duration
from installer.host import deadlines
from installer.host.server_state import folder_of
from installer.session import costs

_TIME = re.compile(r"(?:([0-9]{1,4})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,7})s)?")
_UNITS = (86400, 3600, 60, 1)
_NEVER = "never"


def keep(home: Home, *given: str | None) -> Deadlines:
    """Set what is given, and leave the rest; the values that now apply. Raises `UsageError`."""
    wanted = changed(deadlines.read(folder_of(home)), *given)
    deadlines.keep(folder_of(home), wanted)
    return wanted


def changed(
    wanted: Deadlines, stop_after: str | None = None, idle_stop: str | None = None, then: str | None = None
) -> Deadlines:
    """`wanted` with what is given. Raises `UsageError`."""
    if stop_after is not None:
        wanted = replace(wanted, stop_after_s=seconds(stop_after, "--stop-after"))
    if idle_stop is not None:
        wanted = replace(wanted, idle_stop_s=seconds(idle_stop, "--idle-stop"))
    return wanted if then is None else replace(wanted, then=command(then))


def seconds(text: str, option: str) -> float:
    """`1h30m` is 5400; `never` is 0. Raises `UsageError`."""
    found = _TIME.fullmatch(text)
    total = sum(int(number) * unit for number, unit in zip(found.groups("0"), _UNITS, strict=True)) if found else 0
    if total == 0 and text != _NEVER:
        raise UsageError(
            f"{option}: {quote(text)} is not a duration.", "It is days, hours, minutes and seconds, or `never`.",
            f"Write it like {option} 8h, {option} 1h30m, {option} 45m.",
        )  # fmt: skip
    return float(total)


def command(text: str, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The words of a command; each `{NAME}` is that variable's value now. Raises `UsageError`."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(
            f"--then: {quote(text)} is not a valid command.", f"{error}.", "Close the open quote in it."
        ) from None
    if not words:
        raise UsageError("--then is empty.", "", "Give the command to run afterwards, or leave it out.")
    return costs.filled(words, environment)


def summary(wanted: Deadlines) -> str:
    """Until when the server is kept, in a sentence."""
    after, idle = duration(wanted.stop_after_s), duration(wanted.idle_stop_s)
    if wanted.stop_after_s and wanted.idle_stop_s:
        return f"The server ends {after} after its start, or earlier after {idle} without a request."
    if wanted.stop_after_s:
        return f"The server ends {after} after its start."
    if wanted.idle_stop_s:
        return f"The server ends after {idle} without a request."
    return "The server continues until it is stopped."


def advice(wanted: Deadlines) -> str:
    """What to know before the end: that the machine is billed on, and what stops that."""
    if wanted.then or not (wanted.stop_after_s or wanted.idle_stop_s):
        return ""
    rented = costs.provider()
    if rented is None:
        return "Only the server stops then: this machine is still billed. --then COMMAND runs afterwards."
    stop = shlex.join(rented.stop)
    return f"Only the server stops then; {rented.name} bills the machine until: {stop} (to run it: --then '{stop}')."
