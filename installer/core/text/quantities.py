"""Numbers and lists as people read them."""

from __future__ import annotations

import re
from collections.abc import Sequence


def lowered(sentence: str) -> str:
    """A sentence that continues inside of another one."""
    return sentence[:1].lower() + sentence[1:]


def first(names: Sequence[str], most: int) -> str:
    """`first(("a", "b", "c"), 2)` is "a, b and 1 more"."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def counted(number: int, noun: str) -> str:
    """`counted(1, "run")` is "1 run"; a noun whose plural ends in s."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def size(count: float) -> str:
    """Bytes in decimal units: `size(9_540_000_000)` is "9.5 GB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}" if unit in ("B", "kB") else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def round_size(count: float) -> str:
    """The same in little room: `round_size(38_140_000)` is "38 MB"."""
    number, unit = size(count).split()
    return f"{float(number):.0f} {unit}" if float(number) >= 10 else f"{number} {unit}"


def duration(seconds: float) -> str:
    """`duration(75)` is "1 min 15 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def roughly(seconds: float) -> str:
    """Of a time that is only estimated: `roughly(75)` is "1 min", and nothing is less than that."""
    hours, minutes = divmod(max(1, round(seconds / 60)), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def parse_size(text: str) -> int | None:
    """Bytes of a size as people write it, such as "60MiB" or "50 MB"; `None` if it is none."""
    match = re.fullmatch(r"\s*(\d{1,12})\s*(?:([kKMGT])(i?))?B?\s*", text)
    if match is None:
        return None
    base, power = 1024 if match[3] else 1000, " KMGT".index((match[2] or " ").upper())
    return int(match[1]) * int(base**power)


def clock(seconds: float) -> str:
    """Time in a narrow column: `clock(75)` is "1:15"."""
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def gib(amount: float) -> str:
    """Bytes as GPUs are spoken of: `gib(6_171_877_376)` is "5.7 GiB"."""
    return f"{amount / (1 << 30):,.1f} GiB"
