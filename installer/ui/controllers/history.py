"""Runs and generations of a home: list, go back, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installer.core.text.languages import _
from installer.ui import messages, questions

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

    from installer.ui import intents
    from installer.ui.background import Background
    from installer.ui.board import Board
    from installer.ui.bridge import Session
    from installer.ui.controllers.shell import Shell
    from installer.ui.questions import Question


class HistoryController:
    def __init__(self, session: Session, board: Board, background: Background, shell: Shell) -> None:
        self._session, self._board, self._background, self._shell = session, board, background, shell

    def read(self) -> None:
        self._background.start("remember", self._read)

    def remembered(self, message: messages.Remembered) -> None:
        self._board.tell(lambda screen: screen.remembered(message))
        self._background.start("sizes", lambda: messages.Sized(self._session.generation_sizes()))

    def roll_back(self, intent: intents.RollBack) -> None:
        def job() -> Message:
            return messages.RolledBack(self._session.roll_back(intent.generation))

        self._shell.ask(questions.roll_back(intent.generation), lambda: self._background.start("rollback", job))

    def rolled_back(self, message: messages.RolledBack) -> None:
        words = _(
            "Generation {generation} is in use now. A running server keeps its own until it is restarted."
        ).format(generation=message.generation)
        self._shell.say(words)
        self.read()

    def make_ticket(self, intent: intents.MakeTicket) -> None:
        self._shell.say(_("Packing the files of the run …"))
        self._background.start("ticket", lambda: messages.TicketMade(self._session.ticket(intent.run)))

    def ticket_made(self, message: messages.TicketMade) -> None:
        def job() -> Message:
            self._session.write_ticket(message.ticket)
            return messages.TicketWritten(message.ticket.path)

        question = questions.write_ticket(str(message.ticket.path), message.ticket.holds)
        self._shell.ask(question, lambda: self._background.start("ticket", job))

    def ticket_written(self, message: messages.TicketWritten) -> None:
        self._shell.say(_("{path} is written. Check its content before you share it.").format(path=message.path))

    def delete_run(self, intent: intents.DeleteRun) -> None:
        self._delete(questions.delete_run(intent.run), lambda: self._session.delete_run(intent.run))

    def delete_generation(self, intent: intents.DeleteGeneration) -> None:
        question = questions.delete_generation(intent.generation)
        self._delete(question, lambda: self._session.delete_generation(intent.generation))

    def _delete(self, question: Question, deed: Callable[[], None]) -> None:
        def job() -> Message:
            deed()
            return self._read()

        self._shell.ask(question, lambda: self._background.start("delete", job))

    def _read(self) -> Message:
        return messages.Remembered(self._session.past(), self._session.generations())
