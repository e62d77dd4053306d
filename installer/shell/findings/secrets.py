"""A token that the script shows: printed, traced by `set -x`, or written into it. Never repeats the token."""

from __future__ import annotations

import re
from collections.abc import Iterator

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.secrets import looks_like_a_secret, names_a_secret
from installer.shell.findings.script_facts import SOURCE, FollowedScript, defect
from installer.shell.trace import Ran

_USE = re.compile(r"(?<!\\)\$\{?([A-Za-z_][A-Za-z0-9_]*)([^}\s\"']*)\}?")
_PRINTERS = frozenset(("echo", "printf", "print", "say", "log", "info", "cat", "tee"))


def findings(followed: FollowedScript) -> Iterator[Finding]:
    yield from _written(followed)
    reported: set[tuple[int, str]] = set()
    for ran in followed.ran:
        for name in _shown(ran):
            if (ran.line, name) not in reported:
                reported.add((ran.line, name))
                yield defect(
                    ran,
                    Severity.WARNING,
                    name,
                    f"{name} is printed: anyone who reads the log sees (a part of) the token.",
                    f"Line {ran.line} prints the variable {name}.",
                    f"Print only whether it is set: ${{{name}:+set}}.",
                    stage=8,
                )
    yield from _traced(followed)


def _written(followed: FollowedScript) -> Iterator[Finding]:
    for number, line in enumerate(followed.text.splitlines(), 1):
        if looks_like_a_secret(line) and not line.lstrip().startswith("#"):
            yield Finding(
                code=Code.SHELL_DEFECT,
                severity=Severity.WARNING,
                stage=8,
                subject="token",
                summary="The script contains a token, visible to everyone who sees the script.",
                evidence=f"Line {number} contains something that looks like a token (not repeated here).",
                fix="Revoke that token, and pass a new one in the environment (HF_TOKEN).",
                source=SOURCE,
                line=number,
            )


def _shown(ran: Ran) -> list[str]:
    """Secret variables that a command prints where others can read it."""
    into_file = any(output.descriptor in ("", "1") and ">" in output.operator for output in ran.outputs)
    feeds = ran.context.piped and not ran.text.rstrip().endswith("tee")
    if ran.words[:1] == ("printenv",):
        return [word for word in ran.words[1:] if names_a_secret(word)]
    if ran.name not in _PRINTERS or into_file or feeds or ran.context.asked:
        return []
    uses = [match for word in ran.written[1:] if word[:1] != "'" for match in _USE.finditer(word)]
    return [name for name, rest in (match.groups() for match in uses) if names_a_secret(name) and _reveals(rest)]


def _reveals(rest: str) -> bool:
    """Not `${HF_TOKEN:+set}`, and not `${#HF_TOKEN}`, which the pattern does not match."""
    return not rest.startswith((":+", "+"))


def _traced(followed: FollowedScript) -> Iterator[Finding]:
    for ran in followed.ran:
        names = [name for name in re.findall(r"(?<!\\)\$\{?([A-Za-z_]\w*)", ran.text) if names_a_secret(name)]
        if names and "xtrace" in ran.options:
            yield defect(
                ran,
                Severity.WARNING,
                names[0],
                f"`set -x` writes {names[0]} into the log in full.",
                f"Line {ran.line} uses {names[0]} while the shell prints every command that it runs.",
                "Remove `set -x`, or turn it off (`set +x`) around that line.",
                stage=8,
            )
            return
