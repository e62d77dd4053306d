"""`--repair`: what would repair the server of a failed run by its settings alone. Reads only journal and log."""

from __future__ import annotations

from dataclasses import dataclass

from installer.core.outcomes import RunState
from installer.core.runs.events import RunFinished
from installer.core.runs.home import RunFolder
from installer.host.logs import read_log

_SERVER = 10
"""Only its settings are changed: nothing is installed or deleted for a repair."""


@dataclass(frozen=True, slots=True)
class SecondTry:
    """What failed, and the settings that repair it."""

    because: str
    settings: tuple[str, ...]


def second_try(folder: RunFolder) -> SecondTry | None:
    """The repair of a run that failed; `None` if no fact that is known has one."""
    from installer.diagnostics.explain import SURE, explain_blocks
    from installer.execution.journal import read

    failed = [entry.event for entry in read(folder.journal) if isinstance(entry.event, RunFinished)]
    log = folder.log(_SERVER)
    if not failed or failed[-1].state != RunState.FAILED or failed[-1].stage != _SERVER or not log.exists():
        return None
    candidates = explain_blocks(read_log(str(log)), ours=True).candidates
    known = candidates[0] if candidates and candidates[0].confidence >= SURE else None
    if known is None or not known.repair:
        return None
    settings = ", ".join(setting.removeprefix("server.flags.") for setting in known.repair)
    return SecondTry(f"Tried once more with {settings}, because run {folder.id} failed: {known.title}.", known.repair)
