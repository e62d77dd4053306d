"""A run as lines of text: what a person sees without the screen. Folds events, nothing else."""

from __future__ import annotations

import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from installer.cli import streams
from installer.cli.streams import paint
from installer.core.errors import ExitCode
from installer.core.outcomes import CheckStatus, RunState, Severity, StageStatus
from installer.core.runs import events as ev
from installer.core.runs.fold import RunView, fold
from installer.core.runs.home import Home
from installer.core.text.languages import translated
from installer.core.text.quantities import duration, size

_MARKS = {
    StageStatus.DONE: ("done", "green"),
    StageStatus.SATISFIED: ("in place", "green"),
    StageStatus.SKIPPED: ("skipped", "dim"),
    StageStatus.UNKNOWN: ("unknown", "yellow"),
    StageStatus.FAILED: ("failed", "red"),
    StageStatus.CANCELLED: ("cancelled", "yellow"),
}
_FOUND = {CheckStatus.OK: "green", CheckStatus.FAILED: "red"}
_EVERY_S = 10.0
"""How often progress is a line of its own where there is no terminal to redraw."""


class View(Protocol):
    @property
    def exit_code(self) -> int: ...

    def show(self, entry: ev.Entry) -> None: ...


class JsonLines:
    """One event a line on stdout, the same lines as the journal."""

    def __init__(self) -> None:
        self.exit_code = 1

    def show(self, entry: ev.Entry) -> None:
        streams.data(ev.to_json(entry))
        if isinstance(entry.event, ev.RunFinished):
            self.exit_code = entry.event.exit_code


