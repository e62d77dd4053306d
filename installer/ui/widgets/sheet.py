"""Labels and values in two aligned columns; long values wrap and keep their column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from installer.ui.plain import plain_content
from installer.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence

NARROWEST = 12
"""A value gets at least this many cells, however narrow the screen."""
WIDEST = 2
"""The labels get at most one of so many parts of the width."""


@dataclass(frozen=True, slots=True)
class Row:
    label: Content
    value: Content
    right: str = ""
    """Short, at the end of the first line."""
    single: bool = False
    """Cut to one line instead of wrapped."""


def row(label: str, value: str | Content, style: str = "") -> Row:
    """A row with a muted label; a `str` is taken as text that others wrote."""
    return Row(
        Content.styled(label, "$foreground-muted"), value if isinstance(value, Content) else plain_content(value, style)
    )


GAP = Row(Content(), Content())
"""An empty line."""


class Sheet(Lines):
    """Shows rows; as tall as they need at the width it is given.

    `column`: cells of the labels, with the space behind them; more where a label, in whatever language, needs more.
    """

    DEFAULT_CSS = """
    Sheet { width: 1fr; height: auto; }
    """

    def __init__(self, rows: Sequence[Row] = (), *, column: int = 12, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows = tuple(rows)
        self._column = column

    def put(self, rows: Sequence[Row]) -> None:
        """Show these rows instead."""
        self._rows = tuple(rows)
        self.changed()

    def lines(self, width: int) -> list[Content]:
        """The text, wrapped to `width` cells."""
        column = self.column_of(width)
        return [line for entry in self._rows for line in _wrapped(entry, column, width)]

    def column_of(self, width: int) -> int:
        """Cells of the labels: a word is not cut where there is room for it."""
        widest = max((entry.label.cell_length for entry in self._rows), default=0) + 1
        return max(self._column, min(widest, width // WIDEST))


def _wrapped(entry: Row, column: int, width: int) -> list[Content]:
    label = entry.label.truncate(column - 1, ellipsis=True).pad_right(max(1, column - entry.label.cell_length))
    room = max(NARROWEST, width - column - (len(entry.right) + 2 if entry.right else 0))
    values = [entry.value.truncate(room, ellipsis=True)] if entry.single else entry.value.wrap(room) or [Content()]
    if entry.right:
        values[0] = values[0].truncate(room, pad=True) + Content.styled(f"  {entry.right}", "$foreground-muted")
    blank = Content(" " * column)
    return [(label if number == 0 else blank) + value for number, value in enumerate(values)]
