"""The screen's app: which screen is shown, and what the session is asked. No installing logic, no I/O on its thread."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType

from installer.ui import messages as news
from installer.ui.background import Background
from installer.ui.farewell import exit_code, farewell
from installer.ui.follow import Follower
from installer.ui.jobs import Jobs
from installer.ui.keys import commands_of, keys_of
from installer.ui.questions import CANCEL_RUN, STOP_SERVER, Question
from installer.ui.run_model import Clock, RunModel
from installer.ui.screens.base import DeployScreen
from installer.ui.screens.review import ReviewScreen
from installer.ui.theme import DARK, LIGHT, preferred
from installer.ui.transcript import ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.screen import Screen

    from installer.core.machine.meters import Reading
    from installer.core.runs.home import RunFolder
    from installer.ui.bridge import Session

POLL_S = 0.1
MEASURE_S = 1.0
KEPT_COMMANDS = ("Theme", "Screenshot")
"""Of Textual's own commands."""
LOWEST = 2
"""Screens on the stack when nothing is opened on top: Textual's empty one, and ours, which is switched."""
S = TypeVar("S", bound=DeployScreen)


class DeployApp(App[None]):
    """One session on the screen."""

    TITLE = "deploy-tui"
    CSS_PATH = "deploy.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide"), (160, "-vast")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "leave", "leave the screen", show=False, priority=True, system=True)
    ]

    def __init__(self, session: Session, *, clock: Clock = time.time) -> None:
        super().__init__()
        self.session = session
        self.clock = clock
        self.model: RunModel | None = None
        self.reading: Reading | None = None
        self._jobs = Jobs(session)
        self._background = Background(self.post_message)
        self._asked = 0
        self._launching = False
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = preferred() or self.theme

    def on_mount(self) -> None:
        self.push_screen(ReviewScreen())
        self._background.repeat("measure", self._jobs.measure, MEASURE_S, on=lambda: True)

    # What the background tells

    @on(news.Looked)
    def _looked(self, message: news.Looked) -> None:
        if message.running is not None:
            self.follow(message.running)
        else:
            self.plan()

    @on(news.Planned)
    def _planned(self, message: news.Planned) -> None:
        screen = self._top(ReviewScreen)
        if screen and message.asked == self._asked:
            screen.planned(message)

    @on(news.PlanFailed)
    def _plan_failed(self, message: news.PlanFailed) -> None:
        screen = self._top(ReviewScreen)
        self._launching = False
        if screen and message.asked == self._asked:
            screen.failed(message.error)

    @on(news.Launched)
    def _launched(self, message: news.Launched) -> None:
        self._launching = False
        self.follow(message.run)

    @on(news.RunAdvanced)
    def _advanced(self, message: news.RunAdvanced) -> None:
        if self.model is None or message.run != self.model.run:
            return
        self.model.take(message)
        for screen in self._screens():
            screen.advanced(message.lines)
        self.show_end_if_over()

    @on(news.Measured)
    def _measured(self, message: news.Measured) -> None:
        self.reading = message.reading
        for screen in self._screens():
            screen.measured(message.reading)

    @on(news.LogRead)
    def _log_read(self, message: news.LogRead) -> None:
        for screen in self._screens():
            screen.log_read(message)

    @on(news.RecipesRead)
    def _recipes_read(self, message: news.RecipesRead) -> None:
        from installer.ui.screens.recipes import RecipeScreen

        screen = self._top(ReviewScreen)
        current = screen.answer.plan.recipe if screen and screen.answer else ""
        self.push_screen(RecipeScreen(message.recipes, current), self._recipe_picked)

    @on(news.Trouble)
    def _trouble(self, message: news.Trouble) -> None:
        if self.model is not None:
            self.model.stopping = False
        error = message.error
        self.notify("\n".join(part for part in (error.why, error.fix) if part), title=error.what, severity="error",
                    markup=False)  # fmt: skip

    # What screens ask for

    def look(self) -> None:
        """Attach to a run in progress; where there is none, make a plan."""
        self._background.start("look", self._jobs.look)

    def plan(self, recipe: str | None = None) -> None:
        """Work out a plan, for another recipe where one is named."""
        self._asked += 1
        asked, screen = self._asked, self._top(ReviewScreen)
        if screen:
            screen.planning()
        self._background.start(
            "plan", lambda: self._jobs.plan(asked, recipe), failed=lambda error: news.PlanFailed(asked, error)
        )

    def launch(self) -> None:
        """Start the engine for the plan that is shown."""
        screen = self._top(ReviewScreen)
        if screen is None or self._launching:
            return
        self._launching = True
        screen.launching()
        asked = self._asked
        self._background.start("start", self._jobs.start, failed=lambda error: news.PlanFailed(asked, error))

    def follow(self, run: RunFolder) -> None:
        """Show a run from its first event on."""
        from installer.ui.screens.progress import ProgressScreen

        model = self.model = RunModel(run, self.clock)
        follower = Follower(run, lambda: self.session.tail(run))
        self._background.repeat("follow", follower.step, POLL_S, on=lambda: not follower.ended and self.model is model)
        self._show(ProgressScreen(model))

    def show_end_if_over(self) -> None:
        """Go on to the last screen once the run is over and its progress is what is looked at."""
        from installer.ui.screens.confirm import ConfirmScreen
        from installer.ui.screens.end import EndScreen
        from installer.ui.screens.progress import ProgressScreen

        if self.model is None or not self.model.over or not self.is_running:
            return
        asking = isinstance(self.screen, ConfirmScreen)
        below = self.screen_stack[-2] if asking else self.screen
        if isinstance(below, ProgressScreen) and below.LIVE:
            self._show(EndScreen(self.model))

    def review(self) -> None:
        """Back to a plan, made anew."""
        self.model = None
        self._show(ReviewScreen(plan_at_once=True))

    def _show(self, screen: DeployScreen) -> None:
        """Show this one instead of the one before, without whatever was opened on top of that."""
        while len(self.screen_stack) > LOWEST:
            self.pop_screen()
        self.switch_screen(screen)

    def pick_recipe(self) -> None:
        self._background.start("recipes", self._jobs.recipes)

    def _recipe_picked(self, name: str | None) -> None:
        if name is not None:
            self.plan(name)

    def ask_cancel(self) -> None:
        """Cancel the run, if the person means it."""
        self._ask(CANCEL_RUN, self._cancel)

    def _cancel(self, sure: bool | None) -> None:
        model = self.model
        if sure and model is not None and not model.over:
            model.stopping = True
            self._background.start("cancel", lambda: self._jobs.cancel(model.run))

    def stop_server(self) -> None:
        """Stop the model server, if the person means it."""
        self._ask(STOP_SERVER, self._stop_server)

    def _stop_server(self, sure: bool | None) -> None:
        if sure:
            self._background.start("stop-server", self._jobs.stop_server)

    @on(news.ServerStopped)
    def _after_server(self) -> None:
        self.notify("The model server is stopped.", markup=False)
        if self._top(ReviewScreen):
            self.plan()

    def _ask(self, question: Question, answered: Callable[[bool | None], None]) -> None:
        from installer.ui.screens.confirm import ConfirmScreen

        self.push_screen(ConfirmScreen(question), answered)

    def open_log(self, stage: int = ALL) -> None:
        from installer.ui.screens.log import LogScreen

        if self.model is not None:
            self.push_screen(LogScreen(self.model, stage))

    def read_log(self, stage: int) -> None:
        """Read the log file of a stage; it arrives as `LogRead`."""
        if self.model is not None:
            run = self.model.run
            self._background.start("log", lambda: self._jobs.stage_log(run, stage))

    def open_stages(self) -> None:
        from installer.ui.screens.progress import PastScreen

        if self.model is not None:
            self.push_screen(PastScreen(self.model))

    def copy(self, text: str, what: str) -> None:
        """Copy what is selected, else `text`, through the terminal."""
        chosen = self.screen.get_selected_text()
        self.copy_to_clipboard(chosen or text)
        self.notify(f"{'The selection' if chosen else what} was handed to the clipboard.", markup=False)

    # Keys that are the same everywhere

    def action_keys(self) -> None:
        from installer.ui.screens.help import HelpScreen

        if isinstance(self.screen, DeployScreen):
            self.push_screen(HelpScreen(self.screen.ABOUT, keys_of(self.screen)))

    async def action_back(self) -> None:
        if len(self.screen_stack) > LOWEST:
            self.pop_screen()
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """Leave; a run that is going on goes on."""
        self._background.leave()
        self.exit(return_code=exit_code(self.model, self._top(ReviewScreen)))

    async def action_quit(self) -> None:
        self.action_leave()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        yield from (command for command in super().get_system_commands(screen) if command.title in KEPT_COMMANDS)
        yield from commands_of(screen)

    def _screens(self) -> list[DeployScreen]:
        """Our screens that can be written to; none while the app closes, when news may still arrive."""
        stack = self.screen_stack if self.is_running else []
        return [screen for screen in stack if isinstance(screen, DeployScreen) and screen.composed]

    def _top(self, kind: type[S]) -> S | None:
        return next((screen for screen in reversed(self._screens()) if isinstance(screen, kind)), None)


def run_app(session: Session) -> int:
    """Show the screen until it is left; the exit code. What there is to say afterwards goes to stderr."""
    app = DeployApp(session)
    app.run()
    said = farewell(app.model)
    if said:
        sys.stderr.write(said + "\n")
    return app.return_code or 0
