"""A table of rows to choose from, whose screen says what enter does. Knows nothing of what is in it."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import DataTable


class Table(DataTable[Content]):
    """Enter is not a key of its own, so that the screen's stands in the last line; a second click still selects."""

    DEFAULT_CSS = """
    Table { scrollbar-size-vertical: 1; background: $background; }
    Table:focus { background-tint: $background 0%; }
    """

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "select_cursor" and super().check_action(action, parameters)
