"""A way that was tried and will not do. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from installer.core.plans.plan import Finding
from installer.derive.draft import Base
from installer.derive.server_flags import Form
from installer.derive.sizing import Question


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    base: Base
    form: Form
    question: Question
    """What was asked of the machine's memory."""
    against: tuple[Finding, ...] = ()
    """What prevents the recipe; empty if the model does not fit with any setting of this machine."""
