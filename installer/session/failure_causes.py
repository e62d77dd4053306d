"""Why a log of a run of this tool ends badly, as far as is known. Reads the given lines and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from installer.core.runs.cause import Cause

if TYPE_CHECKING:
    from installer.diagnostics.logs.root_cause import Root
    from installer.diagnostics.wording import Candidate


def cause_of(lines: Sequence[str]) -> Cause | None:
    """The likeliest reason, at the line that says why; `None` if the log shows no failure. Slow for a long one."""
    from installer.diagnostics.explain import explain

    found = explain(lines, ours=True)
    candidate = next(iter(found.candidates or found.notes), None)
    if candidate is not None:
        return _known(candidate, found.root)
    if found.root is None:
        return None
    return Cause(
        found.root.text,
        found.root.line - 1,
        "This line is the reason why the program ended; no known symptom matches it.",
        f"Search for: {found.root.search}",
    )


def _known(candidate: Candidate, root: Root | None) -> Cause:
    from installer.diagnostics.explain import SURE

    return Cause(
        candidate.title,
        (root.line if root else candidate.line) - 1,
        candidate.cause,
        candidate.fix,
        candidate.id,
        candidate.confidence >= SURE,
        candidate.command,
        candidate.repair,
    )
