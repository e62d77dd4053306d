"""Line ends that bash punishes: carriage returns, a backslash that does not end its line, an option that begins one.

Reads the text as it is; the grammar gets a corrected one. Changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.shell.findings.script_facts import SOURCE, FollowedScript
from installer.shell.trace import shown

_HEREDOC = re.compile(r"(?<!<)<<-?\s*(['\"]?)(\w+)\1")
_SPACE = re.compile(r"(?<!\\)\\[ \t]+(#.*)?$")
_ODD = {
    "\u2013": "a long dash", "\u2014": "a long dash", "\u2212": "a minus sign", "\u201c": "a curly quote",
    "\u201d": "a curly quote", "\u2018": "a curly quote", "\u2019": "a curly quote", "\u00a0": "a hard space",
}  # fmt: skip
_DASHES = ("\u2013", "\u2014", "\u2212")


def findings(followed: FollowedScript) -> Iterator[Finding]:
    lines = [(number, line) for number, line in _commands(followed.text.replace("\r\n", "\n"))]
    yield from _returns(followed)
    yield from _spaces(lines)
    yield from _comments(lines)
    yield from _options(followed)
    yield from _signs(followed)


def _commands(text: str) -> Iterator[tuple[int, str]]:
    """The lines that the shell reads as commands, with their numbers: no heredocs, no comments."""
    waiting = list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        if waiting:
            waiting = waiting[1:] if line.strip() == waiting[0] else waiting
            continue
        waiting = [mark for _, mark in _HEREDOC.findall(line)]
        yield number, line


def _returns(followed: FollowedScript) -> Iterator[Finding]:
    numbers = [
        number
        for number, line in enumerate(followed.text.split("\n"), 1)
        if line.endswith("\r") and line.strip() and not line.lstrip().startswith("#")
    ]
    if not numbers:
        return
    where = "Every line ends" if len(numbers) > 1 else f"Line {numbers[0]} ends"
    yield Finding(
        code=Code.SHELL_DEFECT, severity=Severity.BLOCKER, stage=2, subject="carriage return",
        summary=f"{where} in a carriage return, as Windows writes it, and bash reads it as part of the last word.",
        evidence="So pip refuses `package==1.0\\r`, a port is not a number, and an empty line is `\\r: command not "
        "found`.",
        fix="Remove them: sed -i 's/\\r$//' SCRIPT (and `* text eol=lf` in .gitattributes).", source=SOURCE,
        line=numbers[0],
    )  # fmt: skip


def _spaces(lines: list[tuple[int, str]]) -> Iterator[Finding]:
    """`\\` and then a space: it escapes the space, and the command ends there."""
    for number, line in lines:
        match = _SPACE.search(line)
        if match and not line.lstrip().startswith("#") and _outside_quotes(line[: match.start()]):
            what = "a comment follows" if match[1] else "a space follows"
            yield Finding(
                code=Code.SHELL_DEFECT, severity=Severity.BLOCKER, stage=10, subject="backslash",
                summary=f"On line {number} {what} the backslash: the command ends there, and gets a single space as "
                f"an argument.",
                evidence=f"`{shown(line.strip(), 60)}`: only a backslash at the very end of a line joins it to the "
                f"next,"
                f" so line {number + 1} runs as a command of its own.",
                fix=f"Remove everything after the backslash of line {number}.", source=SOURCE, line=number,
            )  # fmt: skip


def _comments(lines: list[tuple[int, str]]) -> Iterator[Finding]:
    """A comment between lines that are joined ends the command."""
    for (_, before), (number, line), (_, after) in zip(lines, lines[1:], lines[2:], strict=False):
        joined = before.endswith("\\") and not before.lstrip().startswith("#")
        if joined and line.lstrip().startswith("#") and after.lstrip().startswith("-"):
            yield Finding(
                code=Code.SHELL_DEFECT, severity=Severity.WARNING, stage=10, subject="comment",
                summary=f"The comment on line {number} ends the command, so it never gets what is on the lines after "
                f"it.",
                evidence=f"Line {number - 1} ends in a backslash; `{shown(after.strip(), 60)}` then runs as a program.",
                fix="Move the comment before the command.", source=SOURCE, line=number,
            )  # fmt: skip


def _outside_quotes(text: str) -> bool:
    return not (text.count('"') % 2 or text.count("'") % 2)


def _options(followed: FollowedScript) -> Iterator[Finding]:
    """A command that begins with an option: the command before it ended too early."""
    spaces = {number + 1 for number, line in _commands(followed.text) if _SPACE.search(line.rstrip("\r"))}
    for ran in followed.ran:
        if ran.words and re.match(r"--?[a-z]", ran.words[0]) and ran.line not in spaces and not ran.wrappers:
            yield Finding(
                code=Code.SHELL_DEFECT, severity=Severity.WARNING, stage=10, subject=ran.words[0],
                summary=f"Line {ran.line} begins with an option, so bash tries to run it as a program, which "
                f"does not exist.",
                evidence=f"`{shown(ran.text, 70)}`: the line before it does not end in a backslash.",
                fix=f"End line {ran.line - 1} with a backslash, and nothing after it.", source=SOURCE, line=ran.line,
            )  # fmt: skip
            return


def _signs(followed: FollowedScript) -> Iterator[Finding]:
    """Signs that a word processor puts in the place of those that a shell knows."""
    for ran in followed.ran:
        if ran.name in ("echo", "printf", "cat"):
            continue
        for word in ran.words:
            sign = next((one for one in word if one in _ODD), "")
            if sign and (word.startswith(_DASHES) or sign not in _DASHES) and " " not in word:
                yield Finding(
                    code=Code.SHELL_DEFECT, severity=Severity.BLOCKER if not ran.tolerated else Severity.WARNING,
                    stage=10, subject=word,
                    summary=f"Line {ran.line} contains {_ODD[sign]} instead of a plain character: "
                    f"`{shown(word, 40)}` is not "
                    "what it looks like.",
                    evidence=f"The character is U+{ord(sign):04X}, as word processors and web pages write it.",
                    fix="Type it again: - for options, \" or ' for quotes, a plain "
                    "space.", source=SOURCE, line=ran.line,
                )  # fmt: skip
                return
