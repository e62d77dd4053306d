"""How a state looks: a symbol, a word and a colour, so that colour alone never carries it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from installer.core.outcomes import Severity, StageStatus, Verdict


@dataclass(frozen=True, slots=True)
class Mark:
    symbol: str
    word: str
    style: str

    @property
    def shown(self) -> Content:
        return Content.styled(self.symbol, self.style)


STATES: dict[str, Mark] = {
    StageStatus.WAITING: Mark("·", "waiting", "$foreground-muted"),
    StageStatus.PENDING: Mark("·", "to do", "$foreground-muted"),
    StageStatus.RUNNING: Mark("▸", "running", "bold $text-primary"),
    StageStatus.DONE: Mark("✓", "done", "$text-success"),
    StageStatus.SATISFIED: Mark("=", "in place", "$text-success"),
    StageStatus.SKIPPED: Mark("–", "skipped", "$foreground-muted"),
    StageStatus.UNKNOWN: Mark("?", "unknown", "$text-warning"),
    StageStatus.BLOCKED: Mark("✗", "blocked", "$text-error"),
    StageStatus.FAILED: Mark("✗", "failed", "$text-error"),
    StageStatus.ROLLING_BACK: Mark("◂", "undoing", "$text-warning"),
    StageStatus.CANCELLED: Mark("×", "cancelled", "$text-warning"),
}
"""Every state of a stage, planned or run."""

SEVERITIES: dict[str, Mark] = {
    Severity.BLOCKER: Mark("✗", "blocker", "$text-error"),
    Severity.WARNING: Mark("!", "warning", "$text-warning"),
    Severity.PROBE: Mark("?", "unknown", "$text-warning"),
    Severity.INFO: Mark("i", "note", "$text-primary"),
}

VERDICTS: dict[str, Mark] = {
    Verdict.WORKS: Mark("✓", "works", "bold $text-success"),
    Verdict.FAILS: Mark("✗", "fails", "bold $text-error"),
    Verdict.UNKNOWN: Mark("?", "unknown", "bold $text-warning"),
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
