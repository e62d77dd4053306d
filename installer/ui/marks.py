"""How a state looks: a symbol, a word and a colour, so that colour alone never carries it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from installer.core.outcomes import Severity, StageStatus, Verdict
from installer.core.text.languages import _


@dataclass(frozen=True, slots=True)
class Mark:
    symbol: str
    word: str
    style: str

    @property
    def shown(self) -> Content:
        return Content.styled(self.symbol, self.style)


STATES: dict[str, Mark] = {
    StageStatus.WAITING: Mark("·", _("waiting"), "$foreground-muted"),
    StageStatus.PENDING: Mark("·", _("to do"), "$foreground-muted"),
    StageStatus.RUNNING: Mark("▸", _("running"), "bold $text-primary"),
    StageStatus.DONE: Mark("✓", _("done"), "$text-success"),
    StageStatus.SATISFIED: Mark("=", _("in place"), "$text-success"),
    StageStatus.SKIPPED: Mark("–", _("skipped"), "$foreground-muted"),
    StageStatus.UNKNOWN: Mark("?", _("unknown"), "$text-warning"),
    StageStatus.BLOCKED: Mark("✗", _("blocked"), "$text-error"),
    StageStatus.FAILED: Mark("✗", _("failed"), "$text-error"),
    StageStatus.ROLLING_BACK: Mark("◂", _("undoing"), "$text-warning"),
    StageStatus.CANCELLED: Mark("×", _("cancelled"), "$text-warning"),
}
"""Every state of a stage, planned or run."""

SEVERITIES: dict[str, Mark] = {
    Severity.BLOCKER: Mark("✗", _("blocker"), "$text-error"),
    Severity.WARNING: Mark("!", _("warning"), "$text-warning"),
    Severity.PROBE: Mark("?", _("unknown"), "$text-warning"),
    Severity.INFO: Mark("i", _("note"), "$text-primary"),
}

VERDICTS: dict[str, Mark] = {
    Verdict.WORKS: Mark("✓", _("works"), "bold $text-success"),
    Verdict.FAILS: Mark("✗", _("fails"), "bold $text-error"),
    Verdict.UNKNOWN: Mark("?", _("unknown"), "bold $text-warning"),
}

FAILED_BEFORE = Mark("!", _("failed here"), "bold $text-warning")
"""In place of "works", where the very same was tried here."""

SERVER: dict[str, Mark] = {
    "stopped": Mark("·", _("stopped"), "$foreground-muted"),
    "starting": Mark("▸", _("starting"), "$text-primary"),
    "stopping": Mark("◂", _("stopping"), "$text-warning"),
    "ready": Mark("✓", _("ready"), "$text-success"),
    "failed": Mark("✗", _("failed"), "$text-error"),
}


def mark(state: str, table: dict[str, Mark] = STATES) -> Mark:
    """The mark of a state; one that this version does not know is shown by its own name."""
    return table.get(state) or Mark("?", state, "$text-warning")
