"""Which failures of a log the program got over: it said later that it works, or that very thing came right. Pure.

Its rows: `alive` and `overcome` in `installer/knowledge/logs.yaml`. Never says so of what came after.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from installer.diagnostics.logs.event import QUIET, Event
from installer.diagnostics.logs.line_patterns import signs
from installer.diagnostics.logs.lines import Line
from installer.diagnostics.logs.patterns import Pattern

_BESIDE = 2
"""Messages right after a failure that can say that it is tried again."""
_PAGE = 256
"""Messages that are searched at once."""
_NOTICE = 6
"""Messages in which a notice of several lines says what is done instead."""
_STEPS = 2
"""Lines that tell of progress, after which a program that only complained is taken to work."""


class Recovery:
    """What each container, or another of its pod, said of itself after its failures."""

    def __init__(self, marks: Iterable[tuple[str, int]], lines: Sequence[Line]) -> None:
        self._lines = lines
        self._alive: dict[str, int] = {}
        for where, number in marks:
            self._alive[_pod(where)] = max(number, self._alive.get(_pod(where), 0))
        self._right: list[int] | None = None
        self._went_on = False
        told = [line.text.encode("utf-8", "replace") for line in lines]
        self._handled = [*_all(signs().handled, told)]
        self._no_longer = [
            failed for failed, now, still in signs().state if [*_all(now, told)] and not [*_all(still, told)]
        ]

    def weigh_what_followed(self, events: Sequence[Event]) -> None:
        """Looks whether all that is left only complains, and the program went on after the last of it."""
        left = [event for event in events if event.weight >= QUIET and not self.over(event)]
        if not left or any(event.grave or event.consequence for event in left):
            return
        last = max(left, key=lambda event: event.at)
        complaining = {event.line for event in events}
        after = [line.text.strip() for line in self._lines[last.at + 1 :] if line.number not in complaining]
        done = any(signs().done.search(text) for text in after)
        loud = any(event.weight > QUIET for event in left)
        self._went_on = done or (not loud and sum(1 for text in after if signs().progress.search(text)) >= _STEPS)

    def over(self, event: Event) -> bool:
        """Whether the program went on after a failure."""
        if not event.grave and (self._went_on or self._is_handled(event)):
            return True
        return event.line <= self._last_alive(event.where) or self._came_right(event) or self._is_no_longer(event)

    def _is_handled(self, event: Event) -> bool:
        """Whether the lines right after a complaint say what is done instead."""
        if event.consequence:
            return False
        at = bisect_left(self._handled, event.at)
        return at < len(self._handled) and self._handled[at] <= event.at + _NOTICE

    def _is_no_longer(self, event: Event) -> bool:
        """Whether a state that is shown with a failure says that it is over."""
        return any(failed.search(event.text) for failed in self._no_longer)

    def _last_alive(self, where: str) -> int:
        if not where:
            return max(self._alive.values(), default=0)
        return max(self._alive.get(_pod(where), 0), self._alive.get("", 0))

    def _came_right(self, event: Event) -> bool:
        """Whether what failed is reported to have succeeded later."""
        texts = [event.header, event.text, *(line.text for line in self._lines[event.at + 1 : event.at + 1 + _BESIDE])]
        text = "\n".join(filter(None, texts))
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


def _all(pattern: Pattern, told: Sequence[bytes]) -> Iterator[int]:
    """Every message in which a pattern finds something, a page of them at a time."""
    for start in range(0, len(told), _PAGE):
        page = told[start : start + _PAGE]
        if pattern.search(b"\n".join(page)):
            yield from (at for at, text in enumerate(page, start) if pattern.search(text))


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
