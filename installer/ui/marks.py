"""How a state looks: a symbol, a word and a colour, so that colour alone never carries it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content


@dataclass(frozen=True, slots=True)
class Mark:
    symbol: str
    word: str
    style: str

    @property
    def shown(self) -> Content:
        return Content.styled(self.symbol, self.style)


STATES: dict[str, Mark] = {
    "waiting": Mark("·", "waiting", "$foreground-muted"),
    "pending": Mark("·", "to do", "$foreground-muted"),
    "running": Mark("▸", "running", "bold $text-primary"),
    "done": Mark("✓", "done", "$text-success"),
    "satisfied": Mark("=", "in place", "$text-success"),
    "skipped": Mark("–", "skipped", "$foreground-muted"),
    "unknown": Mark("?", "unknown", "$text-warning"),
    "blocked": Mark("✗", "blocked", "$text-error"),
    "failed": Mark("✗", "failed", "$text-error"),
    "rolling back": Mark("◂", "undoing", "$text-warning"),
    "cancelled": Mark("×", "cancelled", "$text-warning"),
}
"""Every state of a stage, planned or run."""

SEVERITIES: dict[str, Mark] = {
    "blocker": Mark("✗", "blocker", "$text-error"),
    "warning": Mark("!", "warning", "$text-warning"),
    "probe": Mark("?", "unknown", "$text-warning"),
    "info": Mark("i", "note", "$text-primary"),
}

VERDICTS: dict[str, Mark] = {
    "works": Mark("✓", "works", "bold $text-success"),
    "fails": Mark("✗", "fails", "bold $text-error"),
    "unknown": Mark("?", "unknown", "bold $text-warning"),
}

SERVER: dict[str, Mark] = {
    "stopped": Mark("·", "stopped", "$foreground-muted"),
    "starting": Mark("▸", "starting", "$text-primary"),
    "stopping": Mark("◂", "stopping", "$text-warning"),
    "ready": Mark("✓", "ready", "$text-success"),
    "failed": Mark("✗", "failed", "$text-error"),
}


def mark(state: str, table: dict[str, Mark] = STATES) -> Mark:
    """The mark of a state; one that this version does not know is shown by its own name."""
    return table.get(state) or Mark("?", state, "$text-warning")
