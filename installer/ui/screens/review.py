"""The plan, before anything happens: verdict, findings, stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from installer.core.outcomes import ServerStatus, Severity
from installer.core.text.languages import _
from installer.core.text.quantities import duration
from installer.ui.intents import Attach, Choose, Deploy, OpenFlags, OpenRun, Plan, StopServer
from installer.ui.review_rows import (
    STAGE_COLUMN,
    applicable,
    error_rows,
    finding_rows,
    stage_rows,
    verdict_rows,
)
from installer.ui.screens.base import HELP, DeployScreen
from installer.ui.widgets.key_line import KeyLine
from installer.ui.widgets.sheet import GAP, Row, Sheet, row
from installer.ui.widgets.title import TitleBar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from installer.core.errors import DeployError
    from installer.core.machine.meters import Reading
    from installer.ui.board import Board
    from installer.ui.messages import Planned

TICK_S = 0.1
OFFERED = ("deploy", "apply", "recipe", "plan", "flags", "commands", "latest", "stop_server")
"""Actions that are there only sometimes."""


class ReviewScreen(DeployScreen):
    """Waiting for a plan, a plan, or why there is none."""

    MORE = ("commands",)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,d", "deploy", _("deploy"), key_display="enter"),
        Binding("a", "apply", _("apply repair"), tooltip=_("apply the repair, and plan again")),
        Binding("r", "recipe", _("recipes"), tooltip=_("choose among the recipes")),
        Binding("full_stop", "commands", _("commands"), key_display=".", show=False, tooltip=_("show the commands")),
        Binding("p", "plan", _("plan"), tooltip=_("plan again")),
        Binding("f", "flags", _("flags"), tooltip=_("the flags of the server, explained")),
        Binding("o", "latest", _("last"), tooltip=_("last run")),
        Binding("x", "stop_server", _("stop"), tooltip=_("stop server")),
        *HELP,
        Binding("q,escape", "app.back", _("quit"), key_display="q"),
    ]
    ABOUT = _(
        "The plan is made without touching anything. Deploying runs in a separate process; "
        "closing the screen or the terminal does not stop it."
    )

    PARTS: ClassVar[Mapping[str, str]] = {
        "findings": _(
            "What prevents the plan from working and what else was found, the most severe first. Arrows scroll."
        ),
        "stages": _("What each stage would do, what it downloads, and how long it took here before. Arrows scroll."),
    }

    def __init__(self, board: Board, *, plan_at_once: Plan | None = None) -> None:
        super().__init__(board)
        self._plan_at_once = plan_at_once
        self.answer: Planned | None = None
        self.error: DeployError | None = None
        self._since = 0.0
        self._offered: tuple[bool | None, ...] = ()
        self._commands = False

    def compose(self) -> ComposeResult:
        yield TitleBar()
        yield Sheet([row("", _("Looking for a run in progress …"), "$foreground-muted")], id="verdict")
        with VerticalScroll(id="body", can_focus=False):
            with VerticalScroll(id="findings", classes="panel"):
                yield Sheet(id="finding-rows")
            with VerticalScroll(id="stages", classes="panel"):
                yield Sheet(id="stage-rows", column=STAGE_COLUMN)
        yield KeyLine()

    def begin(self) -> None:
        self.query_one("#findings").border_title = _("findings")
        self.query_one("#stages").border_title = _("stages")
        self._ticking = self.set_interval(TICK_S, self._show_waiting, pause=True)
        if self._plan_at_once:
            self.planning()
            self.post_message(self._plan_at_once)
        else:
            self.post_message(Attach())

    def planning(self) -> None:
        """A plan is being calculated."""
        self.answer, self.error, self._since = None, None, self.board.clock()
        self._ticking.resume()
        self._show_waiting()

    def planned(self, answer: Planned) -> None:
        self.answer, self.error = answer, None
        self._ticking.pause()
        plan = answer.plan
        self.query_one("#finding-rows", Sheet).put(finding_rows(plan.findings, plan.repair))
        self.query_one("#stage-rows", Sheet).put(stage_rows(plan, answer.took, commands=self._commands))
        grave = any(finding.severity != Severity.INFO for finding in plan.findings)
        body, findings, stages = (self.query_one(name) for name in ("#body", "#findings", "#stages"))
        body.move_child(findings if grave else stages, before=stages if grave else findings)
        self.set_class(bool(plan.findings), "-found")
        self.set_class(grave, "-grave")
        self.set_class(True, "-planned")
        self._title(
            Content.styled(_("planned in {seconds}").format(seconds=duration(plan.seconds)), "$foreground-muted")
        )
        self._show_verdict()
        (findings if grave else stages).focus()

    def plan_failed(self, error: DeployError) -> None:
        """No plan, or it could not be started."""
        self.error = error
        self._ticking.pause()
        self.set_class(False, "-planned")
        self._title(Content.styled(_("stopped"), "$text-error"))
        self._show(
            [*error_rows(error), GAP, row("", _("Press p to plan again, r for another recipe."), "$foreground-muted")]
        )

    def launching(self) -> None:
        self._title(Content.styled(_("starting the installer process …"), "$text-primary"))

    def measured(self, reading: Reading) -> None:
        if self.answer is not None and self.error is None:
            self._show_verdict()

    def action_deploy(self) -> None:
        self.post_message(Deploy())

    def action_apply(self) -> None:
        repair = self.answer.plan.repair if self.answer else None
        if repair is not None:
            self.post_message(Plan(repair.recipe or None, settings=repair.settings))

    def action_commands(self) -> None:
        self._commands = not self._commands
        if self.answer:
            self.query_one("#stage-rows", Sheet).put(
                stage_rows(self.answer.plan, self.answer.took, commands=self._commands)
            )

    def action_recipe(self) -> None:
        self.post_message(Choose())

    def action_plan(self) -> None:
        self.post_message(Plan())

    def action_flags(self) -> None:
        if self.answer:
            self.post_message(OpenFlags(self.answer.plan.recipe, self.answer.flags))

    def action_latest(self) -> None:
        if self.answer and self.answer.latest:
            self.post_message(OpenRun(self.answer.latest))

    def action_stop_server(self) -> None:
        self.post_message(StopServer())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "deploy":
                return self.deployable
            case "apply":
                return self.answer is not None and applicable(self.answer.plan)
            case "recipe" | "plan":
                return self.answer is not None or self.error is not None
            case "flags" | "commands":
                return self.answer is not None
            case "latest":
                return self.answer is not None and self.answer.latest is not None
            case "stop_server":
                server = self.answer.server if self.answer else None
                return server is not None and server.state in (ServerStatus.READY, ServerStatus.STARTING)
            case _:
                return super().check_action(action, parameters)

    @property
    def deployable(self) -> bool:
        """Whether there is a plan for this machine, with something to do and nothing in the way."""
        return self.answer is not None and not self.error and self.answer.plan.deployable

    def _show_waiting(self) -> None:
        spent = self.board.clock() - self._since
        self.set_class(False, "-planned")
        self._title(Content.styled(_("planning"), "$text-primary"))
        goes_on = self._plan_at_once is not None and self._plan_at_once.deploy
        then = _("It is deployed as soon as it works. q leaves before that.")
        head = Content.assemble((_("Working out the plan …  "), "bold"), (duration(spent), "$foreground-muted"))
        self._show([
            Row(Content.styled(_("▸ planning"), "bold $text-primary"), head), GAP,
            row("", _("Reads this machine, asks the package indexes for versions and sizes, and checks them against "
                "each other. Nothing is downloaded or changed."), "$foreground-muted"),
            *([GAP, row("", then, "bold")] if goes_on else []),
        ])  # fmt: skip

    def _show_verdict(self) -> None:
        if self.answer is not None:
            answer = self.answer
            self._show(verdict_rows(answer.plan, answer.title, answer.server, self.board.reading))

    def _show(self, rows: list[Row]) -> None:
        self.query_one("#verdict", Sheet).put(rows)
        offered = tuple(self.check_action(action, ()) for action in OFFERED)
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def _title(self, status: Content) -> None:
        bar = self.query_one(TitleBar)
        bar.about = self.answer.plan.recipe if self.answer else ""
        bar.status = status
