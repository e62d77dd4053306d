"""`xargs` and GNU `parallel`: one command for each piece of the input. Followed for the first few pieces; runs nothing.

Input that is not known stays unknown in the command that is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, product
from pathlib import PurePosixPath

from installer.core.text.numbers import is_whole
from installer.knowledge.launchers import Launcher
from installer.shell.commands.call import Call
from installer.shell.state import UNKNOWN
from installer.shell.trace import PRESUMED

_MOST = 8
"""Commands that are followed; the rest differ by their input only."""
_SOURCE = re.compile(r":::(:?)\+?")
_PLACE = re.compile(r"\{(?:(\d+)|(/|\.|//|/\.)|(#|%))?\}")
_ONE_LINE = ("-I", "-i", "--replace", "-L", "-l", "--max-lines")
"""Options with which a line is one piece, whatever spaces it has."""
_JOBS = ("-j", "--jobs", "-P", "--max-procs")
_NEVER = ("--dry-run", "--dryrun", "--version", "--help")


def run(call: Call, known: Launcher) -> str:
    options, rest = _taken_apart(call.words, known)
    if options.keys() & set(_NEVER):
        return PRESUMED
    if "-S" in options or "--sshlogin" in options:
        call.unclear("it runs on other machines, and is checked as if it ran on this machine")
        call = call.elsewhere()
    jobs = next((options[name] for name in _JOBS if name in options), "1" if known.program == "xargs" else "")
    if jobs != "1":
        call = call.in_background()
    return _parallel(call, options, rest) if known.program == "parallel" else _xargs(call, options, rest)


def _taken_apart(words: Sequence[str], known: Launcher) -> tuple[dict[str, str], list[str]]:
    """The options before the command, and the command; `-n1` and `--max-args=1` are `-n 1`."""
    options, rest = dict[str, str](), list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        name, _, value = word.partition("=") if word.startswith("--") else (word[:2], "=", word[2:])
        if name == "--":
            break
        if name in known.valued and not value:
            value = rest.pop(0) if rest else ""
        options[name] = value
    return options, rest


def _xargs(call: Call, options: dict[str, str], rest: list[str]) -> str:
    """`… | xargs [-n N | -I {}] COMMAND …`; without a command it only prints."""
    if not rest:
        return PRESUMED
    text = _input(call, options)
    sign = options.get("-I") or ("{}" if options.keys() & {"-i", "--replace"} else "")
    if text is None:
        pieces: list[tuple[str, ...]] = [(UNKNOWN,)]
    elif options.keys() & set(_ONE_LINE):
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        pieces = [(line,) if sign else tuple(line.split()) for line in lines]
    else:
        cut = options.get("-d", options.get("--delimiter", ""))
        words = text.rstrip("\n").split({"\\n": "\n", "\\0": "\0"}.get(cut, cut)) if cut else text.split()
        count = options.get("-n", options.get("--max-args", ""))
        size = int(count) if is_whole(count) and int(count) else max(1, len(words))
        pieces = [tuple(words[at : at + size]) for at in range(0, len(words), size)]
    for piece in pieces[:_MOST]:
        made = [word.replace(sign, piece[0]) for word in rest] if sign else [*rest, *piece]
        call.interpret(call.with_words(tuple(made)))
    _untold(call, len(pieces))
    return PRESUMED


def _parallel(call: Call, options: dict[str, str], rest: list[str]) -> str:
    """`parallel COMMAND ::: A B ::: C`, or a line of the input each; without a command the input is the commands."""
    starts = [place for place, word in enumerate(rest) if _SOURCE.fullmatch(word)]
    command = rest[: starts[0]] if starts else rest
    sources = [
        _values(call, rest[at], rest[at + 1 : end]) for at, end in zip(starts, [*starts[1:], None], strict=False)
    ]
    if not starts:
        text = _input(call, options)
        sources = [[UNKNOWN] if text is None else [line for line in text.splitlines() if line.strip()]]
    if any(rest[at].endswith("+") for at in starts):
        combined = [tuple(values) for values in zip(*sources, strict=False)]
    else:
        combined = list(islice(product(*sources), _MOST + 1))
    written = " ".join(command)
    for number, values in enumerate(combined[:_MOST], 1):
        text = _filled(written, values, number) if written else values[0]
        if text.startswith(UNKNOWN):
            call.unclear("which command it runs is not known")
        else:
            call.follow(text, call, (), True)
    _untold(call, len(combined))
    return PRESUMED


def _values(call: Call, mark: str, words: Sequence[str]) -> list[str]:
    """The values behind `:::`, or the lines of the files behind `::::`."""
    if mark.rstrip("+") == ":::":
        return list(words)
    texts = [call.read(file) for file in words]
    return [line for text in texts for line in (text.splitlines() if text is not None else [UNKNOWN])]


def _filled(written: str, values: Sequence[str], number: int) -> str:
    """The command with its input in place of `{}`, `{1}`, `{.}`, `{/}`, `{#}`; behind it where no place is marked."""

    def one(match: re.Match[str]) -> str:
        if match[3]:
            return str(number)
        value = values[int(match[1]) - 1] if match[1] and 0 < int(match[1]) <= len(values) else " ".join(values)
        if match[2] and UNKNOWN not in value:
            path = PurePosixPath(value)
            return {"/": path.name, ".": str(path.with_suffix("")), "//": str(path.parent), "/.": path.stem}[match[2]]
        return value

    return _PLACE.sub(one, written) if _PLACE.search(written) else f"{written} {' '.join(values)}"


def _input(call: Call, options: dict[str, str]) -> str | None:
    """What it reads; `None` if that is not known."""
    file = options.get("-a", options.get("--arg-file", ""))
    text = call.read(file) if file else call.ran.stdin
    return None if text is None or UNKNOWN in text else text


def _untold(call: Call, count: int) -> None:
    if count > _MOST:
        call.unclear(f"it runs more than {_MOST} commands, of which the first {_MOST} are followed")
