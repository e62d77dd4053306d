"""Options of a server whose value is a variable that the script sets nowhere. Changes nothing.

Such a variable may come from outside, so this is a question: where it is empty, the option has no
value, or takes the next word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from installer.core.outcomes import Severity
from installer.core.plans.plan import Finding
from installer.knowledge.tables import table
from installer.shell import misspelled, placeholders
from installer.shell.commands import launch
from installer.shell.findings.script_facts import FollowedScript, defect
from installer.shell.trace import Ran

_PLAIN = re.compile(r"\"?\$\{?([A-Za-z_]\w*)\}?\"?")
_FLAG = re.compile(r"--[\w.-]+")


def findings(followed: FollowedScript) -> Iterator[Finding]:
    """At most one for each variable."""
    if misspelled.may_set_any(followed.text):
        return
    for ran in followed.ran:
        if ran.condition or not ran.words or not launch.starts(ran.words):
            continue
        for flag, value in pairwise(ran.written):
            match = _PLAIN.fullmatch(value)
            if (
                match
                and match[1] != placeholders.NAME
                and _FLAG.fullmatch(flag)
                and _is_never_set(match[1], followed.text)
            ):
                yield _finding(ran, flag, match[1])


def _is_never_set(name: str, text: str) -> bool:
    """Whether no line gives it a value, or ends without one; `X=${X:-}` gives none."""
    if any(re.fullmatch(one, name) for one in table("launchers")["variables"]):
        return False
    rest = re.sub(rf"\b{name}=\"?\$\{{{name}:?-\}}\"?(?=\s|$|;)", "", text)
    rest = re.sub(rf"\$(?:{name}\b|\{{{name}(?!:?[=?]))", "", rest)
    return re.search(rf"\b{name}\b", rest) is None


def _finding(ran: Ran, flag: str, name: str) -> Finding:
    return defect(
        ran, Severity.PROBE, name,
        f"{name} is set nowhere in this script: if it is not set outside, {flag} gets no value, and the server exits "
        "immediately.",
        f"`{flag} ${name}` is all that the script says of it.",
        f"Set {name} before this line, or write ${{{name}:-VALUE}}.", stage=10,
    )  # fmt: skip
