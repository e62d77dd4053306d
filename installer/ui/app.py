"""The screen's app: screens on a stack, themes, keys that are the same everywhere. Requests are passed on to the
router.

No installing logic, no I/O on its thread.
"""

from __future__ import annotations

import gc
import itertools
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.events import InputEvent
from textual.theme import ThemeProvider

from installer.core.text.languages import _
from installer.ui import palette
from installer.ui.ascii import Ascii
from installer.ui.ascii import wanted as ascii_wanted
from installer.ui.background import Background
from installer.ui.board import Board
from installer.ui.controllers.deploying import measured
from installer.ui.exit_message import exit_code, exit_message
from installer.ui.intents import Back, Go, Help, Intent
from installer.ui.key_bindings import commands_of
from installer.ui.messages import BackgroundMessage, RunAdvanced
from installer.ui.router import Router
from installer.ui.screens.base import WIDE
from installer.ui.screens.review import ReviewScreen
from installer.ui.stylesheet import ParsedOnce
from installer.ui.theme import OWN, preferred

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.command import Provider
    from textual.events import Event
    from textual.filter import LineFilter
    from textual.message import Message
    from textual.screen import Screen
    from textual.timer import Timer

    from installer.core.runs.home import RunFolder
    from installer.ui.bridge import Session
    from installer.ui.questions import Question
    from installer.ui.run_model import Clock
    from installer.ui.screen_recording import ScreenRecording
    from installer.ui.screens.base import DeployScreen

MEASURE_S = 1.0
SELDOM = 5
FILM_S = 0.25
ANSWERED_S = 0.005
"""So soon after a key or a click all that came of it is drawn. Textual by itself draws the first of it at once (the
line that is chosen), and the rest (its log) up to two of its periods later."""
SETTLED_S = 2.0
"""So long after a run's end the screen shows what there is to know of it."""
SELDOM_COLLECTED = (10_000, 20, 50)
"""For `gc.set_threshold`: with Python's own, everything new is looked through once a second, for 10 to 20 ms."""
ALL_COMMANDS = _("all commands, themes, screenshot")


