"""What the screen asks of a session, as jobs for the background: each returns the message that tells the answer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from installer.core.errors import DeployError
from installer.ui import messages as news

if TYPE_CHECKING:
    from textual.message import Message

    from installer.core.runs.home import RunFolder
    from installer.ui.bridge import Session


class Jobs:
    """Never called on the thread that draws."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._one_plan = threading.Lock()

    def measure(self) -> Message | None:
        try:
            return news.Measured(self._session.meters())
        except (DeployError, OSError):  # a meter that fails is not worth a word
            return None

    def look(self) -> Message:
        return news.Looked(self._session.running())

    def recipes(self) -> Message:
        return news.RecipesRead(self._session.recipes())

    def plan(self, asked: int, recipe: str | None) -> Message:
        """One at a time: a choice and its plan belong together."""
        session = self._session
        with self._one_plan:
            if recipe is not None:
                session.select(recipe)
            plan = session.plan()
            title = next((each.title for each in session.recipes() if each.name == plan.recipe), "")
            return news.Planned(asked, plan, title, session.server(), session.latest(), session.flags())

    def start(self) -> Message:
        return news.Launched(self._session.start())

    def cancel(self, run: RunFolder) -> None:
        self._session.cancel(run)

    def stop_server(self) -> Message:
        self._session.stop_server()
        return news.ServerStopped()

    def stage_log(self, run: RunFolder, stage: int) -> Message:
        return news.LogRead(stage, self._session.stage_log(run, stage))
