"""The log, the same wherever one is shown: rows in a frame, with search, levels, wrap, times and marks."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from installer.core.text.languages import _
from installer.ui.intents import Copy, Explain
from installer.ui.log.filtered_rows import Narrowed
from installer.ui.log.line import ALL, ERROR, LEVELS, PLAIN
from installer.ui.log.search import Search
from installer.ui.widgets.log_view import LogView
from installer.ui.widgets.typed_line import TypedLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.timer import Timer

    from installer.ui.log.rows import Rows

SLICE_S = 0.004
PAUSE_S = 0.005
"""Of a search and between two slices of it, so that keys and drawing have their turn first."""
TOLD_S = 0.2
"""So often the frame says how many rows were found so far."""
AROUND = 400
"""Rows before a line that are passed along if it is to be explained."""


class SearchLine(TypedLine):
    """What is searched for; a toggle each for regular expressions and for case."""

    ABOUT = _("Text to find in the log. The lines around a match stay visible; enter goes to the next one.")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", _("next"), key_display="enter", tooltip=_("the next line that holds it")),
        Binding("ctrl+r", "switch('regular')", _("pattern"), tooltip=_("regular expression")),
        Binding("ctrl+t", "switch('exact')", _("case"), tooltip=_("upper and lower case matter")),
        Binding("escape", "leave", _("back"), key_display="esc", tooltip=_("back to the log")),
    ]
    DEFAULT_CSS = """
    SearchLine { height: 1; border: none; padding: 0; background: $panel; }
    SearchLine:focus { border: none; background: $block-cursor-blurred-background; }
    """

    def __init__(self) -> None:
        super().__init__(placeholder=_("search  (enter: next, ctrl+r: pattern, ctrl+t: case, esc: back)"), compact=True)
        self.regular = False
        self.exact = False

    def action_switch(self, what: str) -> None:
        setattr(self, what, not getattr(self, what))
        self.post_message(self.Changed(self, self.value))

    def action_leave(self) -> None:
        pane = self.parent
        if isinstance(pane, LogPane):
            pane.leave_search()


class LogPane(Vertical):
    """Shows `Rows`, of one stage or of all."""

    class Followed(Message):
        """Whether the newest line is kept in view changed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="panel log")
        self.title = ""
        self._rows: Rows | None = None
        self._search: Search | None = None
        self._turn: Timer | None = None
        """When the search continues; there is one at a time, whatever sets it off."""
        self._told = 0.0
        self._jump = False
        self._problem = ""
        self._level = PLAIN
        self._frame = ("", "")
        """What the frame says, above and below."""

    def compose(self) -> ComposeResult:
        line = SearchLine()
        line.display = False
        yield line
        yield LogView()

    @property
    def view(self) -> LogView:
        return self.query_one(LogView)

    @property
    def rows(self) -> Narrowed | None:
        return self.view.rows

    def show(self, rows: Rows, title: str, *, stage: int = ALL, end: int | None = None, numbered: bool = True) -> None:
        """These rows instead."""
        self._rows, self.title, self._level = rows, title, PLAIN
        self._put(Narrowed(rows, stage, numbered=numbered, end=end))

    def grown(self) -> None:
        """Rows may have been added."""
        if self.rows is not None and self.rows.sync():
            self.view.grown()
            self._go_on_soon()
            self.entitle()

    def show_row(self, origin: int) -> None:
        """Mark a row, by its number among all."""
        if self.rows is not None:
            self.view.mark(min(self.rows.nearest(origin), max(0, len(self.rows) - 1)))
            self.entitle()

    def entitle(self) -> None:
        """Say in the frame what is shown, and how."""
        title = self.title + (f"  ·  {LEVELS[self._level]}" if self._level else "")
        words = []
        if self.rows is not None and not len(self.rows):
            words.append(_("no such line") if self._level else _("no output yet"))
        if self._problem:
            words.append(self._problem)
        elif self._search is not None:
            place = self._search.place(self.view.marked if self.view.marked is not None else -1)
            more = "" if self._search.complete else " …"
            hits = len(self._search.hits)
            nothing = self._search.complete and not hits
            count = _("{done} of {whole}").format(done=place or "–", whole=f"{hits:,}{more}")
            words.append(_("no line holds it") if nothing else count)
            line = self.query_one(SearchLine)
            words += [_("pattern")] if line.regular else []
            words += [_("case")] if line.exact else []
        if not self.view.following:
            words.append(_("scrolled back, f follows"))
        frame = title, "  ·  ".join(words)
        if frame != self._frame:  # each setting of one draws all of the frame again
            self.border_title, self.border_subtitle = self._frame = frame

    @on(LogView.Followed)
    def _followed(self, event: LogView.Followed) -> None:
        """Handed on as one's own: what a search of this pane set off, Textual does not pass it on to its parents."""
        event.stop()
        self.entitle()
        self.post_message(self.Followed())

    # Search

    def action_search(self) -> None:
        line = self.query_one(SearchLine)
        line.display = True
        self.screen.set_focus(line)  # at once, so that the next key is its own

    def leave_search(self) -> None:
        """Away with the line; what was found stays marked."""
        self.query_one(SearchLine).display = False
        self.screen.set_focus(self.view)
        self._forget()

    @on(Input.Changed)
    def _words_changed(self, event: Input.Changed) -> None:
        event.stop()
        line = event.input
        self._forget()
        if isinstance(line, SearchLine) and line.value and self.rows is not None:
            try:
                self._search = Search(self.rows, line.value, regular=line.regular, exact=line.exact)
            except re.error as error:
                self._problem = _("not a pattern: {error}").format(error=error)
            else:
                self.view.sought, self._jump = self._search.pattern, True
                self._go_on_soon()
        self.view.refresh()
        self.entitle()

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_hit(1)

    def action_hit(self, step: int) -> None:
        """To the next hit, or to the one before."""
        if self._search is None:
            return
        here = self.view.marked if self.view.marked is not None else self.view.top - 1
        found = self._search.after(here) if step > 0 else self._search.before(here)
        if found is not None:
            self.view.mark(found)
        self.entitle()

    def _forget(self) -> None:
        self._search, self._problem, self.view.sought = None, "", None

    def _go_on_soon(self) -> None:
        if self._turn is None and self._search is not None:
            self._turn = self.set_timer(PAUSE_S, self._go_on)

    def _go_on(self) -> None:
        """Search a slice, then let others have their turn."""
        search, self._turn = self._search, None
        if search is None:
            return
        left = search.step(SLICE_S)
        if self._jump and search.hits:
            self._jump = False
            self.view.marked = None
            self.action_hit(1)
        if left:
            self._go_on_soon()
        if not left or time.monotonic() >= self._told + TOLD_S:  # each time the frame is drawn
            self._told = time.monotonic()
            self.entitle()

    # What else can be done

    def action_error(self, step: int) -> None:
        """To the next line that names an error, or to the one before."""
        if self.rows is None:
            return
        here = self.view.marked if self.view.marked is not None else self.view.top - (step > 0)
        found = self.rows.next_of_level(here, ERROR, step)
        if found is None:
            self.app.bell()
        else:
            self.view.mark(found)
        self.entitle()

    def action_level(self) -> None:
        """All lines, warnings and errors, errors only; what is looked at stays in view."""
        if self.rows is None or self._rows is None:
            return
        there = self.view.marked if self.view.marked is not None else self.view.top
        origin = self.rows.origin(there) if there < len(self.rows) else 0
        following = self.view.following
        self._level = (self._level + 1) % len(LEVELS)
        self._put(Narrowed(self._rows, self.rows.stage, self._level, numbered=self.rows.numbered, end=self.rows.end))
        if not following:
            self.show_row(origin)

    def action_wrap(self) -> None:
        self.view.set_wrapped(not self.view.wrapped)

    def action_times(self) -> None:
        self.view.timed = not self.view.timed
        self.view.refresh()

    def action_follow(self) -> None:
        self.view.marked = None
        self.view.follow()
        self.entitle()

    def action_copy(self) -> None:
        """The marked line, else what is in view."""
        view = self.view
        if view.marked is not None:
            self.post_message(Copy(view.text(view.marked), _("The marked line")))
            return
        last = min(view.top + view.size.height, len(self.rows or ()))
        self.post_message(Copy("\n".join(map(view.text, range(view.top, last))), _("What is in view")))

    def action_explain(self) -> None:
        """What is known about the marked line, or about the newest in view."""
        if self.rows is None or not len(self.rows):
            return
        newest = min(self.view.top + self.view.size.height, len(self.rows)) - 1
        here = self.view.marked if self.view.marked is not None else newest
        first = max(0, here - AROUND)
        self.post_message(Explain(tuple(self.rows.texts(first, here - first + 1))))

    def scroll_pages(self, pages: int) -> None:
        self.view.scroll_relative(y=pages * max(1, self.view.size.height - 1), animate=False, immediate=True)

    def _put(self, rows: Narrowed) -> None:
        words = self._search
        self.view.show(rows)
        if words is not None:
            line = self.query_one(SearchLine)
            self._search = Search(rows, words.words, regular=line.regular, exact=line.exact)
            self._go_on_soon()
        self.entitle()
