"""Plan, start, follow and cancel: what the place `deploy` can do."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from installer.core.errors import DeployError
from installer.core.outcomes import Verdict
from installer.core.text.languages import _
from installer.ui import intents, messages
from installer.ui.questions import CANCEL_RUN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.message import Message

    from installer.core.runs.home import RunFolder
    from installer.knowledge.parameters import Parameter
    from installer.ui.background import Background
    from installer.ui.board import Board
    from installer.ui.bridge import Session
    from installer.ui.controllers.shell import Shell
    from installer.ui.run_model import RunModel

POLL_S = 0.1
FLAGS = "server.flags."
TOOK_AFTER_S = 1.0
"""Earlier runs are read once the one in progress is shown: their journals may be long."""
LISTED = 30
"""Earlier runs that the palette lists."""
RINGS = _("The terminal's bell rings when the run ends.")
RINGS_NOT = _("The terminal's bell does not ring when the run ends.")


class Deploying:
    """Every slow question is asked in the background; the answers come back as messages."""

    def __init__(self, session: Session, board: Board, background: Background, shell: Shell) -> None:
        self._session, self._board, self._background, self._shell = session, board, background, shell
        self._asked = 0
        self._goes_on = False
        """Whether the plan that is being made is deployed as soon as it works."""
        self._live = False
        """Whether the run that is followed was going on when it was opened."""
        self._launching = False
        self._one_plan, self._one_check = threading.Lock(), threading.Lock()
        self._typed: intents.CheckSettings | None = None
        """What is in the form by now."""

    # What is wanted

    def attach(self) -> None:
        self._background.start("look", lambda: messages.RunningRead(self._session.running()))

    def plan(self, wanted: intents.Plan) -> None:
        self._asked += 1
        self._goes_on = wanted.deploy
        asked, board = self._asked, self._board
        board.planned, board.error = None, None
        board.tell(lambda screen: screen.planning())
        self._background.start(
            "plan", lambda: self._planned(asked, wanted), failed=lambda error: messages.PlanFailed(asked, error)
        )

    def deploy(self) -> None:
        """Start the installer process for the plan that is shown."""
        if self._launching or self._board.planned is None:
            return
        self._launching = True
        self._board.tell(lambda screen: screen.launching())
        asked = self._asked
        self._background.start(
            "start",
            lambda: messages.Launched(self._session.start()),
            failed=lambda error: messages.PlanFailed(asked, error),
        )

    def choose(self) -> None:
        self._background.start(
            "recipes", lambda: messages.RecipesRead(self._session.recipes(), self._session.settings_so_far())
        )

    def check(self, intent: intents.CheckSettings) -> None:
        """What was typed since then is checked by a question of its own, and the older one is dropped."""
        self._typed = intent
        self._background.start("check-settings", lambda: self._checked(intent))

    def assess(self, names: Sequence[str], wanted: Callable[[], bool]) -> None:
        """Check the recipes that were not, one after the other, while they are shown."""
        left = [name for name in names if name not in self._board.verdicts]

        def step() -> Message:
            name = left.pop(0)
            try:
                return messages.Assessed(name, self._session.assess(name))
            except DeployError as error:
                return messages.Assessed(name, error)

        self._background.repeat("check", step, 0.0, on=lambda: bool(left) and wanted())

    def assessed(self, message: messages.Assessed) -> None:
        self._board.verdicts[message.recipe] = message.verdict
        self._board.tell(lambda screen: screen.assessed(message.recipe))

    def follow(self, run: RunFolder, *, film: bool = False) -> None:
        """Show a run from its first event on."""
        from installer.ui.follow import Follower
        from installer.ui.run_model import RunModel
        from installer.ui.screens.progress import ProgressScreen

        board, self._live = self._board, film
        model = board.run = RunModel(run, board.clock)
        follower = Follower(run, model.rows, lambda: self._session.pulse(run))
        self._background.repeat(
            "follow", follower.step, POLL_S, on=lambda: not follower.ended and board.run is model,
            at_once=lambda: follower.behind,
        )  # fmt: skip
        self._background.start("price", lambda: messages.PriceRead(self._session.price()))
        self._shell.replace(ProgressScreen(board, model))
        if film:
            self._shell.film(run)

    def cancel(self) -> None:
        self._shell.ask(CANCEL_RUN, self._cancel)

    def explain(self, lines: Sequence[str]) -> None:
        self._background.start("explain", lambda: messages.Explained(self._session.cause(lines)))

    # What is told

    def running_read(self, message: messages.RunningRead) -> None:
        if message.running is not None:
            self.follow(message.running, film=True)
            self._list(after_s=TOOK_AFTER_S)
        else:
            self.plan(intents.Plan())

    def planned(self, message: messages.Planned) -> None:
        if message.asked == self._asked:
            self._list()
            self._board.planned, self._board.error = message, None
            self._board.tell(lambda screen: screen.planned(message))
            if self._goes_on and message.plan.verdict == Verdict.WORKS and message.plan.deployable:
                self.deploy()

    def plan_failed(self, message: messages.PlanFailed) -> None:
        self._launching = False
        if message.asked == self._asked:
            self._list()
            self._board.error = message.error
            self._board.tell(lambda screen: screen.plan_failed(message.error))

    def listed(self, message: messages.Listed) -> None:
        self._board.listed = message

    def launched(self, message: messages.Launched) -> None:
        self._launching = False
        self.follow(message.run, film=True)

    def advanced(self, message: messages.RunAdvanced) -> None:
        model = self._board.run
        if model is None or message.run != model.run:
            return
        just_ended = message.ended and not model.ended
        recipe = message.view.recipe
        if self._live and recipe and not model.view.recipe:
            self._background.start(
                "took", lambda: messages.TookRead(model.run, self._session.took(recipe)), after_s=TOOK_AFTER_S
            )
        model.take(message)
        self._board.tell(lambda screen: screen.advanced())
        if just_ended and self._board.rings:
            self._shell.bell()
        if just_ended and model.failure is not None:
            from installer.ui.follow import DRAWN_S

            self._background.start("cause", lambda: self._cause(model), after_s=DRAWN_S)
        self.open_end()

    def took_read(self, message: messages.TookRead) -> None:
        model = self._board.run
        if model is not None and message.run == model.run:
            model.usual = message.seconds
            self._board.tell(lambda screen: screen.advanced())

    def price_read(self, message: messages.PriceRead) -> None:
        self._board.price = message.price

    def ring(self) -> None:
        """Anyone who goes for a coffee is called back."""
        self._board.rings = not self._board.rings
        self._shell.say(RINGS if self._board.rings else RINGS_NOT)

    def cause_found(self, message: messages.CauseFound) -> None:
        model = self._board.run
        if model is not None and message.run == model.run:
            model.take_cause(message)
            self._board.tell(lambda screen: screen.cause_found())

    def open_end(self) -> None:
        """Go on to how the run ended, once it is over and its progress is shown."""
        from installer.ui.screens.confirm import ConfirmScreen
        from installer.ui.screens.end import EndScreen
        from installer.ui.screens.progress import ProgressScreen

        model, shell = self._board.run, self._shell
        if model is None or not model.over or not shell.is_running:
            return
        top = shell.on_top
        if isinstance(top, ConfirmScreen):
            shell.close()
            top = shell.on_top
        if isinstance(top, ProgressScreen) and top.LIVE:
            shell.replace(EndScreen(self._board, model))

    def trouble(self) -> None:
        """Something did not go as asked: a cancel may be requested again."""
        if self._board.run is not None:
            self._board.run.stopping = False

    # Jobs of the background

    def _planned(self, asked: int, wanted: intents.Plan) -> Message:
        """One at a time: a choice and its plan belong together."""
        session = self._session
        with self._one_plan:
            if wanted.anew and wanted.recipe is not None:
                session.choose(wanted.recipe, wanted.profile, wanted.settings)
            elif wanted.recipe is not None or wanted.profile is not None or wanted.settings or wanted.model:
                session.select(wanted.recipe, wanted.profile, wanted.settings, wanted.model)
            plan = session.plan()
            title = next((each.title for each in session.recipes() if each.name == plan.recipe), "")
            return messages.Planned(
                asked, plan, title, session.server(), session.latest(), session.flags(), session.took(plan.recipe)
            )

    def _list(self, *, after_s: float = 0.0) -> None:
        """Read what the palette offers, behind what is shown."""
        session = self._session
        self._background.start(
            "list",
            lambda: messages.Listed([each.name for each in session.recipes()], session.past()[:LISTED]),
            after_s=after_s,
        )

    def _checked(self, intent: intents.CheckSettings) -> Message | None:
        recipe, settings = intent.recipe, intent.settings
        with self._one_check:
            if intent is not self._typed:
                return None
            why = self._session.check_settings(recipe, settings)
            blockers = () if why else self._session.blockers_of_settings(recipe, settings)
            return messages.SettingsChecked(recipe, settings, why, blockers, self._flag(recipe, settings[-1]))

    def _flag(self, recipe: str, setting: str) -> Parameter | None:
        key, _, _ = setting.partition("=")
        return self._session.explain_flag(recipe, key.removeprefix(FLAGS)) if key.startswith(FLAGS) else None

    def _cause(self, model: RunModel) -> Message:
        lines, numbers = model.failed_lines()
        cause = self._session.cause(lines) if lines else None
        return messages.CauseFound(model.run, cause, model.row_of(cause, numbers), self._session.earlier_generations())

    def _cancel(self) -> None:
        model = self._board.run
        if model is not None and not model.over:
            model.stopping = True
            self._background.start("cancel", lambda: self._session.cancel(model.run))


def measured(session: Session) -> Message | None:
    """A reading of the machine; a meter that fails is not worth a word."""
    try:
        return messages.Measured(session.meters())
    except (DeployError, OSError):
        return None
