"""Filters of text (`head`, `tr`, `cut`, `sed` …) on text that is known; UNKNOWN if not understood. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from installer.core.text.numbers import is_whole
from installer.shell.arithmetic import worked_out
from installer.shell.state import UNKNOWN

Tool = Callable[[Sequence[str], str], str]
_CHANGE = re.compile(r"s(?P<by>[/|#,@])(?P<old>(?:(?!(?P=by)).)+)(?P=by)(?P<new>(?:(?!(?P=by)).)*)(?P=by)(?P<all>g?)")
_PATTERN = re.compile(r"[\\*.\[\]^$+?()]")
"""What a pattern of sed has that plain text has not."""


def filtered(name: str, words: Sequence[str], stdin: str | None) -> str:
    """What a filter makes of what it is given."""
    if name == "expr":
        return _expr(words)
    if stdin is None or UNKNOWN in stdin or any(UNKNOWN in word for word in words):
        return UNKNOWN
    tool = _FILTERS.get(name)
    return tool(words, stdin) if tool else UNKNOWN


def _head(words: Sequence[str], text: str) -> str:
    lines = text.splitlines(keepends=True)
    count = "".join(words).lstrip("-").removeprefix("n")
    return "".join(lines[: int(count)]) if is_whole(count) else "".join(lines[:10]) if not words else UNKNOWN


def _tail(words: Sequence[str], text: str) -> str:
    lines = text.splitlines(keepends=True)
    count = "".join(words).lstrip("-").removeprefix("n")
    return "".join(lines[-int(count) :]) if is_whole(count) and int(count) else UNKNOWN


def _tr(words: Sequence[str], text: str) -> str:
    sets = {"[:space:]": " \t\n", "\\n": "\n", "\\r": "\r"}
    words = [sets.get(word, word) for word in words]
    if len(words) == 2 and words[0] in ("-cd", "-dc") and "-" not in words[1]:
        return "".join(character for character in text if character in words[1])
    if len(words) == 2 and words[0] == "-d" and "-" not in words[1]:
        return "".join(character for character in text if character not in words[1])
    if len(words) == 2 and len(words[0]) == len(words[1]) == 1:
        return text.replace(words[0], words[1])
    return UNKNOWN


def _cut(words: Sequence[str], text: str) -> str:
    joined = " ".join(words)
    delimiter, column = "\t", 0
    parts = joined.replace("-d ", "-d").replace("-f ", "-f").split(" ")
    for part in parts:
        if part.startswith("-d") and len(part) == 3:
            delimiter = part[2]
        elif part.startswith("-f") and is_whole(part[2:]):
            column = int(part[2:])
        else:
            return UNKNOWN
    rows = [row.split(delimiter) for row in text.splitlines()]
    return "".join((row[column - 1] if len(row) >= column else "") + "\n" for row in rows) if column else UNKNOWN


def _xargs(words: Sequence[str], text: str) -> str:
    if words[:1] == ["-I"] and words[2:3] == ["expr"]:
        return "".join(_expr([word.replace(words[1], line) for word in words[3:]]) for line in text.splitlines())
    return " ".join(text.split()) + "\n" if not words else UNKNOWN


def _wc(words: Sequence[str], text: str) -> str:
    counted = {"-l": text.count("\n"), "-w": len(text.split()), "-c": len(text.encode())}
    return f"{counted[words[0]]}\n" if len(words) == 1 and words[0] in counted else UNKNOWN


def _expr(words: Sequence[str]) -> str:
    """`expr 2 + 1`."""
    number = worked_out(" ".join(words), lambda _: None)
    return UNKNOWN if number is None else f"{number}\n"


def sed(words: Sequence[str], stdin: str | None, read: Callable[[str], str | None]) -> str:
    """`sed 's/PLAIN/TEXT/g' [FILE]`, several of them with -e; what is a pattern is not calculated."""
    plain = [word for word in words if word not in ("-e", "-E", "-r", "--expression")]
    changes = [match for word in plain if (match := _CHANGE.fullmatch(word))]
    files = [word for word in plain if not _CHANGE.fullmatch(word)]
    if not changes or len(files) > 1 or any(word.startswith("-") for word in files):
        return UNKNOWN
    text = read(files[0]) if files else stdin
    if (
        text is None
        or UNKNOWN in text
        or any(_PATTERN.search(m["old"]) or re.search(r"[&\\\0]", m["new"]) for m in changes)
    ):
        return UNKNOWN
    for match in changes:
        lines = text.splitlines(keepends=True)
        text = "".join(line.replace(match["old"], match["new"], -1 if match["all"] else 1) for line in lines)
    return text


_FILTERS: dict[str, Tool] = {
    "head": _head,
    "tail": _tail,
    "tr": _tr,
    "cut": _cut,
    "xargs": _xargs,
    "wc": _wc,
    "sort": lambda words, text: "".join(sorted(text.splitlines(keepends=True))) if not words else UNKNOWN,
}
