"""The rows of a log: only those in view are read and drawn. Never takes what others wrote as markup."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from installer.core.text.languages import _
from installer.ui.log.line import ALL, ERROR, WARNING, Line, message_of
from installer.ui.widgets.thumb import Thumb

if TYPE_CHECKING:
    import re

    from textual import events
    from textual.selection import Selection

    from installer.ui.log.filtered_rows import Narrowed

VOICES = ("stage", "good", "bad", "warning", "command", "quiet", "hit", "here")
_OF_LEVEL = {ERROR: "bad", WARNING: "warning"}


class LogView(ScrollView, can_focus=True):
    """Follows the newest row unless the reader scrolled up. One row may be marked (`mark`)."""

    ABOUT = _(
        "The log. Arrows scroll, sideways too. Searching, e and a click mark a line; i says what is known about it."
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"log--{voice}" for voice in VOICES}
    DEFAULT_CSS = """
    LogView {
        background: $surface;
        scrollbar-size-horizontal: 0;
        scrollbar-size-vertical: 1;
        &:focus { background-tint: $foreground 0%; }
    }
    LogView .log--stage { color: $text-primary; text-style: bold; }
    LogView .log--good { color: $text-success; }
    LogView .log--bad { color: $text-error; }
    LogView .log--warning { color: $text-warning; }
    LogView .log--command { color: $text-secondary; }
    LogView .log--quiet { color: $foreground-muted; }
    LogView .log--hit { background: $text-warning; color: $background; }
    LogView .log--here { background: $block-cursor-background; }
    """

    @dataclass
    class Followed(Message):
        """Whether the newest line is kept in view changed."""

        following: bool

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: Narrowed | None = None
        self.following = True
        self.timed = False
        """Whether the time of a row precedes it, if it is known."""
        self.wrapped = False
        self.marked: int | None = None
        self.sought: re.Pattern[str] | None = None
        self._width = 0
        self._thumb = Thumb()
        self._ground = Style()
        self._styles: dict[str, Style] = {}

    def show(self, rows: Narrowed) -> None:
        """These rows instead, from the newest."""
        self.rows, self.marked, self._width = rows, None, 0
        self.grown()
        self.follow()

    def grown(self) -> None:
        """Rows were added; a row that is looked at stays where it is."""
        extra = max(0, self.size.height - 1) if self.wrapped and self._newest_top() else 0
        self._span(Size(0 if self.wrapped else self._width, len(self.rows or ()) + extra))
        if self.following:
            self._to_newest()
        self.refresh()

    def _span(self, size: Size) -> None:
        """So much there is to scroll through.

        The whole screen is laid out for that only where a scrollbar comes or goes: a log that grows many times a second
        would have it do nothing else.
        """
        height, before = self.size.height, self.virtual_size
        if not height or (before.height > height) != (size.height > height):
            self.virtual_size = size
        elif before != size:
            self.set_reactive(LogView.virtual_size, size)
            self._move_bar()

    def follow(self) -> None:
        """Keep the newest row in view from now on."""
        self._set_following(True)
        self._to_newest()

    def mark(self, number: int | None) -> None:
        """Mark a row, and bring it into view with the rows around it."""
        self.marked = number
        if number is not None:
            self._set_following(False)
            before = self.size.height // (6 if self.wrapped else 3)
            self.scroll_to(y=max(0, number - before), animate=False, immediate=True, force=True)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Mark the row that is clicked on, where it is; a second click takes the mark away."""
        number, _line = self._place(self.top, event.y, self._room)
        if self.rows is not None and number < len(self.rows) and not self.text_selection:
            self.marked = None if number == self.marked else number
            self._set_following(self.following and self.marked is None)
            self.refresh()

    def set_wrapped(self, wrapped: bool) -> None:
        self.wrapped = wrapped
        self.scroll_to(x=0, animate=False, immediate=True, force=True)
        self.grown()

    @property
    def _room(self) -> int:
        """Cells of a line that no scrollbar covers."""
        return self.scrollable_content_region.width

    @property
    def top(self) -> int:
        """The first row in view."""
        return self.scroll_offset.y

    def text(self, number: int) -> str:
        """A row as it is copied: without gutter and time."""
        return self.rows.row(number).text if self.rows and number < len(self.rows) else ""

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What was selected with the mouse, as it is there."""
        if self.rows is None or self.wrapped:
            return None
        first = selection.start.y if selection.start else 0
        last = selection.end.y if selection.end else len(self.rows) - 1
        lines = [self._words(self.rows.row(number))[1] for number in range(first, min(last, len(self.rows) - 1) + 1)]
        return selection.extract("\n".join(["" for _ in range(first)] + lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """A scrollbar that appears once the log was scrolled already would be at the top."""
        if shown:
            self._thumb.forget()
            self._move_bar()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self.refresh()
        self._move_bar()
        if new_value < old_value and new_value < self._newest_top():
            self._set_following(False)
        elif new_value >= self._newest_top() and self.marked is None:  # a row that is looked at stays in view
            self._set_following(True)

    def _move_bar(self) -> None:
        if self.show_vertical_scrollbar:
            self._thumb.move(self.vertical_scrollbar, self.virtual_size.height, self.size, self.scroll_y)

    def on_resize(self, event: events.Resize) -> None:
        self.grown()

    def render_lines(self, crop: Region) -> list[Strip]:
        """All that are drawn at one time have their styles looked up once."""
        self._styles.clear()
        self._ground = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        width, (scroll_x, scroll_y) = self.size.width, self.scroll_offset
        if self.rows is None:
            return Strip.blank(width, self._ground)
        if self.wrapped:
            return self._wrapped_line(scroll_y, y, self._room)
        number = scroll_y + y
        if number >= len(self.rows):
            return Strip.blank(width, self._ground)
        strip = self._strip(number)
        if strip.cell_length > self._width:
            self._width = strip.cell_length
            self.call_later(self.grown)
        return strip.crop_extend(scroll_x, scroll_x + width, self._strip_style(number)).apply_offsets(scroll_x, number)

    def _wrapped_line(self, first: int, y: int, width: int) -> Strip:
        """Line `y` of the view where long rows continue below: laid out again from the first row in view."""
        number, line = self._place(first, y, width)
        if self.rows is None or number >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        return self._parts(number, width)[line].extend_cell_length(width, self._strip_style(number))

    def _place(self, first: int, y: int, width: int) -> tuple[int, int]:
        """The row that line `y` of the view belongs to, and which of its lines that is."""
        number = first
        while self.wrapped and self.rows is not None and number < len(self.rows):
            lines = len(self._parts(number, width))
            if y < lines:
                return number, y
            y -= lines
            number += 1
        return number + y, 0

    def _parts(self, number: int, width: int) -> list[Strip]:
        strip = self._strip(number)
        cuts = [*range(width, strip.cell_length, max(1, width)), strip.cell_length]
        return list(strip.divide(cuts)) or [strip]

    def _to_newest(self) -> None:
        self.scroll_to(y=self._newest_top(), animate=False, immediate=True, force=True)

    def _newest_top(self) -> int:
        """The first row in view where the newest is the last."""
        count, height = len(self.rows or ()), self.size.height
        if not self.wrapped or not height:
            return max(0, count - height)
        room, number = height, count
        while number > 0 and (room := room - len(self._parts(number - 1, self._room))) >= 0:
            number -= 1
        return min(number, max(0, count - 1))

    def _words(self, line: Line) -> tuple[int, str]:
        """How much precedes the text of a row, and all of it."""
        before = ""
        if self.timed:
            before = time.strftime("%H:%M:%S ", time.localtime(line.at)) if line.at is not None else " " * 9
        if self.rows is not None and self.rows.stage == ALL and self.rows.numbered:
            before += f"{line.stage if line.stage is not None else '':>2}  "
        whole = line.voice or self.sought  # what is looked for may precede the message
        return len(before), before + ((line.text if whole else message_of(line.text, self._room)) or " ")

    def _strip(self, number: int) -> Strip:
        assert self.rows is not None
        line = self.rows.row(number)
        lead, text = self._words(line)
        base, voice = self._strip_style(number), line.voice or _OF_LEVEL.get(line.level, "")
        style = base + self._style_of(voice) if voice else base
        quiet = base + self._style_of("quiet")
        cuts = [(0, lead, quiet)] if lead else []
        cuts += _pieces(text, lead, style, style + self._style_of("hit"), self.sought)
        strip = Strip([Segment(text[begin:end], look) for begin, end, look in cuts], cell_len(text))
        return self._selected(strip, text, number)

    def _selected(self, strip: Strip, text: str, number: int) -> Strip:
        span = self.text_selection.get_span(number) if self.text_selection else None
        if span is None:
            return strip
        begin, end = span[0], len(text) if span[1] == -1 else span[1]
        offsets = [cell_len(text[:begin]), cell_len(text[:end]), strip.cell_length]
        style = self.screen.get_component_rich_style("screen--selection")
        first, chosen, rest = (*strip.divide(offsets), Strip([]), Strip([]), Strip([]))[:3]
        return Strip.join([first, Strip([Segment(s.text, (s.style or style) + style) for s in chosen]), rest])

    def _style_of(self, voice: str) -> Style:
        """The colour that is seen in the end (muted ones are mixed), and a ground only where the voice has its own."""
        if voice not in self._styles:
            mixed = self.get_component_rich_style(f"log--{voice}")
            own = self.get_component_rich_style(f"log--{voice}", partial=True)
            self._styles[voice] = Style(color=mixed.color, bgcolor=own.bgcolor, bold=mixed.bold)
        return self._styles[voice]

    def _strip_style(self, number: int) -> Style:
        """The background of a row."""
        here = number == self.marked
        return self._ground + self.get_component_rich_style("log--here", partial=True) if here else self._ground

    def _set_following(self, following: bool) -> None:
        if following != self.following:
            self.following = following
            self.post_message(self.Followed(following))


def _pieces(
    text: str, begin: int, style: Style, hit: Style, sought: re.Pattern[str] | None
) -> list[tuple[int, int, Style]]:
    """The text from `begin` on, in pieces of one style each."""
    found: list[tuple[int, int, Style]] = []
    for match in sought.finditer(text, begin) if sought else ():
        if match.end() > match.start():
            found += [(begin, match.start(), style), (match.start(), match.end(), hit)]
            begin = match.end()
    return [piece for piece in (*found, (begin, len(text), style)) if piece[1] > piece[0]]
