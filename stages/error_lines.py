"""The few lines of a long log that say why a program ended. Pure.

The end of an engine's log is mostly noise of shutting down: what matters is how the first traceback ends, and the lines
that name an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

_MOST = 6
_LONGEST = 400
_LEADS = re.compile(
    r"^(?:\((?:\w+)(?: \w+)* pid=\d+\) ?)?"  # a process: (EngineCore pid=12)
    r"(?:(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) [\d-]+ [\d:.]+ \[[^\]]*\] ?)?"  # ERROR 11-21 06:44:11 [core.py:80]
    r"(?:\[\d{4}-\d\d-\d\d [\d:.]+(?: \w+)*\] ?)?"  # time and rank: [2026-11-21 06:44:11 TP0]
    r"(?:\[rank\d+\]: ?)?"  # torch
)
_RAISED = re.compile(r"^[A-Za-z_][\w.]*(?::|$)")
_NAMED = re.compile(
    r"\berror: |: not found$|: No such file or directory|No module named |^Killed|[Oo]ut of memory|CUDA error"
    r"|cannot open shared object|undefined symbol|[Aa]ddress already in use|no kernel image|Segmentation fault"
)
_FATAL = re.compile(r"Fatal Python error: .")
_CURRENT = re.compile(r"Current thread .*\(most recent call first\)")
_FRAME = re.compile(r'\s+File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<name>\S+)')
_FRAMES = 2
_START = "Traceback (most recent call last)"
_NOISE = re.compile(r"Warning\b")


def error_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """At most six lines that say what went wrong, in order; the last lines of the log where none does."""
    plain = [without_lead(line) for line in lines]
    if fatal := _fatal(plain):
        return fatal
    raised = _distinct(_ends_of_tracebacks(plain))
    first = next((at for at, line in enumerate(plain) if _START in line), 0)
    named = _distinct(line.strip() for line in plain[first:] if _NAMED.search(line) and not _NOISE.search(line))
    # The first is the cause and the last is what it led to; what is between repeats them.
    found = raised if len(raised) <= 3 else [raised[0], raised[1], raised[-1]]
    found += [line for line in named if line not in found]
    if not found:
        found = [line for line in plain if line.strip()][-_MOST:]
    return tuple(line if len(line) <= _LONGEST else f"{line[: _LONGEST - 2]} …" for line in found[:_MOST])


def _fatal(lines: Sequence[str]) -> tuple[str, ...]:
    """What a process that a signal ended said of itself (Python's faulthandler). Whatever comes later, others say."""
    at = next((at for at, line in enumerate(lines) if _FATAL.match(line)), None)
    if at is None:
        return ()
    current = next((n for n in range(at, len(lines)) if _CURRENT.match(lines[n])), at)
    frames = [match for line in lines[current + 1 : current + 1 + _FRAMES] if (match := _FRAME.match(line))]
    return (lines[at].strip(), *(f"in {f['name']} ({f['file']}, line {f['line']})" for f in frames))


def without_lead(line: str) -> str:
    """A line without the time, level and process that engines put in front of it."""
    return _LEADS.sub("", line, count=1)


def _ends_of_tracebacks(lines: Sequence[str]) -> Iterator[str]:
    inside, statement = False, ""
    for line, following in pairwise((*lines, "")):
        if _START in line:
            inside, statement = True, ""
        elif inside and line.startswith("    ") and line.strip(" ^~"):
            statement = line.strip()
        elif inside and line.strip() and not line.startswith((" ", "\t")):
            inside = False
            if _RAISED.match(line):
                yield _sentence(line.strip(), statement, following)


def _sentence(raised: str, statement: str, following: str) -> str:
    """How a traceback ends, with what tells more where that is only a name."""
    if following.startswith("  "):  # validators put what matters on the next line, indented
        return f"{raised} {following.strip()}"
    return raised if ":" in raised or not statement else f"{raised}: {statement}"


def _distinct(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(lines))
