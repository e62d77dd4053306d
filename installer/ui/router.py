"""Maps intents and news to controllers and screens: the one place that knows both. Does nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from installer.core.text.languages import _, translated
from installer.ui import intents, messages
from installer.ui.controllers.deploying import Deploying
from installer.ui.controllers.history import HistoryController
from installer.ui.controllers.serving import Serving
from installer.ui.key_bindings import keys_of
from installer.ui.screens.base import DeployScreen

if TYPE_CHECKING:
    from installer.ui.background import Background
    from installer.ui.board import Board
    from installer.ui.bridge import Session
    from installer.ui.controllers.shell import Shell

Handlers = dict[type[Any], Callable[[Any], object]]


class Router:
    """Takes what bubbles up to the app."""

    def __init__(self, session: Session, board: Board, background: Background, shell: Shell) -> None:
        self._board, self._shell = board, shell
        self.deploying = Deploying(session, board, background, shell)
        self.serving = Serving(session, board, background, shell)
        self.remembering = HistoryController(session, board, background, shell)
        self._home = session.home
        self._background = background
        self._usual: Handlers = {**self._intents(), **self._opening(), **self._serving(), **self._background_handlers()}
        self._ways = dict(self._usual)

    def instead(self, ways: Handlers) -> None:
        """From now on these are the ways of these messages."""
        self._ways.update(ways)

    def take(self, message: intents.Intent | messages.BackgroundMessage) -> None:
        """Whatever it is that has to be done about it."""
        self._ways[type(message)](message)

    def _intents(self) -> Handlers:
        deploying, shell = self.deploying, self._shell
        return {
            intents.Attach: lambda _: deploying.attach(),
            intents.Plan: deploying.plan,
            intents.Deploy: lambda _: deploying.deploy(),
            intents.CheckSettings: deploying.check,
            intents.Choose: lambda _: deploying.choose(),
            intents.BackToPlan: lambda intent: self._to_plan(
                intents.Plan(intent.recipe, settings=intent.settings, deploy=intent.deploy)
            ),
            intents.ChangeSettings: lambda _: self._change_settings(),
            intents.NameModel: lambda _: self._name_model(),
            intents.OpenRun: lambda intent: deploying.follow(intent.run),
            intents.OpenEnd: lambda _: deploying.open_end(),
            intents.RingAtEnd: lambda _: deploying.ring(),
            intents.Cancel: lambda _: deploying.cancel(),
            intents.StopServer: lambda _: self.serving.stop(),
            intents.Explain: lambda intent: deploying.explain(intent.lines),
            intents.Copy: lambda intent: shell.copy(intent.text, intent.what),
            intents.Back: lambda _: self._back(),
            intents.Leave: lambda _: shell.leave(),
        }

    def _opening(self) -> Handlers:
        shell = self._shell
        return {
            intents.OpenStages: lambda _: self._open_stages(),
            intents.OpenLog: self._open_log,
            intents.OpenFlags: self._open_flags,
            intents.OpenPast: self._open_past,
            intents.ReplayPast: self._replay_past,
            intents.Go: lambda intent: shell.go(intent.place),
            intents.Help: lambda _: self._help(),
        }

    def _serving(self) -> Handlers:
        serving, remembering = self.serving, self.remembering
        return {
            intents.WatchServer: lambda _: serving.count(),
            intents.Say: serving.say,
            intents.StopAnswer: lambda _: serving.stop_answer(),
            intents.Try: serving.attempt,
            intents.Benchmark: lambda _: serving.benchmark(),
            intents.ShowKey: lambda _: serving.read_key(),
            intents.RestartServer: lambda _: serving.restart(),
            intents.Remember: lambda _: remembering.read(),
            intents.RollBack: remembering.roll_back,
            intents.DeleteRun: remembering.delete_run,
            intents.DeleteGeneration: remembering.delete_generation,
            intents.OpenIncidents: lambda _: self._open_incidents(),
            intents.MakeTicket: remembering.make_ticket,
            messages.ServerPastRead: serving.past_read,
            messages.TicketMade: remembering.ticket_made,
            messages.TicketWritten: remembering.ticket_written,
            messages.ServerLogGrown: lambda _: self._board.tell(lambda screen: screen.server_log_grown()),
            messages.Counted: lambda message: self._board.tell(lambda screen: screen.counted(message.figures)),
            messages.AnswerGrown: lambda message: self._board.tell(lambda screen: screen.answer_grown(message.piece)),
            messages.Tried: lambda message: self._board.tell(lambda screen: screen.tried(message)),
            messages.Benchmarked: lambda message: self._board.tell(lambda screen: screen.benchmarked(message)),
            messages.KeyRead: lambda message: self._board.tell(lambda screen: screen.key_read(message.key)),
            messages.ExamplesRead: lambda message: self._board.tell(
                lambda screen: screen.examples_read(message.examples)
            ),
            messages.Remembered: remembering.remembered,
            messages.Sized: lambda message: self._board.tell(lambda screen: screen.sized(message.sizes)),
            messages.RolledBack: remembering.rolled_back,
        }

    def _background_handlers(self) -> Handlers:
        deploying, serving = self.deploying, self.serving
        return {
            messages.RunningRead: deploying.running_read,
            messages.Planned: deploying.planned,
            messages.PlanFailed: deploying.plan_failed,
            messages.Listed: deploying.listed,
            messages.RecipesRead: self._recipes_read,
            messages.Assessed: deploying.assessed,
            messages.SettingsChecked: lambda message: self._board.tell(lambda screen: screen.settings_checked(message)),
            messages.Launched: self._launched,
            messages.RunAdvanced: deploying.advanced,
            messages.CauseFound: deploying.cause_found,
            messages.Explained: self._explained,
            messages.Measured: self._measured,
            messages.PriceRead: deploying.price_read,
            messages.TookRead: deploying.took_read,
            messages.ServerPolled: serving.polled,
            messages.ServerStopped: lambda _: serving.stopped(deploying.plan),
            messages.TapeRead: self._tape_read,
            messages.Trouble: self._trouble,
        }

    def _replay_past(self, intent: intents.ReplayPast) -> None:
        from installer.ui.replay.tape import tape_of

        self._background.start("tape", lambda: messages.TapeRead(tape_of(self._home.run(intent.run))))

    def _tape_read(self, message: messages.TapeRead) -> None:
        from installer.ui.controllers.replaying import Replaying

        tapes = [(message.tape, _("recording of {id}").format(id=message.tape.run.id))]
        playing = Replaying(
            tapes, self._board, self._background, self._shell, deploying=self.deploying, speed=1.0, leave=self._played
        )
        self._shell.go("deploy")
        self.instead(playing.ways())
        playing.begin()

    def _played(self) -> None:
        self._to_plan()
        self._shell.go("history")

    def _launched(self, message: messages.Launched) -> None:
        self._ways = dict(self._usual)
        self._shell.go("deploy")
        self.deploying.launched(message)

    def _open_past(self, intent: intents.OpenPast) -> None:
        self._ways = dict(self._usual)
        self._shell.go("deploy")
        self.deploying.follow(self._home.run(intent.run))

    def _change_settings(self) -> None:
        self._to_plan()
        self.deploying.choose()

    def _name_model(self) -> None:
        from installer.ui.screens.model import ModelScreen

        def named(model: str | None) -> None:
            if model:
                self._to_plan(intents.Plan(model=model))

        self._shell.open(ModelScreen(), named)

    def _to_plan(self, wanted: intents.Plan | None = None) -> None:
        from installer.ui.screens.review import ReviewScreen

        self._ways = dict(self._usual)
        self._board.run = None
        self._shell.go("deploy")
        self._shell.replace(ReviewScreen(self._board, plan_at_once=wanted or intents.Plan()))

    def _back(self) -> None:
        """One step: close the top dialog, go from an earlier run to the plan, from the plan out of the app."""
        run = self._board.run
        if not self._shell.alone:
            self._shell.close()
        elif run is not None and run.over:
            self._to_plan()
        else:
            self._shell.leave()

    def _open_stages(self) -> None:
        from installer.ui.screens.progress import PastScreen

        if self._board.run is not None:
            self._shell.open(PastScreen(self._board, self._board.run))

    def _open_log(self, intent: intents.OpenLog) -> None:
        from installer.ui.screens.log import LogScreen

        if self._board.run is not None:
            self._shell.open(LogScreen(self._board, self._board.run, intent.stage, intent.row))

    def _open_incidents(self) -> None:
        from installer.ui.screens.incidents import IncidentsScreen

        self._shell.open(IncidentsScreen(self._board))
        self.serving.read_past()

    def _open_flags(self, intent: intents.OpenFlags) -> None:
        from installer.ui.screens.flags import FlagScreen

        self._shell.open(FlagScreen(intent.recipe, intent.flags))

    def _help(self) -> None:
        from installer.ui.screens.help import HelpScreen

        top = self._shell.on_top
        if isinstance(top, DeployScreen):
            own, keys = keys_of(top)
            self._shell.open(HelpScreen(top.ABOUT, keys, top.about_focus, own))

    def _recipes_read(self, message: messages.RecipesRead) -> None:
        from installer.ui.screens.choose import ChooseScreen

        board = self._board
        if board.planned is not None:
            board.verdicts.setdefault(board.planned.plan.recipe, board.planned.plan)
        ran = board.run.view.recipe if board.run else ""
        current = board.planned.plan.recipe if board.planned else ran
        screen = ChooseScreen(board, message.recipes, current, message.settings)
        self._shell.open(screen)
        names = [recipe.name for recipe in message.recipes]
        self.deploying.assess(names, lambda: screen in board.listeners or not screen.composed)

    def _explained(self, message: messages.Explained) -> None:
        from installer.ui.screens.explained import ExplainedScreen

        self._shell.open(ExplainedScreen(message.cause))

    def _measured(self, message: messages.Measured) -> None:
        self._board.reading = message.reading
        self._board.past.append(message.reading)
        self._board.show(lambda screen: screen.measured(message.reading))

    def _trouble(self, message: messages.Trouble) -> None:
        self.deploying.trouble()
        error = message.error
        words = "\n".join(translated(part) for part in (error.why, error.fix) if part)
        self._shell.say(words, title=translated(error.what), severity="error")
