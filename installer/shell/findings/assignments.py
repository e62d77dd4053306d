"""Assignments that are none: spaces around `=`, `$X=y`, names that the shell does not take. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from installer.core.outcomes import Severity
from installer.core.plans.plan import Finding
from installer.knowledge import launchers
from installer.shell.findings.script_facts import FollowedScript, defect
from installer.shell.state import UNKNOWN
from installer.shell.trace import Ran, shown

_DECLARES = ("export", "local", "readonly", "declare", "typeset")
_NAME = re.compile(r"[A-Za-z_]\w*$")
_DOLLAR = re.compile(r"\$\{?[A-Za-z_]\w*\}?=")
_EQUALS = re.compile(r"=(?!=)")
_EMPTY = re.compile(r"([A-Za-z_]\w*)=\s+\S+$")
"""An empty value for one command of one word, where more often a value was meant."""
_PROGRAM = re.compile(r"[./~].*|[a-z][\w.+-]*$")


def findings(followed: FollowedScript) -> Iterator[Finding]:
    for ran in followed.ran:
        if not ran.words:
            continue
        if ran.name in _DECLARES and (wrong := _no_name(ran)):
            yield _finding(ran, f"`{ran.name}` rejects `{wrong}`, which is not a valid variable name", ran.words[1])
        elif _is_spaced(ran):
            yield _finding(ran, f"bash runs {ran.words[0]} as a program, which does not exist", ran.words[0])
        elif ran.written and _DOLLAR.match(ran.written[0]):
            yield _finding(ran, "bash runs the variable's value as a program, and sets no variable", ran.written[0])
        elif len(ran.words) == 1 and (empty := _EMPTY.match(ran.text)) and not _PROGRAM.match(ran.words[0]):
            yield _finding(ran, f"bash runs {ran.words[0]} as a program, which does not exist", empty[1])


def _is_spaced(ran: Ran) -> bool:
    """`NAME = value`, `NAME =value`; a program that exists may be given a word that begins so: `echo =====`."""
    if len(ran.words) < 2 or not _NAME.match(ran.words[0]) or not _EQUALS.match(ran.words[1]):
        return False
    return ran.name not in launchers.quiet() and launchers.launcher(ran.words) is None


def _no_name(ran: Ran) -> str:
    """The first word of an `export` that is neither a name nor an option; empty if all are."""
    words = [word for word in ran.words[1:] if not word.startswith(("-", "+"))]
    named = (word for word in words if "=" not in word[1:] and UNKNOWN not in word and "$" not in word)
    return next((word for word in named if not _NAME.match(word) and '"' not in word), "")


def _finding(ran: Ran, what: str, name: str) -> Finding:
    ends = "errexit" in ran.options and not ran.context.tolerated and not ran.context.asked
    after = "`set -e` ends the script there" if ends else "the variable is not set, and the script continues"
    return defect(
        ran, Severity.BLOCKER if ends else Severity.WARNING, name.lstrip("$").partition("=")[0],
        f"Line {ran.line} is not an assignment: {what}; {after}.",
        f"`{shown(ran.text, 70)}`: there must be no space between a name, the = and the value.",
        "Write NAME=value, without spaces and without a $ before the name.", stage=2,
    )  # fmt: skip
