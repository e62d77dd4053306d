"""Places that are no shell, and what `set -u` and `set -e` make of others. Changes nothing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.shell.findings.script_facts import SOURCE, FollowedScript
from installer.shell.syntax import Broken
from installer.shell.trace import shown

_OPENING = {"if": "fi", "case": "esac", "do": "done"}
_HEREDOC = re.compile(r"(?<!<)<<-?\s*(['\"]?)(\w+)\1")
_EXPANDED = re.compile(r"(?<!\\)\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_SET = re.compile(r"\b([A-Za-z_]\w*)\+?=|\b(?:for|read|local|declare)\s+(?:-\w+\s+)*([A-Za-z_]\w*)")
_EMPTY_AT_FIRST = frozenset(("LD_LIBRARY_PATH", "PYTHONPATH", "LIBRARY_PATH", "CPATH", "PKG_CONFIG_PATH"))
"""Variables that most machines do not set, and that scripts add to."""


def findings(followed: FollowedScript) -> Iterator[Finding]:
    broken = next((piece for piece in followed.script.broken if piece.invalid), None)
    if broken:
        yield _broken(followed, broken)
    for line, text in followed.record.left_open:
        yield _left_open(line, text)
    yield from _misspelled(followed)
    yield from _unset(followed)


def _broken(followed: FollowedScript, broken: Broken) -> Finding:
    unfinished = _unfinished(followed.text)
    if unfinished:
        return Finding(
            code=Code.SHELL_DEFECT,
            severity=Severity.BLOCKER,
            stage=2,
            subject="syntax",
            summary=f"The script is not valid shell code: {unfinished}.",
            evidence=f"Reading it fails at or after line {broken.line}: `{shown(broken.text, 70)}`.",
            fix="Fix it; `bash -n SCRIPT` shows the place.",
            source=SOURCE,
            line=broken.line,
        )
    return Finding(
        code=Code.SHELL_DEFECT,
        severity=Severity.PROBE,
        stage=2,
        subject="syntax",
        summary=f"Line {broken.line} could not be read as shell.",
        evidence=f"The bash grammar cannot parse `{shown(broken.text, 70)}`.",
        fix="Run `bash -n SCRIPT`, which tells whether bash can read it.",
        source=SOURCE,
        line=broken.line,
    )


def _left_open(line: int, text: str) -> Finding:
    return Finding(
        code=Code.SHELL_DEFECT,
        severity=Severity.BLOCKER,
        stage=2,
        subject=shown(text),
        summary=f"Line {line} still has the placeholder {shown(text)}.",
        evidence="The shell reads < as a redirection from a missing file, so the command never runs.",
        fix="Put the value there, in quotes.",
        source=SOURCE,
        line=line,
    )


def _unfinished(text: str) -> str:
    """What certainly never ends: a quote, an `if`, a loop. Empty if that cannot be said."""
    bare, quote = _without_quotes(text)
    if quote:
        return f"a quote ({quote}) is opened and never closed"
    words = re.findall(
        r"(?:^|[;&|\n({]|\bthen\b|\belse\b|\bdo\b)[ \t]*(if|fi|case|esac|done)\b|[;\n][ \t]*(do)\b", bare
    )
    names = [first or second for first, second in words]
    for opening, closing in _OPENING.items():
        if names.count(opening) > names.count(closing):
            return f"`{opening}` is opened more often than `{closing}` closes it"
    return ""


def _without_quotes(text: str) -> tuple[str, str]:
    """The text without heredocs, comments and what is quoted; and the quote that is left open."""
    text = _without_heredocs(text)
    found, quote, position = list[str](), "", 0
    while position < len(text):
        sign = text[position]
        if sign == "\\" and quote != "'":
            position += 2
            continue
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign == "#" and (position == 0 or text[position - 1] in " \t\n;"):
            position = text.find("\n", position)
            if position < 0:
                break
            continue
        else:
            found.append(sign)
        position += 1
    return "".join(found), quote


def _without_heredocs(text: str) -> str:
    kept, waiting = list[str](), list[str]()
    for line in text.splitlines():
        if waiting:
            if line.strip() == waiting[0]:
                waiting.pop(0)
            continue
        kept.append(line)
        waiting = [mark for _, mark in _HEREDOC.findall(line)]
    return "\n".join(kept)


def _misspelled(followed: FollowedScript) -> Iterator[Finding]:
    """Variables that are certainly empty, where they are used first."""
    for name, meant in followed.record.misspelled.items():
        ran = next((ran for ran in followed.ran if name in _names(ran.text)), None)
        if ran is None:
            continue
        ends = "nounset" in ran.options
        what = f"`set -u` ends the script at line {ran.line}" if ends else f"{name} is empty at line {ran.line}"
        yield Finding(
            code=Code.SHELL_DEFECT, severity=Severity.BLOCKER if ends else Severity.WARNING, stage=2, subject=name,
            summary=f"{what}, because nothing sets {name}.",
            evidence=f"`{shown(ran.text, 70)}` uses ${name}; {meant} is set and never used.",
            fix=f"Write ${meant} instead.", source=SOURCE, line=ran.line,
        )  # fmt: skip


def _unset(followed: FollowedScript) -> Iterator[Finding]:
    """Under `set -u`: variables that are not set, if that is a mistake and not a setting from outside."""
    known = {*followed.state.variables, *(ran.words[0] for ran in followed.ran if ran.words)}
    known |= {a or b for a, b in _SET.findall(followed.text)}
    reported: set[str] = set()
    for ran in followed.ran:
        if "nounset" not in ran.options:
            continue
        for name in _names(ran.text):
            if (
                name not in {*reported, *followed.record.misspelled}
                and (name not in followed.state.variables or name in _EMPTY_AT_FIRST)
                and _is_typing_error(name, known, ran.text)
            ):
                reported.add(name)
                yield Finding(
                    code=Code.SHELL_DEFECT,
                    severity=Severity.WARNING if name in _EMPTY_AT_FIRST else Severity.PROBE,
                    stage=2,
                    subject=name,
                    summary=f"`set -u` ends the script at line {ran.line} where {name} is not set.",
                    evidence=f"`{shown(ran.text, 70)}` uses ${name}, and nothing before it sets {name}.",
                    fix=f"Write ${{{name}:-}}, or set {name} first.",
                    source=SOURCE,
                    line=ran.line,
                )


def _names(text: str) -> list[str]:
    plain = re.sub(r"'[^']*'", "", text)
    return [first or second for first, second in _EXPANDED.findall(plain)]


def _is_typing_error(name: str, known: set[str], text: str) -> bool:
    if name in _EMPTY_AT_FIRST:
        return bool(re.search(rf"\b{name}=", text))
    return name not in known and bool(difflib.get_close_matches(name, [k for k in known if k != name], cutoff=0.85))
