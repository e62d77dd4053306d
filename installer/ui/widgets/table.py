"""A table of rows to choose from, whose screen says what enter does. Knows nothing of what is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events
from textual.content import Content
from textual.coordinate import Coordinate
from textual.widgets import DataTable


class Table(DataTable[Content]):
    """Enter is not a key of its own, so that the screen's is in the last line; a second click still selects."""

    DEFAULT_CSS = """
    Table { scrollbar-size-vertical: 1; background: $background; }
    Table:focus { background-tint: $background 0%; }
    """

    _clicked: str | None = None
    """The key of the row that was clicked last."""

    def on_click(self, event: events.Click) -> None:
        """A second click on a row selects it wherever in the row it is; Textual wants both on the same cell."""
        row = event.style.meta.get("row", -1)
        before, self._clicked = self._clicked, self._key(row)
        if row == self.cursor_row and before is not None and before == self._clicked:
            self.move_cursor(column=event.style.meta["column"])

    def _key(self, row: int) -> str | None:
        return self.coordinate_to_cell_key(Coordinate(row, 0)).row_key.value if 0 <= row < self.row_count else None

    def fill(self, rows: Mapping[str, Sequence[Content]]) -> None:
        """Show these rows instead, by key. The cursor stays on its row, or in its place where that is gone."""
        at = self.cursor_row
        here = self._key(at)
        self.clear()
        for key, cells in rows.items():
            self.add_row(*cells, key=key)
        keys = [*rows]
        self.move_cursor(row=keys.index(here) if here in keys else max(0, min(at, len(keys) - 1)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "select_cursor" and super().check_action(action, parameters)
