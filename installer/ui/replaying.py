"""The app of `replay`, `ticket open` and `demo`: the same screens over recordings, of which nothing can be changed.

Its session is one of an empty home, so even what slipped through would find nothing to change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.screen import Screen

from installer.core.text.languages import _
from installer.ui import intents
from installer.ui.app import DeployApp
from installer.ui.controllers.replaying import Replaying

if TYPE_CHECKING:
    from installer.ui.bridge import Session
    from installer.ui.replay.tape import Tape

_NOTHING_OF_THIS = (
    intents.Attach, intents.Plan, intents.Deploy, intents.Choose, intents.BackToPlan, intents.Cancel,
    intents.StopServer, intents.RestartServer, intents.RollBack, intents.DeleteRun, intents.DeleteGeneration,
    intents.OpenPast, intents.OpenRun, intents.Go, intents.Say, intents.Try,
)  # fmt: skip


class ReplayApp(DeployApp):
    def __init__(self, session: Session, tapes: Sequence[tuple[Tape, str]], *, speed: float, at: float) -> None:
        super().__init__(session)
        self._first = at
        self.replaying = Replaying(
            tapes, self.board, self._background, self, deploying=self.router.deploying, speed=speed
        )
        playing = self.replaying
        self.router.instead(dict.fromkeys(_NOTHING_OF_THIS, self._refuse))
        self.router.instead(playing.ways())

    def begin(self) -> None:
        self.push_screen(Screen())
        self.call_later(self.replaying.begin, 0, self._first)

    def _refuse(self, _event: object) -> None:
        self.say(_("This is a recording. Nothing is changed from here."))


def play(session: Session, tapes: Sequence[tuple[Tape, str]], *, speed: float, at: float) -> int:
    """Show recordings until the screen is left."""
    app = ReplayApp(session, tapes, speed=speed, at=at)
    app.run()
    return 0
