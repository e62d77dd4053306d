"""Reads what a run left: its journal, plan, request and logs, and how its server ended. Writes and decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from installer.core.contracts.incident import LOG
from installer.core.errors import DeployError, UsageError
from installer.core.outcomes import RunState
from installer.core.runs.events import Entry
from installer.core.runs.fold import RunView, fold
from installer.core.runs.home import Home, RunFolder
from installer.core.runs.summary import GenerationSummary
from installer.diagnostics.explain import Explanation, explain, explain_blocks
from installer.diagnostics.ticket.packing import OWN_WORDS
from installer.disk.reading import LARGE, read_json
from installer.execution import lock as engine_lock
from installer.execution.journal import read
from installer.host import incidents
from installer.host.logs import read_log
from installer.host.server_state import folder_of, read_state

_SERVER_STAGE = 10
_INCIDENTS = 3
"""The newest ones: each adds up to four files."""
DEFECT = "defect.log"
"""Where the traceback of a mistake of ours is kept."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one run; nothing in it is redacted yet."""

    run: str
    view: RunView
    entries: tuple[Entry, ...]
    plan: dict[str, Any]
    """As `plan.json` has it; empty if the run ended before it had one."""
    request: dict[str, Any]
    logs: tuple[tuple[str, Path], ...]
    """Name in the ticket, and file."""
    cast: Path
    """What its terminal showed, where one did."""
    explained: Explanation | None
    """`None` if there is no log, or none shows a failure."""
    explained_log: str
    server: dict[str, Any] | None
    """Its state, where this run came to start one."""
    generations: tuple[GenerationSummary, ...]


def gather(home: Home, run_id: str | None, generations: Sequence[GenerationSummary]) -> Evidence:
    """What the run `run_id` left, or the newest one. Raises `UsageError` if there is none."""
    run = _run(home, run_id)
    entries = tuple(read(run.journal))
    view = RunView()
    for entry in entries:
        view = fold(view, entry)
    view = _as_it_is(home, run, view)
    served = any(stage.number == _SERVER_STAGE and stage.started_at for stage in view.stages)
    logs = tuple(_logs(home, run, served))
    name, explained = _explained(view, logs)
    return Evidence(
        run=run.id, view=view, entries=entries, plan=_document(run.plan), request=_document(run.request), logs=logs,
        cast=run.cast, explained=explained, explained_log=name, server=_server(home) if served else None,
        generations=tuple(generations),
    )  # fmt: skip


def _run(home: Home, run_id: str | None) -> RunFolder:
    found = sorted(path.parent.name for path in home.runs.glob("*/journal.jsonl"))
    if run_id is None and found:
        return home.run(found[-1])
    if run_id in found:
        return home.run(str(run_id))
    what = f"There is no run {run_id}." if run_id else "There is no run to make a ticket from."
    raise UsageError(what, f"{home.root} contains {len(found)} runs.", "`deploy-tui runs list` lists them.")


def _as_it_is(home: Home, run: RunFolder, view: RunView) -> RunView:
    """A run whose journal has no end and that no process works on was killed."""
    holder = engine_lock.holder(home)
    killed = view.state == RunState.RUNNING and not (holder and holder.run == run.id)
    return replace(view, state=RunState.KILLED) if killed else view


def _document(file: Path) -> dict[str, Any]:
    with suppress(DeployError):
        return read_json(file, LARGE) or {}
    return {}


def _logs(home: Home, run: RunFolder, served: bool) -> Iterator[tuple[str, Path]]:
    own = [*sorted(run.root.glob("stage-[0-9][0-9].log")), run.root / "engine.log", run.root / DEFECT]
    server = [folder_of(home) / "server.log"] if served else []
    named = [(file.name, file) for file in (*own, *server)]
    for name, file in (*named, *(_of_incidents(home) if served else ())):
        if file.is_file() and not file.is_symlink() and file.stat().st_size:
            yield name, file


def _of_incidents(home: Home) -> Iterator[tuple[str, Path]]:
    """What was kept of the newest incidents of its server."""
    for one in incidents.all_of(folder_of(home))[-_INCIDENTS:]:
        folder = incidents.folder_of(folder_of(home), one.id)
        for name in (incidents.INCIDENT, incidents.EVIDENCE, incidents.STACKS, LOG) if folder else ():
            yield f"incident-{one.id}-{name}", Path(folder or "") / name


def _explained(view: RunView, logs: Sequence[tuple[str, Path]]) -> tuple[str, Explanation | None]:
    """The log that says why, and its explanation: that of the stage that failed, the server's, the engine's own."""
    stage = f"stage-{view.stage or 0:02d}.log"
    names = (DEFECT,) if view.finished and view.finished.defect else (stage, "server.log", "engine.log")
    likely = [name for name in names if view.state in (RunState.FAILED, RunState.KILLED)]
    end = view.finished if likely else None
    own = explain((end.what, end.why) if end else (), ours=True)
    for name, file in sorted(logs, key=lambda log: likely.index(log[0]) if log[0] in likely else len(likely)):
        if name not in likely:
            break
        with suppress(UsageError):  # of blanks only
            explained = explain_blocks(read_log(str(file)), ours=True)
            if explained.ended and own.candidates:
                break  # a process that was killed writes nothing; anyone who watched it knows
            if explained.root or explained.candidates:
                return name, explained
    return (OWN_WORDS, own) if own.root else ("", None)


def _server(home: Home) -> dict[str, Any]:
    state = read_state(home)
    return {
        "state": state.state,
        "reason": state.reason,
        "exit_code": state.exit_code,
        "generation": state.generation,
        "command": list(state.launch.command) if state.launch else [],
        "deaths": [asdict(death) for death in state.deaths],
        "restarts": state.restarts,
        "incidents": [
            {"id": one.id, "kind": one.kind, "reason": one.reason, "done": one.done, "back_after_s": one.back_after_s}
            for one in incidents.all_of(folder_of(home))[-_INCIDENTS:]
        ],
    }
