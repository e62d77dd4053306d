"""The log over the whole screen, of all stages or of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content

from installer.core.text.languages import _, translated
from installer.ui.intents import Back
from installer.ui.log.line import ALL
from installer.ui.screens.base import HELP
from installer.ui.screens.log_keys import LogKeys
from installer.ui.widgets.key_line import KeyLine
from installer.ui.widgets.log_pane import LogPane
from installer.ui.widgets.title import TitleBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from installer.ui.board import Board
    from installer.ui.run_model import RunModel


class LogScreen(LogKeys):
    """Follows the run like the small pane does."""

    MORE = ("wrap", "times", "all")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "error(1)", _("error"), tooltip=_("next error")),
        Binding("L", "level", _("level"), tooltip=_("all lines, warnings and errors, errors only")),
        Binding("w", "wrap", _("wrap"), show=False, tooltip=_("wrap long lines")),
        Binding("i", "explain", _("explain"), tooltip=_("what is known about the marked line")),
        Binding("y", "copy", _("copy"), tooltip=_("copy the marked line, what is in view, or what is selected")),
        Binding("right_square_bracket", "other(1)", _("next stage"), key_display="]", show=False),
        Binding("left_square_bracket", "other(-1)", _("stage before"), key_display="[", show=False),
        Binding("a", "all", _("all stages"), show=False),
        *HELP,
        Binding("escape,l,q", "close", _("back"), key_display="esc"),
    ]
    ABOUT = _("Arrows, page up and page down scroll; long lines scroll sideways. Log files are in the run's folder.")

    def __init__(self, board: Board, model: RunModel, stage: int, row: int | None = None) -> None:
        super().__init__(board)
        self.model = model
        self.stage = stage
        self._row = row

    def compose(self) -> ComposeResult:
        yield TitleBar()
        yield LogPane(id="whole")
        yield KeyLine()

    def begin(self) -> None:
        self._load()
        self.log_pane.view.focus()
        if self._row is not None:
            self.call_after_refresh(self.log_pane.show_row, self._row)

    def advanced(self) -> None:
        self.log_pane.grown()

    def _load(self) -> None:
        stage = self.model.stage(self.stage)
        words = (
            _("log, stage {number} {name}").format(number=stage.number, name=stage.name)
            if stage
            else _("log, all stages")
        )
        self.log_pane.show(self.model.rows, words, stage=self.stage)
        self._entitle()

    @on(LogPane.Followed)
    def _entitle(self) -> None:
        title = self.query_one(TitleBar)
        title.about = translated(self.model.view.title) or self.model.view.recipe
        following = self.log_pane.view.following
        title.status = Content.styled(_("following") if following else _("scrolled back"), "$foreground-muted")

    def action_copy(self) -> None:
        self.log_pane.action_copy()

    def action_close(self) -> None:
        self.post_message(Back())

    def action_all(self) -> None:
        self.stage = ALL
        self._load()

    def action_other(self, step: int) -> None:
        numbers = [ALL, *(stage.number for stage in self.model.view.stages)]
        self.stage = numbers[(numbers.index(self.stage) + step) % len(numbers)] if self.stage in numbers else ALL
        self._load()
