"""What a stage is handed, real down to the machine, with everything that it says kept in a list."""

from __future__ import annotations

from pathlib import Path

from installer.core.machine.facts import MachineFacts
from installer.core.recipes.recipe import Recipe
from installer.core.runs import events as ev
from installer.core.runs.home import Home
from installer.execution.context import RunContext
from installer.host.local import LocalHost


class RecordingContext(RunContext):
    """The engine's own context of one stage; what it would write to the journal is in `events`."""

    def __init__(self, recipe: Recipe, root: Path, *, stage: int, facts: MachineFacts | None = None) -> None:
        self.events: list[ev.Event] = []
        self.cancelled = False
        home = Home(root)
        host = LocalHost(home.cache, lambda: self.cancelled)
        super().__init__(
            recipe, facts or MachineFacts(here=True), host, home, run=home.run("test"),
            environment=home.current, stage=stage, emit=self.events.append,
        )  # fmt: skip

    def of(self, kind: type[ev.Event]) -> list[ev.Event]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def printed(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, ev.OutputLine)]

    @property
    def noticed(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, ev.Notice)]
