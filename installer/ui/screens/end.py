"""A run that is over: the proof and how to repeat it, or what went wrong and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from installer.core.outcomes import RunState
from installer.core.text.languages import _, translated
from installer.ui.end_rows import (
    ENDED,
    failure_rows,
    failure_text,
    headline,
    next_rows,
    server_state,
    settings_of,
    success_rows,
    took,
)
from installer.ui.intents import (
    BackToPlan,
    ChangeSettings,
    Copy,
    MakeTicket,
    OpenLog,
    OpenStages,
    RestartServer,
    RollBack,
    StopServer,
)
from installer.ui.log.line import ALL
from installer.ui.plain import plain
from installer.ui.screens.base import HELP
from installer.ui.screens.log_keys import LOG_ACTIONS, LogKeys
from installer.ui.widgets.key_line import KeyLine
from installer.ui.widgets.log_pane import LogPane
from installer.ui.widgets.log_view import LogView
from installer.ui.widgets.sheet import Row, Sheet
from installer.ui.widgets.title import TitleBar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from installer.ui import messages
    from installer.ui.board import Board
    from installer.ui.run_model import RunModel


class EndScreen(LogKeys):
    """Shows how one run ended, and the current state of its server."""

    MORE = ("stages", "search")
    BINDINGS: ClassVar[list[BindingType]] = [
        # Short and few: all of them fit into a line of 80 cells, with help and the way out at its end.
        Binding(
            "slash", "search", _("search"), key_display="/", priority=True, tooltip=_("search the log"), show=False
        ),
        Binding(
            "a", "apply", _("apply"), tooltip=_("apply the setting that fixes it, and deploy as soon as the plan works")
        ),
        Binding(
            "r,enter", "retry", _("retry"), key_display="r", tooltip=_("try again: deploy as soon as a new plan works")
        ),
        Binding("b", "roll_back", _("roll back"), tooltip=_("switch back to the previous generation")),
        Binding("y", "copy", _("copy"), tooltip=_("copy the curl line, what went wrong, or what is selected")),
        Binding("c", "change", _("change"), tooltip=_("change the request: recipe, profile, settings")),
        Binding("l", "log", _("log"), tooltip=_("the log, at the cause if it is known")),
        Binding(
            "T", "ticket", _("ticket"), tooltip=_("pack the files of the run for support; shows the content first")
        ),
        Binding("s", "stages", _("stages"), show=False),
        Binding("x", "stop_server", _("stop"), tooltip=_("stop server")),
        Binding("R", "restart", _("start again"), tooltip=_("start the server again, and prove that it answers")),
        Binding("p", "plan", _("plan"), tooltip=_("back to a new plan")),
        *HELP,
        Binding("escape", "app.back", _("back"), show=False),
        Binding("q", "app.leave", _("quit")),
    ]
    ABOUT = _("The run has ended. Its journal, plan and logs stay in the home.")

    PARTS: ClassVar[Mapping[str, str]] = {
        "end": _("How the run ended, the state of the server now, and what can be done next. Arrows scroll.")
    }

    def __init__(self, board: Board, model: RunModel) -> None:
        super().__init__(board)
        self.model = model
        self._offered: object = None

    def compose(self) -> ComposeResult:
        yield TitleBar()
        with VerticalScroll(id="end"):
            yield Sheet(column=13, id="outcome")
            if self._ready:
                yield Static(plain(self.model.view.ready.curl if self.model.view.ready else ""), id="curl",
                             classes="panel", markup=False)  # fmt: skip
            yield Sheet(column=13, id="next")
        if self.model.failed_stage is not None:
            yield LogPane(id="tail")
        yield KeyLine()

    def begin(self) -> None:
        self.set_class(self.model.failed_stage is not None, "-failed")
        title = self.query_one(TitleBar)
        title.about, title.status = translated(self.model.view.title) or self.model.view.recipe, took(self.model)
        for panel in self.query("#curl"):
            panel.border_title = _("ask again")
        self._show()
        for tail in self.query("#tail"):
            tail.query_one(LogView).wrapped = True  # a few lines, each read to its end
        self.cause_found()
        self.query_one("#end").focus()

    def server_polled(self, polled: messages.ServerPolled) -> None:
        self._show()

    def cause_found(self) -> None:
        """Open the log of the failed stage at the cause, and not at its end."""
        stage = self.model.stage(self.model.failed_stage)
        if stage is not None:
            model = self.model
            where = (
                ""
                if model.cause_row is None
                else _("  ·  at the first error")
                if model.cause is None
                else _("  ·  at the cause")
            )
            words = _("log, stage {number} {name}{where}").format(number=stage.number, name=stage.name, where=where)
            self.log_pane.show(model.rows, words, stage=stage.number, end=model.undone_from)
            if self.model.cause_row is not None:
                self.call_after_refresh(self.log_pane.show_row, self.model.cause_row)
        self._show()

    def remembered(self, message: messages.Remembered) -> None:
        """Another generation is in use: what is before that, is another one."""
        now = next((each.number for each in message.generations if each.current), 0)
        self.model.generations = [each.number for each in message.generations if each.number < now]
        self._show()

    @property
    def _ready(self) -> bool:
        return self.model.view.state == RunState.DONE and self.model.view.ready is not None

    def _show(self) -> None:
        model, server = self.model, self.board.server_now
        body = (
            success_rows(model.view)
            if model.view.state == RunState.DONE
            else failure_rows(model, self._offering, server)
        )
        self.query_one("#outcome", Sheet).put([self.head(), *body])
        self.query_one("#next", Sheet).put(self.after())
        offered = (server_state(model, server), model.cause, tuple(model.generations))
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def head(self) -> Row:
        """The first line."""
        return headline(self.model, self.board.server_now)

    def after(self) -> list[Row]:
        """What can be done next."""
        return next_rows(self.model, self.board.server_now)

    def action_copy(self) -> None:
        ready = self.model.view.ready
        if self._ready and ready is not None:
            self.post_message(Copy(ready.curl, _("The curl line")))
        else:
            self.post_message(Copy(failure_text(self.model), _("What went wrong")))

    def action_retry(self) -> None:
        self.post_message(BackToPlan(deploy=True))

    def action_change(self) -> None:
        self.post_message(ChangeSettings())

    def action_plan(self) -> None:
        self.post_message(BackToPlan())

    def action_apply(self) -> None:
        if self._settings_that_help:
            self.post_message(BackToPlan(self._settings_that_help, deploy=True))

    def action_ticket(self) -> None:
        self.post_message(MakeTicket(self.model.run.id))

    def action_roll_back(self) -> None:
        self.post_message(RollBack(max(self.model.generations)))

    @property
    def _settings_that_help(self) -> tuple[str, ...]:
        """The settings that the known cause says would repair it."""
        return settings_of(self.model.cause) if self.model.cause and self.model.cause.sure else ()

    @property
    def _offering(self) -> tuple[str, ...]:
        return self._settings_that_help if self.check_action("apply", ()) else ()

    def action_log(self) -> None:
        self.post_message(OpenLog(self.model.failed_stage or ALL, self.model.cause_row))

    def action_stages(self) -> None:
        self.post_message(OpenStages())

    def action_restart(self) -> None:
        self.post_message(RestartServer())

    def action_stop_server(self) -> None:
        self.post_message(StopServer())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in LOG_ACTIONS:
            return self.model.failed_stage is not None and super().check_action(action, parameters)
        offered = self._offers().get(action)
        return super().check_action(action, parameters) if offered is None else offered

    def _offers(self) -> dict[str, bool]:
        """Actions that are there only sometimes."""
        done = self.model.view.state == RunState.DONE
        server_now = server_state(self.model, self.board.server_now)
        return {
            "stop_server": self._ready and server_now == "ready",
            "restart": self._ready and server_now in ENDED,
            "apply": bool(self._settings_that_help),
            "roll_back": not done and bool(self.model.generations),
            "ticket": not done,
            "copy": self._ready or not done,
            "retry": not done,
            "change": not done,
            "plan": done,
        }
