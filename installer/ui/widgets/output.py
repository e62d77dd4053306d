"""The log pane: plain lines, appended in batches, following the newest unless the reader scrolled up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.highlighter import Highlighter
from textual.geometry import Size
from textual.message import Message
from textual.widgets import Log

from installer.ui.transcript import MAX_LINES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.style import Style
    from rich.text import Text
    from textual import events

MARKED = {"▸": "stage", "✓": "good", "=": "good", "$": "command", "·": "quiet", "!": "warning", "◂": "warning"}
MARKED |= {"✗": "bad", "–": "quiet", "?": "warning", "×": "warning", "i": "stage"}


class OutputLog(Log):
    """Shows lines that others wrote; they are never taken as markup."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"output--{kind}" for kind in ("stage", "good", "bad", "warning", "command", "quiet")
    }
    DEFAULT_CSS = """
    OutputLog {
        background: $surface;
        scrollbar-size-horizontal: 0;
        scrollbar-size-vertical: 1;
        &:focus { background-tint: $foreground 0%; }
    }
    OutputLog .output--stage { color: $text-primary; text-style: bold; }
    OutputLog .output--good { color: $text-success; }
    OutputLog .output--bad { color: $text-error; text-style: bold; }
    OutputLog .output--warning { color: $text-warning; }
    OutputLog .output--command { color: $text-secondary; }
    OutputLog .output--quiet { color: $foreground-muted; }
    """

    @dataclass
    class Followed(Message):
        """Whether the newest line is kept in view changed."""

        following: bool

    def __init__(self, *, numbered: bool = False, id: str | None = None) -> None:
        super().__init__(highlight=True, max_lines=MAX_LINES, id=id)
        self.numbered = numbered
        """Whether every line starts with the number of its stage."""
        self.following = True
        self.highlighter = _Marks(lambda: self.numbered, self._look)

    def fill(self, lines: Sequence[str], *, numbered: bool) -> None:
        """Show these lines instead, from the newest."""
        self.numbered = numbered
        self.clear()
        self.append(lines)
        self.follow()

    def append(self, lines: Sequence[str]) -> None:
        """Add lines in one go."""
        if lines:
            self.write_lines([line or " " for line in lines], scroll_end=False)
            if self.following:
                self.scroll_end(animate=False, immediate=True, x_axis=False)

    def follow(self) -> None:
        """Keep the newest line in view from now on."""
        self._set_following(True)
        self.scroll_end(animate=False, immediate=True, x_axis=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value and new_value < self.max_scroll_y:
            self._set_following(False)
        elif self.is_vertical_scroll_end:
            self._set_following(True)

    def on_resize(self, event: events.Resize) -> None:
        if self.following:
            self.scroll_end(animate=False, immediate=True, x_axis=False)

    def _set_following(self, following: bool) -> None:
        if following != self.following:
            self.following = following
            self.post_message(self.Followed(following))

    def _update_size(self, updates: int, lines: list[str]) -> None:  # type: ignore[override]
        """Measured at once: the base class starts a thread for every batch, which may outlive the screen."""
        if updates == self._updates and lines:
            widest = max(len(line) if line.isascii() else cell_len(line) for line in lines)
            self._width = max(self._width, widest)
            self.virtual_size = Size(self._width, self.line_count)

    def _look(self, kind: str) -> Style:
        return self.get_component_rich_style(f"output--{kind}")


class _Marks(Highlighter):
    """Colours a line by the mark that it starts with."""

    def __init__(self, numbered: Callable[[], bool], look: Callable[[str], Style]) -> None:
        self._numbered = numbered
        self._look = look

    def highlight(self, text: Text) -> None:
        start = 4 if self._numbered() else 0
        if start:
            text.stylize(self._look("quiet"), 0, start)
        if text.plain[start + 1 : start + 2] == " ":
            kind = MARKED.get(text.plain[start : start + 1])
            if kind:
                text.stylize(self._look(kind), start)
