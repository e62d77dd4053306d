"""The log pane's text: what each event says in a line or two, and the lines so far, by stage.

Pure text; it knows nothing of widgets. A run with more lines than `MAX_LINES` keeps the newest here and all of them
in its journal.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from installer.core.runs import events as ev
from installer.core.text.quantities import duration
from installer.ui.marks import mark
from installer.ui.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_LINES = 50_000
ALL = 0
"""Stands for "all stages" where a stage's number is expected."""


@dataclass(frozen=True, slots=True)
class Line:
    stage: int | None
    text: str

    @property
    def numbered(self) -> str:
        """With its stage in front, so that stages that run side by side can be told apart."""
        return f"{self.stage if self.stage is not None else '':>2}  {self.text}"


class Transcript:
    """The lines of a run, in order, for all stages and for each."""

    def __init__(self) -> None:
        self._all: deque[str] = deque(maxlen=MAX_LINES)
        self._stages: dict[int, deque[str]] = {}

    def add(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self._all.append(line.numbered)
            if line.stage is not None:
                self._stages.setdefault(line.stage, deque(maxlen=MAX_LINES)).append(line.text)

    def of(self, stage: int) -> Sequence[str]:
        """The lines of one stage, or of `ALL`."""
        return tuple(self._all if stage == ALL else self._stages.get(stage, ()))


def shown(lines: Iterable[Line], stage: int) -> list[str]:
    """The texts of `lines` that belong into the log of `stage` (or `ALL`)."""
    if stage == ALL:
        return [line.numbered for line in lines]
    return [line.text for line in lines if line.stage == stage]


def lines_of(entry: ev.Entry) -> list[Line]:
    """What an event says in the log; nothing where it is shown elsewhere."""
    stage, texts = _said(entry.event)
    return [Line(stage, plain(text)) for text in texts]


def _said(event: ev.Event) -> tuple[int | None, list[str]]:
    match event:
        case ev.OutputLine() as e:
            return e.stage, [e.text]
        case ev.StageStarted() as e:
            return e.stage, [f"▸ {e.name}: {e.title}"]
        case ev.ChangeStarted() as e:
            return e.stage, [f"· {e.summary}", *(["$ " + " ".join(e.command)] if e.command else [])]
        case ev.Notice() as e:
            return e.stage, [f"{'!' if e.severity == 'warning' else 'i'} {e.text}"]
        case ev.StageFinished() as e:
            return e.stage, [_finished(e)]
        case ev.RollbackStarted() as e:
            return e.stage, ["◂ taking back what this stage did"]
        case ev.RollbackFinished() as e:
            return e.stage, ["◂ taken back"] if not e.left else [f"! left: {what}" for what in e.left]
        case _:
            return _said_of_run(event)


def _said_of_run(event: ev.Event) -> tuple[int | None, list[str]]:
    match event:
        case ev.RunStarted() as e:
            return None, [f"▸ run {e.run}: {e.title or e.recipe}"]
        case ev.GenerationSwitched() as e:
            return e.stage, [f"· generation {e.generation} is in use now"]
        case ev.ServerReady() as e:
            return None, [f"✓ {e.url} answered"]
        case ev.RunFinished() as e:
            texts = [text for text in (e.what, e.why, e.fix) if text]
            return None, [f"{mark(e.state).symbol} run {e.state} after {duration(e.seconds)}", *texts]
        case _:
            return None, []


def _finished(event: ev.StageFinished) -> str:
    shape = mark(event.status)
    took = f" in {duration(event.seconds)}" if event.status == "done" else ""
    reason = f": {event.reason}" if event.reason else ""
    return f"{shape.symbol} {event.name}: {shape.word}{took}{reason}"
