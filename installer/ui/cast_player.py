"""The app that plays a recording of a terminal: pictures as they were, with the keys of `replay`. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from installer.core.runs.terminal_frames import Showing
from installer.core.text.languages import _
from installer.core.text.numbers import is_whole
from installer.ui.replay.playhead import Playhead
from installer.ui.replay.tape import Mark
from installer.ui.theme import OWN, preferred
from installer.ui.widgets.key_line import KeyLine
from installer.ui.widgets.play_bar import PlayBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from installer.core.runs.cast import Cast

_TICK_S = 0.1
_NEAR_S = 2.0


def marks_of(cast: Cast) -> tuple[Mark, ...]:
    """The marks of a recording as places to jump to."""
    return tuple(Mark(one.at, one.text, _stage(one.text), one.text.startswith("failed")) for one in cast.marks)


def _stage(name: str) -> int | None:
    first = name.partition(" ")[0]
    return int(first) if is_whole(first) else None


class CastApp(App[None]):
    TITLE = "deploy-tui"
    CSS = "#shown { height: 1fr; } #shown Static { width: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "play", _("play, pause"), priority=True),
        Binding("left", "wind(-5)", _("back"), key_display="←", priority=True),
        Binding("right", "wind(5)", _("forward"), key_display="→", priority=True),
        Binding("plus,equals_sign", "pace(1)", _("faster"), key_display="+"),
        Binding("minus", "pace(-1)", _("slower"), key_display="-"),
        Binding("right_square_bracket", "jump(1)", _("next stage"), key_display="]"),
        Binding("left_square_bracket", "jump(-1)", _("previous stage"), key_display="["),
        Binding("x", "failure", _("failure")),
        Binding("0,home", "wind(-1e9)", _("beginning"), key_display="0", show=False, priority=True),
        Binding("end", "wind(1e9)", _("end"), show=False, priority=True),
        Binding("q,escape", "quit", _("leave"), key_display="q"),
    ]

    def __init__(self, cast: Cast, words: str, *, speed: float, at: float) -> None:
        super().__init__()
        self.cast, self.marks, self._words = cast, marks_of(cast), words
        self.head = Playhead(cast.seconds, speed)
        self.head.move(at)
        self._showing, self._shown_at = Showing(cast), 0.0
        for theme in OWN:
            self.register_theme(theme)
        self.theme = preferred() or self.theme

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="shown"):
            yield Static(markup=False)
        yield PlayBar()
        yield KeyLine()

    def on_mount(self) -> None:
        bar = self.query_one(PlayBar)
        bar.marks, bar.words = self.marks, self._words
        self.set_interval(_TICK_S, self._draw)
        self._draw()

    def action_play(self) -> None:
        if self.head.over:
            self.head.move(0.0)
            self.head.play(True)
        else:
            self.head.play(not self.head.playing)

    def action_wind(self, seconds: float) -> None:
        self.head.move(self.head.at + seconds)

    def action_pace(self, step: int) -> None:
        self.head.pace(step)

    def action_jump(self, step: int) -> None:
        self.head.move(_neighbour([mark.at for mark in self.marks], self.head.at, step, self.head.seconds))

    def action_failure(self) -> None:
        failed = next((mark for mark in self.marks if mark.failure), None)
        if failed is not None:
            self.head.move(failed.at)

    def _draw(self) -> None:
        at = self.head.at
        if at < self._shown_at:
            self._showing = Showing(self.cast)
        self._showing.to(at)
        self._shown_at = at
        rows = Text("\n").join(map(Text.from_ansi, self._showing.rows))
        self.query_one(Static).update(Content.from_rich_text(rows))
        bar = self.query_one(PlayBar)
        bar.at, bar.seconds, bar.speed, bar.playing = at, self.head.seconds, self.head.speed, self.head.playing


def _neighbour(marks: Sequence[float], at: float, step: int, end: float) -> float:
    if step > 0:
        return next((place for place in marks if place > at + 0.001), end)
    return next((place for place in reversed(marks) if place < at - _NEAR_S), 0.0)


def play(cast: Cast, words: str, *, speed: float, at: float) -> int:
    """Show a recording until it is left."""
    CastApp(cast, words, speed=speed, at=at).run()
    return 0
