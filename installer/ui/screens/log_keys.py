"""The keys of a log, for every screen that shows one: they work wherever the focus is."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from installer.core.text.languages import _
from installer.ui.screens.base import DeployScreen
from installer.ui.widgets.log_pane import LogPane

LOG_ACTIONS = ("search", "hit", "error", "level", "wrap", "times", "explain", "follow", "scroll_log")


class LogKeys(DeployScreen):
    """A screen with one `LogPane`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", _("search"), key_display="/", priority=True, tooltip=_("search the log")),
        Binding("n", "hit(1)", _("next match"), show=False),
        Binding("N", "hit(-1)", _("previous match"), show=False),
        Binding("e", "error(1)", _("next error"), show=False),
        Binding("E", "error(-1)", _("previous error"), show=False),
        Binding("L", "level", _("all lines, warnings, errors"), show=False),
        Binding("w", "wrap", _("wrap long lines"), show=False),
        Binding("t", "times", _("times"), show=False),
        Binding("i", "explain", _("what is known about the marked line"), show=False),
        Binding("f,end", "follow", _("follow the newest line"), key_display="f", show=False),
        Binding("pageup", "scroll_log(-1)", _("scroll the log up"), show=False),
        Binding("pagedown", "scroll_log(1)", _("scroll the log down"), show=False),
    ]

    @property
    def log_pane(self) -> LogPane:
        return self.query_one(LogPane)

    def action_search(self) -> None:
        self.log_pane.action_search()

    def action_hit(self, step: int) -> None:
        self.log_pane.action_hit(step)

    def action_error(self, step: int) -> None:
        self.log_pane.action_error(step)

    def action_level(self) -> None:
        self.log_pane.action_level()

    def action_wrap(self) -> None:
        self.log_pane.action_wrap()

    def action_times(self) -> None:
        self.log_pane.action_times()

    def action_explain(self) -> None:
        self.log_pane.action_explain()

    def action_follow(self) -> None:
        self.log_pane.action_follow()

    def action_scroll_log(self, pages: int) -> None:
        self.log_pane.scroll_pages(pages)
