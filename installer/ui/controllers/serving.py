"""Looks at the model server again and again, and stops it: state is read, never remembered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from installer.core.errors import DeployError
from installer.core.text.languages import _, translated
from installer.ui import intents, messages
from installer.ui.questions import RESTART_SERVER, STOP_SERVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

    from installer.ui.background import Background
    from installer.ui.board import Board
    from installer.ui.bridge import Session
    from installer.ui.controllers.shell import Shell

LOOK_S = 1.0
LOG_S = 0.25
AT_ONE_GO_S = 0.2
"""How long a long log is read before what is known so far is shown."""
PAST_S = 5.0
COUNT_S = 5.0
"""Between two requests of the engine's metrics: each is a line in the access log of an engine that writes one."""


class Serving:
    def __init__(self, session: Session, board: Board, background: Background, shell: Shell) -> None:
        self._session, self._board, self._background, self._shell = session, board, background, shell
        self._looks = 0
        """How often it was shown."""
        self._count_again = 0.0
        """When the engine is to be asked next what it counts, by the monotonic clock."""
        self._said = 0
        """Which answer is wanted."""

    def watch(self, wanted: Callable[[], bool]) -> None:
        """Look at the server every second while someone wants to see it."""
        self._background.repeat("server", lambda: self._poll() if wanted() else None, LOOK_S, on=lambda: True)

    def polled(self, message: messages.ServerPolled) -> None:
        self._board.server = message
        self._board.show(lambda screen: screen.server_polled(message))

    def stop(self) -> None:
        self._shell.ask(STOP_SERVER, lambda: self._background.start("stop-server", self._stop))

    def stopped(self, replan: Callable[[intents.Plan], None]) -> None:
        self._shell.say(_("The model server is stopped."))
        if self._board.planned is not None and self._board.run is None:
            replan(intents.Plan())

    def count(self) -> None:
        """Read what the engine counts while it is shown, one reader at a time."""
        self._looks += 1
        mine = self._looks
        if self._board.server_log is None:
            from installer.ui.log.file_rows import FileRows

            self._board.server_log = FileRows(self._session.server_log())
        self._background.repeat(
            "figures", self._count, LOOK_S, on=lambda: mine == self._looks and self._shell.place == "serve"
        )
        self._background.start("examples", self._examples)
        self._background.repeat(
            "server-log", self._read_log, LOG_S, on=lambda: mine == self._looks and self._shell.place == "serve"
        )
        self._background.repeat(
            "server-past", self._past, PAST_S, on=lambda: mine == self._looks and self._shell.place == "serve"
        )

    def past_read(self, message: messages.ServerPastRead) -> None:
        self._board.server_past = message.past
        self._board.tell(lambda screen: screen.server_past_read(message.past))

    def read_past(self) -> None:
        self._background.start("incidents", self._past)

    def say(self, intent: intents.Say) -> None:
        """Hand on the answer piece by piece, until it is complete or cancelled."""
        self._said += 1
        mine = self._said
        pieces = self._session.chat(intent.messages, intent.temperature, intent.most)

        left = [True]

        def step() -> Message | None:
            piece = next(pieces, None)
            left[0] = piece is not None and not piece.done
            return messages.AnswerGrown(piece) if piece is not None and mine == self._said else None

        self._background.repeat("chat", step, 0.0, on=lambda: mine == self._said and left[0])

    def stop_answer(self) -> None:
        self._said += 1

    def attempt(self, intent: intents.Try) -> None:
        ask = self._session.structured if intent.what == "structured" else self._session.tool_call
        self._background.start("try", lambda: messages.Tried(intent.what, ask(intent.words)))

    def benchmark(self) -> None:
        """Minutes; reported where it could not be done, too."""
        loads, more = self._session.benchmark(), [True]
        so_far: list[tuple[str, str]] = []

        def step() -> Message:
            try:
                found = next(loads, None)
                so_far[:] = so_far if found is None else found
            except DeployError as error:
                found = None
                why = (translated(error.what), translated(error.why))
                so_far.extend((why, (_("what to do"), translated(error.fix))))
            more[0] = found is not None
            return messages.Benchmarked(tuple(so_far), done=not more[0])

        self._background.repeat("benchmark", step, 0.0, on=lambda: more[0])

    def read_key(self) -> None:
        self._background.start("key", lambda: messages.KeyRead(self._session.key()))

    def restart(self) -> None:
        def job() -> Message:
            return messages.Launched(self._session.restart_server())

        self._shell.ask(RESTART_SERVER, lambda: self._background.start("restart", job))

    def _count(self) -> Message | None:
        seen = self._board.server
        if seen is None or not seen.state.running or time.monotonic() < self._count_again:
            return None
        self._count_again = time.monotonic() + COUNT_S
        try:
            return messages.Counted(self._session.figures())
        except (DeployError, OSError):
            return messages.Counted(None)

    def _read_log(self) -> Message | None:
        rows = self._board.server_log
        deadline, grown = time.monotonic() + AT_ONE_GO_S, False
        while rows is not None and time.monotonic() < deadline and (rows.take() or rows.scan()):
            grown = True
        return messages.ServerLogGrown() if grown else None

    def _past(self) -> Message | None:
        try:
            return messages.ServerPastRead(self._session.server_past())
        except (DeployError, OSError):
            return None

    def _examples(self) -> Message | None:
        try:
            return messages.ExamplesRead(self._session.examples())
        except DeployError:  # no server is ready: there is nothing to copy
            return None

    def _poll(self) -> Message | None:
        try:
            return messages.ServerPolled(self._session.server(), self._board.clock())
        except (DeployError, OSError):
            return None

    def _stop(self) -> Message:
        self._session.stop_server()
        return messages.ServerStopped()
