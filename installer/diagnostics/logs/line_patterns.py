"""What tells settings, remarks, consequences and failures apart in a log. Its rows: `installer/knowledge/logs.yaml`.

Reads the rows once. Knows no program and no reason by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from installer.diagnostics.logs.patterns import Pattern, any_of, compiled, for_bytes, for_pages
from installer.knowledge import tables


@dataclass(frozen=True, slots=True)
class Signs:
    echo: Pattern
    harmless: Pattern
    mild: Pattern
    """What calls itself an error and is mostly a remark."""
    asked: Pattern
    remark: Pattern
    """What is no failure, whatever it calls itself."""
    aside: Pattern
    """What precedes a traceback that Python itself passes over."""
    consequence: Pattern
    loud: Pattern
    """A line that says itself that it is an error."""
    quiet: Pattern
    """A line that may be a complaint, or only a remark."""
    faint: Pattern
    """A line that says why only where the program ended."""
    word: Pattern
    """Finds, in bytes, a word without which no line complains."""
    alive: tuple[str, ...]
    alive_any: Pattern
    """Finds, in bytes, whether any of them is there."""
    overcome: tuple[tuple[Pattern, Pattern], ...]
    """What may fail at first, and what says later, level before it, that it came right, in many lines at once."""
    overcome_any: Pattern
    """Finds whether any of them may have failed."""
    state: tuple[tuple[Pattern, Pattern, Pattern], ...]
    """What failed, what says that it is so no longer, wherever that is, and what says that it still is."""
    done: Pattern
    """What is printed if all that was requested was done."""
    handled: Pattern
    """What is said right after a line that complains where the program found another way."""
    progress: Pattern
    """What is said along the way by a program that works."""
    programs: tuple[tuple[str, Pattern], ...]
    """Whose log it is, in many lines at once."""


@cache
def signs() -> Signs:
    """Every sign that is known."""
    held = tables.table("logs")

    def one(section: str, weight: int | None = None) -> Pattern:
        return any_of([row["pattern"] for row in held[section] if weight in (None, row.get("weight"))])

    return Signs(
        echo=one("echoes"),
        harmless=one("harmless"),
        mild=one("mild"),
        asked=one("asked"),
        remark=one("remarks"),
        aside=one("asides"),
        consequence=one("consequences"),
        loud=one("complaints", 2),
        quiet=one("complaints", 1),
        faint=one("complaints", 0),
        word=for_bytes([row["pattern"] for row in held["words"]]),
        alive=tuple(row["text"] for row in held["alive"]),
        alive_any=for_bytes([re.escape(row["text"]) for row in held["alive"]]),
        overcome=tuple((compiled(row["failed"]), for_pages(row["by"])) for row in held["overcome"]),
        overcome_any=any_of([row["failed"] for row in held["overcome"]]),
        state=tuple((compiled(row["failed"]), for_pages(row["now"]), for_pages(row["not"])) for row in held["states"]),
        done=one("done"),
        handled=for_pages("|".join(row["pattern"] for row in held["handled"])),
        progress=one("progress"),
        programs=tuple((row["program"], for_pages(row["pattern"])) for row in held["programs"]),
    )


EXCEPTION = re.compile(
    r"(?P<name>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Timeout|Failure|Failed|Errors|Died|Dead)"
    r"|(?:[A-Za-z_]\w*\.)+_?[A-Z]\w{3,}|[A-Z][A-Za-z]*(?:Error|Exception)\w*)(?:\([^)]{0,80}\))?(?=: |:$|$)"
)
"""How a traceback ends; matched at the beginning of a line."""
ENDS = re.compile(r"(?P<name>[A-Za-z_][\w.]{0,120})(?=: |:$|$)")
"""Any name: what ends a traceback is an exception, whatever it is called."""
INSIDE = re.compile(r"(?<![\w.'\"`/])(?P<name>(?:[A-Za-z_]\w{0,60}\.){0,8}[A-Z]\w{0,60}(?:Error|Exception))(?=: )")
"""The same in the middle of a line."""
FRAME = re.compile(r'\s*File ["“](?P<path>[^"”]{1,400})["”], line (?P<line>\d+)(?:, in (?P<function>.{1,120}))?')
CAUSED = re.compile(r"\s*(?:Caused by: |cause: |├─▶ |╰─▶ |├▶ |╰▶ |↳ )(?P<text>.+)")
"""What a program of Rust says its error came from; the last is the innermost."""
REFUSED = re.compile(r"\s*(?P<text>(?:Value error|Assertion failed), .+)")
"""What a validator says is wrong, below the line that says what it validates."""
