"""Decides `[ … ]`, `[[ … ]]` and `test` where everything in them is known; else says that it is a question.

And the context of what runs only if commands succeed or fail.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence

from installer.core.text.numbers import is_whole
from installer.shell.state import UNKNOWN, State
from installer.shell.syntax import Block, Chain, Command, Group, Not, Pipeline, Simple
from installer.shell.trace import ASKED, FALSE, TRUE, Context

_NEGATED = {TRUE: FALSE, FALSE: TRUE}
_NUMBERS = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}
_LIMIT = 100
"""Words in one condition."""
_WAYS = 10_000_000
_JOINTS = {"-a": "&&", "-o": "||", "&&": "&&", "||": "||"}


def decide(words: Sequence[str], state: State, extended: bool = False) -> str:
    """TRUE, FALSE or ASKED. `words` are those between the brackets."""
    if len(words) > _LIMIT:
        return ASKED
    for joint in ("||", "&&"):
        parts = _split(words, joint)
        if len(parts) > 1:
            return _combined([decide(part, state, extended) for part in parts], joint)
    if words and words[0] == "!":
        answer = decide(words[1:], state, extended)
        return _NEGATED.get(answer, answer)
    if words and words[0] == "(" and words[-1] == ")":
        return decide(words[1:-1], state, extended)
    return _simple(list(words), state, extended)


def _split(words: Sequence[str], joint: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    depth = 0
    for position, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word, 0)
        # `[ -a FILE ]` has it in front, where it is no joint.
        if depth == 0 and _JOINTS.get(word) == joint and 0 < position < len(words) - 1:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _combined(answers: Sequence[str], joint: str) -> str:
    decisive = TRUE if joint == "||" else FALSE
    if decisive in answers:
        return decisive
    return ASKED if ASKED in answers else answers[0]


def _simple(words: list[str], state: State, extended: bool) -> str:
    match words:
        case []:
            return FALSE
        case [single]:
            return ASKED if UNKNOWN in single else _status_of(bool(single))
        case ["-z" | "-n" as operator, text]:
            return _empty(operator, text)
        case ["-v", name]:
            return TRUE if name in state.variables else ASKED
        case ["-d" | "-f" | "-e" | "-s" | "-x" | "-r" | "-w" | "-L", path]:
            return TRUE if _is_there(state.path(path), state) else ASKED
        case [left, operator, right]:
            return _compared(left, operator, right, extended)
    return ASKED


def _empty(operator: str, text: str) -> str:
    if text.replace(UNKNOWN, ""):
        return _status_of(operator == "-n")
    return ASKED if UNKNOWN in text else _status_of(operator == "-z")


def _is_there(path: str, state: State) -> bool:
    return UNKNOWN not in path and any(made == path or made.startswith(path + "/") for made in state.made)


def _compared(left: str, operator: str, right: str, extended: bool) -> str:
    if UNKNOWN in left or UNKNOWN in right:
        return ASKED
    if operator in _NUMBERS:
        if not (is_whole(left.strip().lstrip("-")) and is_whole(right.strip().lstrip("-"))):
            return ASKED
        return _status_of(_NUMBERS[operator](int(left), int(right)))
    match operator:
        case "=" | "==":
            return _status_of(fits(left, right) if extended else left == right)
        case "!=":
            return _status_of(not fits(left, right) if extended else left != right)
        case "=~":
            return _matched(left, right)
        case "<" | ">":
            return _status_of(left < right if operator == "<" else left > right)
    return ASKED


def fits(text: str, pattern: str) -> bool:
    """Whether text fits a pattern of the shell, as in `case` and `[[ == ]]`."""
    return fnmatch.fnmatchcase(text, pattern)


def _matched(text: str, pattern: str) -> str:
    """`=~`, where it cannot take long: each `*` may try every place in the text, each `|` both sides."""
    ways = len(text) ** (1 + len(re.findall(r"[+*{]", pattern))) * 2 ** len(re.findall(r"[|?]", pattern))
    if len(pattern) > 80 or ways > _WAYS or re.search(r"[+*]\)?[+*{]|\)[+*{]", pattern):
        return ASKED
    try:
        return _status_of(re.search(pattern, text) is not None)
    except re.error:
        return ASKED


def _status_of(answer: bool) -> str:
    return TRUE if answer else FALSE


def if_so(context: Context, text: str, asked: Block) -> Context:
    """The context of what runs if the commands `asked` succeed; `text` shows them."""
    return context.under(text, fallback=is_negated(asked) and _installs(asked))


def unless(context: Context, text: str, asked: Block) -> Context:
    """The context of what runs if they fail."""
    if text.startswith("! "):
        return context.under(text[2:])
    return context.under(f"! {text}", fallback=_installs(asked))


def is_negated(asked: Block) -> bool:
    return len(asked) == 1 and isinstance(asked[0], Not)


def _installs(commands: Sequence[Command]) -> bool:
    """Whether one of them is the command of a package manager that installs."""
    for command in commands:
        match command:
            case Simple(words=words) if any(word.text == "install" for word in words):
                return True
            case Pipeline(parts=inner) | Group(body=inner) if _installs(inner):
                return True
            case Not(body=body) if _installs((body,)):
                return True
            case Chain(first=first, rest=rest) if _installs((first, *(after for _, after in rest))):
                return True
    return False
