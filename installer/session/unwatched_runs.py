"""The recording of a run that was not watched, or not to its end: made from its journal, in lines, at their times.

Never touches a recording that someone else writes, or that has its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from installer.core.errors import DeployError
from installer.core.runs import events as ev
from installer.core.runs.cast import EXIT, Cast, marks, parse
from installer.core.runs.fold import RunView, fold
from installer.core.runs.home import Home, RunFolder
from installer.core.text.quantities import duration
from installer.disk.reading import read_own
from installer.execution import journal
from installer.execution.recording import LIMIT, Recording
from installer.execution.secrets import secrets_here

_SIZE = (100, 30)


def complete(home: Home, run: RunFolder) -> None:
    """Writes what the recording of a run lacks; what cannot be written is left."""
    with suppress(OSError, DeployError):
        entries = journal.read(run.journal)
        made = _recorded(run.cast)
        if not entries or (made and made.events and made.events[-1].kind == EXIT):
            return
        _write(home, run, entries, made.began + made.seconds if made else 0.0)


def _recorded(file: Path) -> Cast | None:
    body = read_own(file, LIMIT) if file.exists() else None
    with suppress(ValueError):
        return parse(body.decode("utf-8", "replace")) if body else None
    return None


def _write(home: Home, run: RunFolder, entries: Sequence[ev.Entry], after: float) -> None:
    now = [max(entries[0].at, after)]
    recording = Recording(
        run.cast, f"deploy-tui run {run.id}", _SIZE, partial(secrets_here, home), clock=lambda: now[0]
    )
    view = RunView()
    try:
        for entry in entries:
            before, view = view, fold(view, entry)
            if entry.at <= after:
                continue
            now[0] = entry.at
            for name in marks(before, view):
                recording.mark(name)
            for line in _event_lines(entry.event, view):
                recording.line(line)
            if isinstance(entry.event, ev.RunFinished):
                recording.end(entry.event.exit_code)
    finally:
        recording.close()


def _event_lines(event: ev.Event, view: RunView) -> Iterator[str]:
    """What a person would have read."""
    match event:
        case ev.RunStarted() as run:
            yield run.title
            yield f"Recipe {run.recipe}; home {run.home}"
        case ev.StageStarted() as begun:
            yield f"{begun.stage:>4}  {begun.title}"
        case ev.ChangeStarted() as change:
            yield f"       {change.summary}"
        case ev.Notice() as notice:
            yield f"       note: {notice.text}"
        case ev.OutputLine() as output:
            yield f"       {output.text}"
        case ev.StageFinished() as ended:
            title = next((stage.title for stage in view.stages if stage.number == ended.stage), ended.name)
            yield f"{ended.stage:>4}  {title} - {ended.status} in {duration(ended.seconds)}"
        case ev.RunFinished() as end:
            yield from filter(None, (f"{end.state}, after {duration(end.seconds)}", end.what, end.why, end.fix))
        case _:
            return
