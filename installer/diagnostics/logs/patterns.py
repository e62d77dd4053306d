"""Regular expressions that take linear time, whatever line they are given (RE2, where it is installed).

Never returns a pattern that could hang: RE2 has none, and without it the pattern and the lines are kept short.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

try:
    import re2
except ImportError:  # a Python or a processor that it has no wheel for
    re2 = None

_GROUP = re.compile(r"(?<!\\)\((?:\?P<\w+>|(?!\?))")
LINEAR = re2 is not None


class Match(Protocol):
    def group(self, name: int | str = 0, /) -> str | None: ...

    def groupdict(self) -> Mapping[str, str | None]: ...

    def start(self) -> int: ...

    def end(self) -> int: ...


class Pattern(Protocol):
    def search(self, text: Any, at: int = 0, /) -> Match | None: ...

    @property
    def groupindex(self) -> Mapping[str, int]: ...


def compiled(pattern: str) -> Pattern:
    """`pattern` for text. Raises `ValueError` if it is none, or one that cannot run in linear time."""
    return cast(Pattern, _compile(pattern))


class _WhenAsked:
    """A pattern that is compiled when it is first asked for: most rows of a table are never asked in a run."""

    __slots__ = ("_pattern", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._pattern: Pattern | None = None

    def search(self, text: Any, at: int = 0, /) -> Match | None:
        return self._compiled().search(text, at)

    @property
    def groupindex(self) -> Mapping[str, int]:
        return self._compiled().groupindex

    def _compiled(self) -> Pattern:
        if self._pattern is None:
            self._pattern = compiled(self._text)
        return self._pattern


def when_asked(pattern: str) -> Pattern:
    """The same as `compiled`, later: for the rows of tables, each of which a test has compiled."""
    return _WhenAsked(pattern)


def any_of(patterns: Sequence[str]) -> Pattern:
    """One pattern that finds what any of `patterns` finds."""
    return cast(Pattern, _compile("|".join(f"(?:{_inline(pattern)})" for pattern in patterns)))


def for_bytes(patterns: Sequence[str]) -> Pattern:
    """The same, for text that is not decoded yet."""
    return cast(Pattern, _compile("|".join(f"(?:{_inline(pattern)})" for pattern in patterns).encode()))


def for_pages(pattern: str) -> Pattern:
    """The same as `compiled`, for the bytes of many lines at once: each of them has its own beginning and end."""
    return cast(Pattern, _compile(f"(?m:{_inline(pattern)})".encode()))


def _inline(pattern: str) -> str:
    """A pattern as a part of another: without groups, which cost time, and with its own flag at its beginning."""
    plain = _GROUP.sub("(?:", pattern)
    return f"(?i:{plain[4:]})" if plain.startswith("(?i)") else plain


def _compile(pattern: str | bytes) -> Any:
    if re2 is None:
        try:
            return re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no pattern: {error}") from None
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20  # the automaton of some hundred alternatives
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(f"{pattern!r} is no pattern that runs in linear time: {error}") from None
