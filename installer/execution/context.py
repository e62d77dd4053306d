"""What a run gives to a stage: values, the host, and ways to tell the journal what happens.

A plan makes contexts as well and tells nothing, so events are loaded where the first one is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from installer.core.contracts.host import Completed, Host
from installer.core.contracts.stage import Change
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import CheckStatus, Severity
from installer.core.packages.lock import Lock
from installer.core.recipes.recipe import Recipe
from installer.core.runs.home import Home, RunFolder

if TYPE_CHECKING:
    from installer.core.runs import events as ev

_PROGRESS_EVERY_S = 0.9


def _discard(event: ev.Event) -> None:
    """Planning emits no events."""


def _nothing_is_fetched() -> None:
    """No other download runs next to this stage."""


@dataclass
class ThrottledProgress:
    """Hands on progress at most about once a second per subject, and always the last step."""

    _last_reported: dict[str, tuple[float, int]] = field(default_factory=dict)

    def progress(
        self, stage: int, subject: str, done: int, total: int | None, emit: Callable[[ev.Event], None]
    ) -> None:
        now = time.monotonic()
        at, before = self._last_reported.get(subject, (0.0, -1))
        if done == before or (now - at < _PROGRESS_EVERY_S and done != total):
            return
        from installer.core.runs import events as ev

        self._last_reported[subject] = (now, done)
        emit(ev.Progress(stage, subject, done, total))


@dataclass
class RunContext:
    """Implements `installer.core.contracts.stage.StageContext` for one stage."""

    recipe: Recipe
    facts: MachineFacts
    host: Host
    home: Home
    run: RunFolder | None = None
    lock: Lock | None = None
    environment: Path | None = None
    offline: bool = False
    overruled: Collection[str] = ()
    stage: int = 0
    emit: Callable[[ev.Event], None] = _discard
    deeds: list[Mapping[str, Any]] = field(default_factory=list)
    downloads_over: Callable[[], None] = _nothing_is_fetched
    _throttled: ThrottledProgress = field(default_factory=ThrottledProgress)

    def output(self, text: str) -> None:
        from installer.core.runs import events as ev

        self.emit(ev.OutputLine(self.stage, text))

    def progress(self, subject: str, done: int, total: int | None) -> None:
        self._throttled.progress(self.stage, subject, done, total, self.emit)

    def wait_for_downloads(self) -> None:
        self.downloads_over()

    def notice(self, text: str, severity: Severity = Severity.INFO) -> None:
        from installer.core.runs import events as ev

        self.emit(ev.Notice(self.stage, severity, text))

    def checked(self, check: str, status: CheckStatus, said: str) -> None:
        from installer.core.runs import events as ev

        self.emit(ev.CheckFinished(self.stage, check, status, said))

    def begin(self, change: Change) -> None:
        from installer.core.runs import events as ev

        self.emit(ev.ChangeStarted(self.stage, change.summary, change.command))

    def deed(self, what: str, data: Mapping[str, Any]) -> None:
        from installer.core.runs import events as ev

        self.emit(ev.Deed(self.stage, what, data))
        self.deeds.append({"what": what, **data})

    def emit_ready(self, ready: ev.ServerReady) -> None:
        self.emit(ready)

    def execute(self, command: Sequence[str], **options: Any) -> Completed:
        """Run a command with its lines in this stage's log and its pid in the journal."""
        from installer.core.runs import events as ev

        on_line = options.pop("on_line", None)

        def line(text: str) -> None:
            self.output(text)
            if on_line:
                on_line(text)

        return self.host.run(
            command,
            on_line=line,
            on_start=lambda started: self.emit(
                ev.ProcessStarted(self.stage, started.pid, started.created, started.place)
            ),
            **options,
        )
