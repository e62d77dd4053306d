"""A table of rows to choose from, whose screen says what enter does. Knows nothing of what is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content
from textual.widgets import DataTable


class Table(DataTable[Content]):
    """Enter is not a key of its own, so that the screen's is in the last line; a second click still selects."""

    DEFAULT_CSS = """
    Table { scrollbar-size-vertical: 1; background: $background; }
    Table:focus { background-tint: $background 0%; }
    """

    def fill(self, rows: Mapping[str, Sequence[Content]]) -> None:
        """Show these rows instead, by key. The cursor stays on its row, or in its place where that is gone."""
        at = self.cursor_row
        here = self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value if self.row_count else None
        self.clear()
        for key, cells in rows.items():
            self.add_row(*cells, key=key)
        keys = [*rows]
        self.move_cursor(row=keys.index(here) if here in keys else max(0, min(at, len(keys) - 1)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "select_cursor" and super().check_action(action, parameters)
