"""What a benchmark of the server measured so far, and for how long it has been measuring. Measures nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from installer.core.text.languages import _, translated
from installer.core.text.quantities import clock
from installer.ui.widgets.sheet import GAP, Sheet, row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from installer.ui.messages import Benchmarked

OFFER = _("B measures the server with its engine's own client.")
GOES_ON = _("One request at a time, then eight: some minutes, during which other requests wait longer.")


class BenchPane(VerticalScroll):
    def __init__(self) -> None:
        super().__init__()
        self._figures: Sequence[tuple[str, str]] = ()
        self._since: float | None = None
        """When what is being measured was begun."""

    @property
    def measuring(self) -> bool:
        return self._since is not None

    def compose(self) -> ComposeResult:
        yield Sheet([row("", OFFER, "$foreground-muted")], column=16)

    def begin(self, now: float) -> None:
        self._figures, self._since = (), now
        self.tick(now)

    def take(self, news: Benchmarked, now: float) -> None:
        self._figures = news.figures
        if news.done:
            self._since = None
        self.tick(now)

    def tick(self, now: float) -> None:
        """Show what is known, and the time that passes."""
        rows = [row(translated(name), translated(words)) for name, words in self._figures]
        if self._since is not None:
            rows += [row(_("measuring"), clock(now - self._since)), GAP, row("", GOES_ON, "$foreground-muted")]
        if rows:
            self.query_one(Sheet).put(rows)
