"""What `explain` says of an incident before it explains its log: who, when, what was measured, what was done."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from installer.core.contracts.incident import KINDS
from installer.core.contracts.server_history import KeptIncident
from installer.core.errors import UsageError
from installer.core.runs.home import Home
from installer.core.text.quantities import duration
from installer.host import incidents
from installer.host.server_state import folder_of
from installer.session.homes import servers

_STACK_LINES = 60
_NAMED = 12


def asked_for(home: Home, word: str | None) -> KeptIncident | None:
    """The incident that `word` names; the newest of this home where nothing is named. `None`: there is none such."""
    found = [
        KeptIncident(one, folder)
        for server in map(folder_of, servers(home))
        for one in incidents.all_of(server)
        if (folder := incidents.folder_of(server, one.id)) and word in (None, one.id)
    ]
    return max(found, key=lambda kept: kept.incident.at, default=None)


def log_of(home: Home, word: str | None) -> tuple[KeptIncident | None, str]:
    """What is to be explained: an incident, and a log. Raises `UsageError` if nothing is named and nothing there."""
    if word is not None and (word == "-" or Path(word).exists()):
        return None, word
    if kept := asked_for(home, word):
        return kept, str(kept.log)
    if word is not None:
        return None, word
    log = folder_of(home) / "server.log"
    if not log.is_file():
        raise UsageError(
            "There is nothing to explain.", f"{home.root} contains no incident and no log of a server.",
            "Name a log: deploy-tui explain LOG.",
        )  # fmt: skip
    return None, str(log)


def lines(kept: KeptIncident) -> Iterator[str]:
    """The incident, for a person."""
    one = kept.incident
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(one.at))
    yield f"Incident {one.id}, {when} UTC: {KINDS.get(one.kind, one.kind)}."
    yield f"  {one.reason}"
    yield from _stopped(one.evidence.get("processes"))
    if one.done:
        back = f" It generated again after {duration(one.back_after_s)}." if one.back_after_s is not None else ""
        yield f"  {one.done}{back}"
    yield from _processes(one.evidence.get("processes"))
    yield from _gpus(one.evidence.get("gpus"))
    yield from (f"  the kernel logged: {text}" for text in _texts(one.evidence.get("kernel"))[-3:])
    if incidents.STACKS in one.files:
        text = (kept.folder / incidents.STACKS).read_text(encoding="utf-8", errors="replace").splitlines()
        yield f"  stacks, the first {min(len(text), _STACK_LINES)} of {len(text)} lines:"
        yield from (f"    {line}" for line in text[:_STACK_LINES])
    yield f"  all of it: {kept.folder}"


def _rows(found: Any) -> list[dict[str, Any]]:
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _stopped(found: Any) -> Iterator[str]:
    """A process that does not run because it was told so explains a freeze better than any stack."""
    for row in _rows(found):
        if str(row.get("state")).startswith("T"):
            name, pid = row.get("name"), row.get("pid")
            yield f"  {name} (process {pid}) was stopped by a signal, such as SIGSTOP."


def _processes(found: Any) -> Iterator[str]:
    rows = _rows(found)
    for row in rows[:_NAMED]:
        waits = f", waits in {row['waits_in']}" if row.get("waits_in") else ""
        yield (
            f"  process {row.get('pid')} {row.get('name')}: {row.get('state')}{waits}, "
            f"{row.get('threads')} threads, {row.get('memory_mib')} MiB"
        )
    if not rows:
        yield "  none of its processes was left"


def _gpus(found: Any) -> Iterator[str]:
    if not isinstance(found, Mapping):
        return
    if found.get("error"):
        yield f"  the GPUs could not be asked: {found['error']}"
    for row in found.get("gpus") or ():
        yield f"  {row.get('name')}: {row.get('free_mib')} of {row.get('memory_mib')} MiB free"


def _texts(found: Any) -> list[str]:
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []
