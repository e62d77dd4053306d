"""Looks at the model server again and again, and stops it: state is read, never remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installer.core.errors import DeployError
from installer.ui import intents
from installer.ui import messages as news
from installer.ui.questions import STOP_SERVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

    from installer.ui.background import Background
    from installer.ui.board import Board
    from installer.ui.bridge import Session
    from installer.ui.controllers.shell import Shell

LOOK_S = 1.0


class Serving:
    def __init__(self, session: Session, board: Board, background: Background, shell: Shell) -> None:
        self._session, self._board, self._background, self._shell = session, board, background, shell

    def watch(self, wanted: Callable[[], bool]) -> None:
        """Look at the server every second while somebody wants to see it."""
        self._background.repeat("server", lambda: self._look() if wanted() else None, LOOK_S, on=lambda: True)

    def seen(self, message: news.ServerSeen) -> None:
        self._board.server = message
        self._board.tell(lambda screen: screen.server_seen(message))

    def stop(self) -> None:
        self._shell.ask(STOP_SERVER, lambda: self._background.start("stop-server", self._stop))

    def stopped(self, replan: Callable[[intents.Plan], None]) -> None:
        self._shell.say("The model server is stopped.")
        if self._board.planned is not None and self._board.run is None:
            replan(intents.Plan())

    def _look(self) -> Message | None:
        try:
            return news.ServerSeen(self._session.server(), self._board.clock())
        except (DeployError, OSError):
            return None

    def _stop(self) -> Message:
        self._session.stop_server()
        return news.ServerStopped()
