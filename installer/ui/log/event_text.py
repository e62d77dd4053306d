"""What each event says in the log, in a line or two. Pure text; it knows nothing of widgets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from installer.core.outcomes import Severity, StageStatus
from installer.core.runs import events as ev
from installer.core.text.languages import _, translated
from installer.core.text.quantities import duration
from installer.core.text.state_words import state_word
from installer.ui.log.line import OWN_LEVELS, PLAIN, Line, level_of
from installer.ui.marks import mark
from installer.ui.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

VoicedText = tuple[str, str]
"""A voice, and what it says."""
_OF_STATE = {"done": "good", "satisfied": "good", "skipped": "quiet", "unknown": "warning", "failed": "bad",
             "cancelled": "warning"}  # fmt: skip


def lines_of(entry: ev.Entry) -> list[Line]:
    """What an event says in the log; nothing if it is shown elsewhere."""
    event = entry.event
    if isinstance(event, ev.OutputLine):
        return [Line(event.stage, plain(event.text), at=entry.at, level=level_of(event.text))]
    stage: int | None = getattr(event, "stage", None)
    lines = [
        Line(stage, plain(text), voice, entry.at, OWN_LEVELS.get(voice, PLAIN)) for voice, text in _event_text(event)
    ]
    return [replace(line, stage=None) for line in lines] if isinstance(event, ev.RunFinished) else lines


def _event_text(event: ev.Event) -> Iterator[VoicedText]:
    match event:
        case ev.StageStarted() as e:
            yield "stage", f"▸ {e.name}: {_(e.title)}"
        case ev.ChangeStarted() as e:
            yield "quiet", f"· {translated(e.summary)}"
            if e.command:
                yield "command", "$ " + " ".join(e.command)
        case ev.Notice() as e:
            yield (
                ("warning", f"! {translated(e.text)}")
                if e.severity == Severity.WARNING
                else ("stage", f"i {translated(e.text)}")
            )
        case ev.StageFinished() as e:
            yield _OF_STATE.get(e.status, "warning"), _finished(e)
        case ev.RollbackStarted():
            yield "warning", _("◂ rolling back this stage")
        case ev.RollbackFinished() as e:
            yield from (("warning", _("! left behind: {what}").format(what=translated(what))) for what in e.left)
            if not e.left:
                yield "warning", _("◂ rolled back")
        case _:
            yield from _run_event_text(event)


def _run_event_text(event: ev.Event) -> Iterator[VoicedText]:
    match event:
        case ev.RunStarted() as e:
            yield "stage", _("▸ run {run}: {recipe}").format(run=e.run, recipe=translated(e.title) or e.recipe)
        case ev.GenerationSwitched() as e:
            yield "quiet", _("· generation {generation} is in use now").format(generation=e.generation)
        case ev.ServerReady() as e:
            yield "good", _("✓ {url} answered").format(url=e.url)
        case ev.RunFinished() as e:
            yield (
                _OF_STATE.get(e.state, "warning"),
                _("{symbol} run {state} after {seconds}").format(
                    symbol=mark(e.state).symbol, state=state_word(e.state), seconds=duration(e.seconds)
                ),
            )
            yield from (("", translated(text)) for text in (e.what, e.why, e.fix) if text)
        case _:
            return


def _finished(event: ev.StageFinished) -> str:
    shape = mark(event.status)
    took = _(" in {seconds}").format(seconds=duration(event.seconds)) if event.status == StageStatus.DONE else ""
    reason = f": {translated(event.reason)}" if event.reason else ""
    return f"{shape.symbol} {event.name}: {shape.word}{took}{reason}"
