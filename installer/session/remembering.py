"""What the screen asks about runs and generations (`installer.ui.bridge.Remembering`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from installer.core.runs.home import Home

if TYPE_CHECKING:
    from installer.core.runs.summary import GenerationSummary, RunSummary


class RememberingSession:
    def __init__(self, home: Home) -> None:
        self._home = home

    def past(self) -> Sequence[RunSummary]:
        from installer.session import memory_of_runs

        return memory_of_runs.past(self._home)

    def generations(self) -> Sequence[GenerationSummary]:
        from installer.session import memory_of_runs

        return memory_of_runs.generations(self._home)

    def roll_back(self, number: int | None) -> int:
        from installer.session import memory_of_runs

        return memory_of_runs.roll_back(self._home, number)

    def delete_run(self, run: str) -> None:
        from installer.session import memory_of_runs

        memory_of_runs.delete_run(self._home, run)

    def delete_generation(self, number: int) -> None:
        from installer.session import memory_of_runs

        memory_of_runs.delete_generation(self._home, number)
