"""A run as lines of text: what a person sees without the screen. Folds events, nothing else."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import Protocol

from installer.cli.streams import data, paint, say
from installer.core.runs import events as ev
from installer.core.runs.fold import RunView, fold
from installer.core.runs.home import Home
from installer.core.text.quantities import duration, size

_MARKS = {
    "done": ("done", "green"),
    "satisfied": ("in place", "green"),
    "skipped": ("skipped", "dim"),
    "unknown": ("unknown", "yellow"),
    "failed": ("failed", "red"),
    "cancelled": ("cancelled", "yellow"),
}
_FINDING = re.compile(r"(ok     |info   |failed |skipped) (?=\S.*: )")
"""How the verification's lines begin, one a check; whatever else is printed there stays in its log."""
_FOUND = {"ok": "green", "failed": "red"}
_EVERY_S = 10.0
"""How often progress is a line of its own where there is no terminal to redraw."""


class View(Protocol):
    exit_code: int

    def show(self, entry: ev.Entry) -> None: ...


class JsonLines:
    """One event a line on stdout, the same lines as the journal."""

    def __init__(self) -> None:
        self.exit_code = 1

    def show(self, entry: ev.Entry) -> None:
        data(ev.to_json(entry))
        if isinstance(entry.event, ev.RunFinished):
            self.exit_code = entry.event.exit_code


class Console:
    """Text for a person on stderr; the endpoint, the answer and the curl line on stdout."""

    def __init__(self) -> None:
        self.exit_code = 1
        self._view = RunView()
        self._live = sys.stderr.isatty()
        self._drawn = 0
        self._told_at = time.monotonic()
        self._titles: dict[int, str] = {}
        self._verification = 0
        self._findings = 0

    def show(self, entry: ev.Entry) -> None:
        self._view = fold(self._view, entry)
        match entry.event:
            case ev.Progress() as e:
                self._progress(e)
            case ev.OutputLine() as e:
                self._finding(e)
            case ev.ProcessStarted() | ev.Deed():
                return
            case event:
                self._clear()
                self._say(event)

    def _say(self, event: ev.Event) -> None:
        match event:
            case ev.RunStarted() as e:
                say(paint(e.title, "bold"))
                say(f"Recipe {e.recipe}{f', because {e.because}' if e.because else ''}; home {e.home}")
            case ev.StageStarted() as e:
                self._titles[e.stage] = e.title
                self._verification = e.stage if e.name == "verification" else self._verification
            case ev.ChangeStarted() as e:
                say(paint(f"       {e.summary}", "dim"))
            case ev.Notice() as e:
                say(f"       {paint('note: ' + e.text, 'yellow' if e.severity == 'warning' else 'dim')}")
            case ev.StageFinished() as e:
                self._stage(e)
            case ev.RollbackFinished(left=left) if left:
                say(paint(f"       left behind: {'; '.join(left)}", "yellow"))
            case ev.ServerReady() as e:
                self._ready(e)
            case ev.RunFinished() as e:
                self.exit_code = e.exit_code
                self._finish(e)
            case _:
                return

    def _stage(self, event: ev.StageFinished) -> None:
        word, colour = _MARKS.get(event.status, (event.status, "dim"))
        title = self._titles.get(event.stage, event.name)
        spent = f" in {duration(event.seconds)}" if event.status == "done" else ""
        reason = f": {event.reason}" if event.reason and event.status not in ("failed", "cancelled") else ""
        if event.stage == self._verification and self._findings:
            reason = reason.split(";", maxsplit=1)[0]  # the rest stands above
        say(f"{event.stage:>4}  {title} - {paint(word, colour)}{spent}{paint(reason, 'dim')}")

    def _finding(self, event: ev.OutputLine) -> None:
        match = _FINDING.match(event.text) if event.stage == self._verification else None
        if match is not None:
            self._findings += 1
            self._clear()
            say(f"       {paint(match[0], _FOUND.get(match[1].strip(), 'dim'))}{event.text[match.end() :]}")

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
        elif time.monotonic() - self._told_at > _EVERY_S:
            self._told_at = time.monotonic()
            say(line)

    def _clear(self) -> None:
        if self._drawn:
            sys.stderr.write("\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def _ready(self, event: ev.ServerReady) -> None:
        data(f"Endpoint: {event.url}")
        data(
            f"Model: {event.model}"
            + (" (a stand-in with random weights: its words mean nothing)" if event.stand_in else "")
        )
        data(f"Answer: {' '.join(event.answer.split())}")
        data(f"First token after {event.first_token_ms:.0f} ms; ready after {duration(event.ready_seconds)}")
        data(f"Try it: {event.curl}")

    def _finish(self, event: ev.RunFinished) -> None:
        if event.state == "done":
            say(paint(f"{self._outcome(event)}, after {duration(event.seconds)}.", "green"))
            return
        say(paint(event.what, "red" if event.state == "failed" else "yellow"))
        for sentence in (event.why, event.fix):
            if sentence:
                say(f"  {sentence}")
        self._last_lines(event)

    def _outcome(self, event: ev.RunFinished) -> str:
        if event.changed:
            return "Done"
        worked = any(stage.state == "done" for stage in self._view.stages)
        return "Done, and nothing had to be changed" if worked else "Nothing to do: everything was in place"

    def _last_lines(self, event: ev.RunFinished) -> None:
        if event.stage is None or not self._view.run:
            return
        log = Home(Path(self._view.home)).run(self._view.run).log(event.stage)
        if log.exists():
            self._known_symptom(log)
            say(f"  The whole log: {log}")

    def _known_symptom(self, log: Path) -> None:
        from installer.diagnostics.explain import SURE, explain_blocks
        from installer.host.logs import read_log

        explained = explain_blocks(read_log(str(log)) if log.stat().st_size else (), ours=True)
        known = next((one for one in explained.candidates if one.confidence >= SURE), None)
        if known:
            say(f"  {paint(known.title, 'bold')}: {known.cause}")
            say(f"  {known.fix}")
        elif explained.root:
            say(f"  Line {explained.root.line} of its log: {explained.root.text}")
