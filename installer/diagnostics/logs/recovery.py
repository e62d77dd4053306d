"""Which failures of a log the program got over: it said later that it works, or that very thing came right. Pure.

Its rows: `alive` and `overcome` in `installer/knowledge/logs.yaml`. Never says so of what came after.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from installer.diagnostics.logs.events import Event
from installer.diagnostics.logs.line_patterns import signs
from installer.diagnostics.logs.lines import Line
from installer.diagnostics.logs.patterns import Pattern

_BESIDE = 2
"""Messages right after a failure that can say that it is tried again."""
_PAGE = 256
"""Messages that are searched at once."""


class Recovery:
    """What each container, or another of its pod, said of itself after its failures."""

    def __init__(self, marks: Iterable[tuple[str, int]], lines: Sequence[Line]) -> None:
        self._lines = lines
        self._alive: dict[str, int] = {}
        for where, number in marks:
            self._alive[_pod(where)] = max(number, self._alive.get(_pod(where), 0))
        self._right: list[int] | None = None

    def over(self, event: Event) -> bool:
        """Whether the program went on after a failure."""
        return event.line <= self._last_alive(event.where) or self._came_right(event)

    def _last_alive(self, where: str) -> int:
        if not where:
            return max(self._alive.values(), default=0)
        return max(self._alive.get(_pod(where), 0), self._alive.get("", 0))

    def _came_right(self, event: Event) -> bool:
        """Whether what failed is told to have succeeded later."""
        texts = [event.header, event.text, *(line.text for line in self._lines[event.at + 1 : event.at + 1 + _BESIDE])]
        text = "\n".join(texts)
        if not signs().overcome_any.search(text):
            return False
        return any(
            event.line < last and failed.search(text)
            for (failed, _), last in zip(signs().overcome, self._last_right(), strict=True)
        )

    def _last_right(self) -> list[int]:
        """For each kind of failure that can be overcome, the last line that says so."""
        if self._right is None:
            messages = [f"{line.level} {line.text}".encode("utf-8", "replace") for line in self._lines]
            last = [_last(by, messages) for _, by in signs().overcome]
            self._right = [self._lines[at].number if at is not None else 0 for at in last]
        return self._right


def _last(pattern: Pattern, told: Sequence[bytes]) -> int | None:
    """The last message in which a pattern finds something, a page of them at a time."""
    for end in range(len(told), 0, -_PAGE):
        start = max(end - _PAGE, 0)
        if pattern.search(b"\n".join(told[start:end])):
            found = (at for at in range(end - 1, start - 1, -1) if pattern.search(told[at]))
            if (at := next(found, None)) is not None:
                return at
    return None


def _pod(where: str) -> str:
    """The pod of a container: those next to the server wait for it, and complain until it answers."""
    return where.replace("/", " ").partition(" ")[0]