class Console:
    """Text for a person on stderr; the endpoint, the answer and the curl line on stdout; or all of it elsewhere."""

    def __init__(self, elsewhere: Callable[[str], None] | None = None, *, recorded: bool = False) -> None:
        """`recorded`: the run is played again, maybe another machine's, so nothing of it is searched here."""
        self._recorded = recorded
        self.exit_code = 1
        self.redrawn: Callable[[str], object] = str
        """Told of the line of progress that is drawn over the one before."""
        self._tell, self._hand = elsewhere or streams.say, elsewhere or streams.show
        self._view = RunView()
        self._live = sys.stderr.isatty() and elsewhere is None and not recorded
        self._drawn = 0
        self._told_at = time.monotonic()
        self._titles: dict[int, str] = {}
        self._checked: Counter[CheckStatus] = Counter()
        """How many checks of the running stage ended how."""

    def show(self, entry: ev.Entry) -> None:
        self._view = fold(self._view, entry)
        match entry.event:
            case ev.Progress() as e:
                self._progress(e)
            case ev.OutputLine() | ev.ProcessStarted() | ev.Deed():
                return
            case event:
                self._clear()
                self._say(event)

    def _say(self, event: ev.Event) -> None:
        match event:
            case ev.RunStarted() as e:
                self._tell(paint(translated(e.title), "bold"))
                self._tell(f"Recipe {e.recipe}{f', because {e.because}' if e.because else ''}; home {e.home}")
            case ev.StageStarted() as e:
                self._titles[e.stage] = e.title
            case ev.CheckFinished() as e:
                self._checked[e.status] += 1
                self._tell(f"       {paint(f'{e.status:7}', _FOUND.get(e.status, 'dim'))} {e.check}: {e.said}")
            case ev.ChangeStarted() as e:
                self._tell(paint(f"       {e.summary}", "dim"))
            case ev.Notice() as e:
                self._tell(f"       {paint('note: ' + e.text, 'yellow' if e.severity == Severity.WARNING else 'dim')}")
            case ev.StageFinished() as e:
                self._stage(e)
            case ev.RollbackFinished(left=left) if left:
                self._tell(paint(f"       left behind: {'; '.join(left)}", "yellow"))
            case ev.ServerReady() as e:
                self._ready(e)
            case ev.RunFinished() as e:
                self.exit_code = e.exit_code
                self._finish(e)
            case _:
                return

    def _stage(self, event: ev.StageFinished) -> None:
        word, colour = _MARKS.get(event.status, (event.status, "dim"))
        title = translated(self._titles.get(event.stage, event.name))
        spent = f" in {duration(event.seconds)}" if event.status == StageStatus.DONE else ""
        reason = "" if event.status in (StageStatus.FAILED, StageStatus.CANCELLED) else event.reason
        if self._checked and event.status == StageStatus.DONE:  # each of them has a line above
            good = self._checked[CheckStatus.OK]
            reason = f"{good} checks passed"
        self._checked.clear()
        self._tell(
            f"{event.stage:>4}  {title} - {paint(word, colour)}{spent}{paint(f': {reason}' if reason else '', 'dim')}"
        )

    def _progress(self, event: ev.Progress) -> None:
        stage = next((s for s in self._view.stages if s.number == event.stage), None)
        if stage is None:
            return
        line = f"       {size(stage.bytes_done)} of {size(stage.bytes_total)}  {event.subject}"
        if self._live:
            text = line[:100]
            sys.stderr.write("\r" + text.ljust(self._drawn))
            sys.stderr.flush()
            self._drawn = len(text)
            self.redrawn(text)
        elif time.monotonic() - self._told_at > _EVERY_S:
            self._told_at = time.monotonic()
            self._tell(line)

    def _clear(self) -> None:
        if self._drawn:
            sys.stderr.write("\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def _ready(self, event: ev.ServerReady) -> None:
        self._hand(f"Endpoint: {event.url}")
        self._hand(
            f"Model: {event.model}"
            + (" (a stand-in with random weights: its answers are random)" if event.stand_in else "")
        )
        self._hand(f"Answer: {' '.join(event.answer.split())}")
        self._hand(f"First token after {event.first_token_ms:.0f} ms; ready after {duration(event.ready_seconds)}")
        self._hand(f"Try it: {event.curl}")

    def _finish(self, event: ev.RunFinished) -> None:
        if event.state == RunState.DONE:
            self._tell(paint(f"{self._outcome(event)}, after {duration(event.seconds)}.", "green"))
            return
        self._tell(paint(event.what, "red" if event.state == RunState.FAILED else "yellow"))
        for sentence in (event.why, event.fix):
            if sentence:
                self._tell(f"  {sentence}")
        self._last_lines(event)
        if (
            event.state == RunState.FAILED
            and not self._recorded
            and event.exit_code not in (ExitCode.USAGE, ExitCode.PREDICTED)
        ):
            where = f"--run {self._view.run} --home {shlex.quote(self._view.home)}"
            self._tell(f"  One file for support, without secrets and names: deploy-tui ticket {where}")

    def _outcome(self, event: ev.RunFinished) -> str:
        if event.changed:
            return "Done"
        worked = any(stage.state == StageStatus.DONE for stage in self._view.stages)
        return "Done, and nothing had to be changed" if worked else "Nothing to do: everything was in place"

    def _last_lines(self, event: ev.RunFinished) -> None:
        if event.stage is None or not self._view.run or self._recorded:
            return
        log = Home(Path(self._view.home)).run(self._view.run).log(event.stage)
        if log.exists():
            self._known_symptom(log)
            self._tell(f"  The whole log: {log}")

    def _known_symptom(self, log: Path) -> None:
        from installer.diagnostics.explain import SURE, explain_blocks
        from installer.host.logs import read_log

        explained = explain_blocks(read_log(str(log)) if log.stat().st_size else (), ours=True)
        known = next((one for one in explained.candidates if one.confidence >= SURE), None)
        if known:
            self._tell(f"  {paint(known.title, 'bold')}: {known.cause}")
            self._tell(f"  {known.fix}")
        elif explained.root:
            self._tell(f"  Line {explained.root.line} of its log: {explained.root.text}")
