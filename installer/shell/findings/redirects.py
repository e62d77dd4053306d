"""A version bound that the shell takes for a redirection: `pip install numpy>=1.26`. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from installer.core.outcomes import Severity
from installer.core.plans.plan import Finding
from installer.shell.findings.script_facts import FollowedScript, defect
from installer.shell.trace import Output, Ran, shown
from installer.shell.unquoted_bounds import bounds


def findings(followed: FollowedScript) -> Iterator[Finding]:
    for ran in followed.ran:
        for bound in bounds(ran):
            yield _finding(ran, bound)


def _finding(ran: Ran, bound: Output) -> Finding:
    written = f"{bound.operator}{bound.path}"
    name = _before(ran, written)
    word = f"{name}{written}"
    if bound.operator == "<":
        return defect(
            ran,
            Severity.BLOCKER,
            word,
            f"The install of line {ran.line} never runs: the shell looks for a file named {bound.path}.",
            f"In `{shown(ran.text)}`, < is not quoted, so it is a redirection from a missing file.",
            f'Quote the requirement: "{word}".',
        )
    return defect(
        ran,
        Severity.WARNING,
        word,
        f"The bound on {name or 'a package'} is lost: the shell reads > as a redirection into a file.",
        f"In `{shown(ran.text)}`, > is not quoted; what the install prints goes into a file named {bound.path}.",
        f'Quote the requirement: "{word}".',
    )


def _before(ran: Ran, written: str) -> str:
    """The package that the bound was meant for."""
    match = re.search(r"([A-Za-z][\w.\[\],-]*)\s?" + re.escape(written), ran.text)
    return match[1] if match else ""
