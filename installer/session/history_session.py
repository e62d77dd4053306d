"""What the screen asks about runs and generations (`installer.ui.bridge.History`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from installer.core.runs.home import Home

if TYPE_CHECKING:
    from installer.core.runs.summary import GenerationSummary, RunSummary
    from installer.core.runs.ticket_file import TicketFile


class HistorySession:
    def __init__(self, home: Home) -> None:
        self._home = home

    def past(self) -> Sequence[RunSummary]:
        from installer.session import run_history

        return run_history.past(self._home)

    def generations(self) -> Sequence[GenerationSummary]:
        from installer.session import run_history

        return run_history.generations(self._home)

    def generation_sizes(self) -> Mapping[int, int]:
        """What each alone takes of the disk; slow where they are large."""
        from installer.execution.generations import Generations, own_bytes

        own = Generations(self._home)
        numbers = sorted(own.seals())
        sizes = own_bytes([own.path(number) for number in numbers])
        return {number: sizes[own.path(number)] for number in numbers}

    def ticket(self, run: str) -> TicketFile:
        from installer.core.runs.ticket_file import TicketFile
        from installer.session import ticketing

        made = ticketing.made(self._home, run)
        return TicketFile(ticketing.named(made).resolve(), made.content, tuple(ticketing.held(made)))

    def write_ticket(self, ticket: TicketFile) -> None:
        from installer.session import ticketing

        ticketing.put(ticket.path, ticket.content)

    def roll_back(self, number: int | None) -> int:
        from installer.session import deployments

        return deployments.go_back(self._home, number).generation

    def delete_run(self, run: str) -> None:
        from installer.session import run_history

        run_history.delete_run(self._home, run)

    def delete_generation(self, number: int) -> None:
        from installer.session import run_history

        run_history.delete_generation(self._home, number)