class DeployApp(App[None]):
    """One session on the screen."""

    TITLE = "deploy-tui"
    CSS_PATH = "deploy.tcss"
    DEFAULT_MODE = "deploy"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "go('deploy')", _("deploy"), show=False),
        Binding("2", "go('serve')", _("serve"), show=False),
        Binding("3", "go('history')", _("history"), show=False),
        Binding(
            "ctrl+p", "command_palette", _("palette"), show=False, priority=True, system=True, tooltip=ALL_COMMANDS
        ),
        Binding("ctrl+c", "copy_or_leave", _("leave the screen"), show=False, priority=True, system=True),
    ]

    def __init__(self, session: Session, *, clock: Clock = time.time) -> None:
        super().__init__()
        self.board = Board(clock)
        for place, make in base_screens(self.board).items():
            self.add_mode(place, make)
        self._background = Background(self.post_message, held=True)
        self._ascii = ascii_wanted()
        self._meter = partial(measured, session)
        self._turns = itertools.count()
        self._home = session.home
        self._filming: ScreenRecording | None = None
        self._pictures: Timer | None = None
        self.router = Router(session, self.board, self._background, self)
        for theme in OWN:
            self.register_theme(theme)
        self.theme = preferred() or self.theme
        self.stylesheet = ParsedOnce(variables=self.get_css_variables())

    async def on_event(self, event: Event) -> None:
        new = isinstance(event, InputEvent) and not event.is_forwarded
        await super().on_event(event)
        if new:
            self.set_timer(ANSWERED_S, self._answer)

    def _answer(self) -> None:
        if self.is_running and self.screen_stack:
            self.screen._on_timer_update()

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = super().get_line_filters()
        return [*filters, Ascii()] if self._ascii else filters

    def on_mount(self) -> None:
        self.begin()
        self.call_after_refresh(self._first_frame_shown)
        self.set_timer(SETTLED_S, _freeze_garbage)  # with what was loaded behind the first frame

    def _first_frame_shown(self) -> None:
        self._background.release()
        _freeze_garbage()

    def begin(self) -> None:
        """What is shown first."""
        self.push_screen(ReviewScreen(self.board))
        self._background.repeat("measure", self._measured, MEASURE_S, on=lambda: True)
        self.router.serving.watch(self._server_wanted)

    def _server_wanted(self) -> bool:
        """Whether something in view shows the current state of the server."""
        over = self.board.run is not None and self.board.run.over
        return self.current_mode == "serve" or (self.current_mode == "deploy" and over)

    def _measured(self) -> Message | None:
        """Each time where the meters are shown, else seldom."""
        return self._meter() if self.board.metered or next(self._turns) % SELDOM == 0 else None

    @on(Intent)
    @on(BackgroundMessage)
    def _take(self, message: Intent | BackgroundMessage) -> None:
        message.stop()
        self.router.take(message)
        if self._filming is not None and isinstance(message, RunAdvanced):
            self._filming.advanced(message.run, message.view)
            if message.ended:
                self.set_timer(SETTLED_S, self._cut)

    # What the router may do with the screens

    @property
    def on_top(self) -> Screen[Any]:
        return self.screen

    @property
    def place(self) -> str:
        return self.current_mode

    @property
    def alone(self) -> bool:
        return len(self.screen_stack) <= (2 if self.current_mode == "deploy" else 1)

    def go(self, place: str) -> None:
        if self.current_mode != place:
            self.switch_mode(place)

    def replace(self, screen: Screen[Any]) -> None:
        while not self.alone:
            self.pop_screen()
        self.switch_screen(screen)

    def open(self, screen: Screen[Any], answered: Callable[[Any], None] | None = None) -> None:
        self.push_screen(screen, answered)

    def close(self) -> None:
        self.pop_screen()

    def ask(self, question: Question, yes: Callable[[], None]) -> None:
        from installer.ui.screens.confirm import ConfirmScreen

        def answered(sure: bool | None) -> None:
            if sure:
                yes()

        self.push_screen(ConfirmScreen(question), answered)

    def say(self, words: str, *, title: str = "", severity: str = "information") -> None:
        grave = cast("Literal['information', 'warning', 'error']", severity)
        self.notify(words, title=title, severity=grave, markup=False)

    def copy(self, text: str, what: str) -> None:
        chosen = self.screen.get_selected_text()
        self.copy_to_clipboard(chosen or text)
        self.say(_("{what} was copied to the clipboard.").format(what=_("The selection") if chosen else what))

    def film(self, run: RunFolder) -> None:
        from installer.ui.screen_recording import ScreenRecording

        self._cut()
        self._filming = filming = ScreenRecording(self, self._home, run, self._shows)
        self._pictures = self.set_interval(FILM_S, filming.picture)

    def _shows(self, run: RunFolder) -> bool:
        return self.current_mode == "deploy" and self.board.run is not None and self.board.run.run == run

    def _cut(self) -> None:
        if self._filming is not None and self._pictures is not None:
            self._pictures.stop()
            self._filming.end()
            self._filming = self._pictures = None

    def leave(self) -> None:
        self._cut()
        self._background.leave()
        self.exit(return_code=exit_code(self.board))

    # Keys that are the same everywhere

    def action_go(self, place: str) -> None:
        self.post_message(Go(place))

    def action_help(self) -> None:
        self.post_message(Help())

    async def action_back(self) -> None:
        self.post_message(Back())

    def action_leave(self) -> None:
        self.leave()

    def action_copy_or_leave(self) -> None:
        """Anyone who has selected something means to copy it."""
        if self.screen.get_selected_text():
            self.copy("", "")
            self.screen.clear_selection()
        else:
            self.leave()

    async def action_quit(self) -> None:
        self.leave()

    def action_command_palette(self) -> None:
        self._search(_("search for commands …"))

    def search_themes(self) -> None:
        self._search(_("search for themes …"), ThemeProvider)

    def _search(self, asked: str, *providers: type[Provider]) -> None:
        from textual.command import CommandPalette

        if not CommandPalette.is_open(cast("App[object]", self)):
            self.push_screen(CommandPalette(providers or None, placeholder=asked))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        yield SystemCommand(_("Theme"), _("change the colours"), self.action_change_theme)
        yield SystemCommand(_("Screenshot"), _("save what is shown as a picture"), self.deliver_screenshot)
        yield from commands_of(screen)
        yield from palette.commands(self.board, self.post_message)


def _freeze_garbage() -> None:
    """What was made to begin with stays: to look through it again and again for what is garbage takes some 30 ms each
    time, in which no key is answered. What comes later is looked through seldom, for the same reason: a frame makes and
    frees thousands of small things without leaving any."""
    gc.freeze()
    gc.set_threshold(*SELDOM_COLLECTED)
    gc.enable()


def base_screens(board: Board) -> dict[str, Callable[[], Screen[Any]]]:
    """The first screen of each of the three places, made when one opens it first.

    In `deploy` an empty screen, because Textual cannot switch the lowest one of a place.
    """
    from textual.screen import Screen

    def serve() -> DeployScreen:
        from installer.ui.screens.serve import ServeScreen

        return ServeScreen(board)

    def history() -> DeployScreen:
        from installer.ui.screens.history import HistoryScreen

        return HistoryScreen(board)

    return {"deploy": Screen, "serve": serve, "history": history}


def run_app(session: Session) -> int:
    """Show the screen until it is left; the exit code. What there is to say afterwards goes to stderr."""
    app = DeployApp(session)
    app.run()
    message = exit_message(app.board.run)
    if message:
        sys.stderr.write(message + "\n")
    return app.return_code or 0
