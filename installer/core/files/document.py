"""YAML (and JSON, which is a part of it) as a plain tree in which everything knows its line.

Holds text, numbers, true/false, nothing, lists and sections; no tags, no references, no objects, one document. Words
such as `yes` and `on`, dates and numbers with leading zeros stay text, so that nothing is guessed. Never reads a file
and never builds an object that the text names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from installer.core.errors import UsageError
from installer.core.files.problems import Place, Problem, quote, refusal

Scalar = str | int | float | bool
LIMIT_BYTES = 1024 * 1024
"""The largest file that is read; real ones have a few kilobytes."""
DEPTH = 16
_DEEP = f"this is nested more than {DEPTH} levels deep"
_VALUES = 20_000
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{0,18}([eE][-+]?[0-9]{1,2})?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BRACKETS = re.compile(r"""[][{}]|(?<![^\s[{,:])(?:"(?:[^"\\]|\\.)*"|'[^']*')|(?<!\S)\#[^\n]*""", re.DOTALL)
"""Brackets, and what hides them: quoted words and comments."""
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}


@dataclass(frozen=True, slots=True)
class Leaf:
    place: Place
    value: Scalar | None
    text: str
    """As it was written."""


@dataclass(frozen=True, slots=True)
class Items:
    place: Place
    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Table:
    place: Place
    entries: Mapping[str, Tree]
    keys: Mapping[str, Place]
    """Where each key is."""

    def at(self, key: str) -> Place:
        """Where `key` is; the table's own place if it is missing."""
        return self.keys.get(key, self.place)


Tree = Leaf | Items | Table


def decode(data: bytes, source: str, what: str = "document") -> str:
    """The text of a file. Raises `UsageError` if it is too large, or no text."""
    if len(data) > LIMIT_BYTES:
        raise _refused(what, source, None, "this file is larger than 1 MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _refused(what, source, line, "this is not text in UTF-8") from None


def parse(text: str, source: str, what: str = "document") -> Table:
    """The tree of a text. Raises one `UsageError` with the line where reading stopped."""
    import yaml

    if len(text) > LIMIT_BYTES:
        raise _refused(what, source, None, "this file is larger than 1 MiB")
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _refused(what, source, line, f"there is a control character ({found.group()!r}); this is not plain text")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(yaml.parse(text, Loader=loader), source).document()
    except _UnfitError as unfit:
        raise _refused(what, source, unfit.line, unfit.text) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        if mark and (deep := _too_deep(text[: mark.index])):
            raise _refused(what, source, deep, _DEEP) from None
        where = mark.line + 1 if mark else None
        raise _refused(what, source, where, f"this is not YAML: {_explained(error, text, where)}") from None


def scalar(text: str) -> Scalar | None:
    """The value of a word without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


class _UnfitError(Exception):
    """YAML, but nothing that we read."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


class _Builder:
    """Builds the tree from the parser's events, so that nothing is built before it is known to be plain."""

    def __init__(self, events: Iterator[Any], source: str) -> None:
        self._events = events
        self._source = source
        self._values = 0

    def document(self) -> Table:
        from yaml import events as ev

        tree: Tree | None = None
        for event in self._events:
            if isinstance(event, ev.DocumentStartEvent):
                if tree is not None:
                    raise _UnfitError(_line(event), "a second document starts here; write one document in a file")
                tree = self._tree(next(self._events), 0)
        if tree is None or (isinstance(tree, Leaf) and tree.value is None):
            raise _UnfitError(1, "this file is empty")
        if not isinstance(tree, Table):
            raise _UnfitError(tree.place.line or 1, 'expected lines such as "name: value" at the top')
        return tree

    def _tree(self, event: Any, depth: int) -> Tree:
        from yaml import events as ev

        self._values += 1
        if self._values > _VALUES:
            raise _UnfitError(_line(event), f"this file contains more than {_VALUES} values")
        if isinstance(event, ev.AliasEvent):
            raise _UnfitError(
                _line(event), f'"*{event.anchor}" is a YAML alias, which is not allowed; write the value out'
            )
        if event.tag not in (None, "!"):
            raise _UnfitError(_line(event), f"the tag {quote(event.tag)} is not allowed; only plain values are")
        if depth > DEPTH:
            raise _UnfitError(_line(event), _DEEP)
        if isinstance(event, ev.SequenceStartEvent):
            return self._items(event, depth)
        return self._table(event, depth) if isinstance(event, ev.MappingStartEvent) else self._leaf(event)

    def _items(self, start: Any, depth: int) -> Items:
        from yaml import events as ev

        items: list[Tree] = []
        while not isinstance(event := next(self._events), ev.SequenceEndEvent):
            items.append(self._tree(event, depth + 1))
        return Items(self._place(start), tuple(items))

    def _table(self, start: Any, depth: int) -> Table:
        from yaml import events as ev

        entries: dict[str, Tree] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := next(self._events), ev.MappingEndEvent):
            key = self._tree(event, depth + 1)
            if not isinstance(key, Leaf) or not isinstance(key.value, str):
                shown = f", not {quote(key.text)}" if isinstance(key, Leaf) else ""
                raise _UnfitError(_line(event), f"a key must be a word{shown}")
            if key.value in entries:
                first = keys[key.value].line
                raise _UnfitError(_line(event), f"the key {quote(key.value)} is defined twice (first in line {first})")
            entries[key.value] = self._tree(next(self._events), depth + 1)
            keys[key.value] = key.place
        return Table(self._place(start), MappingProxyType(entries), MappingProxyType(keys))

    def _leaf(self, event: Any) -> Leaf:
        text: str = event.value
        if found := _CONTROL.search(text):
            raise _UnfitError(_line(event), f"this value contains a control character ({found.group()!r})")
        if event.style in ("|", ">"):
            return Leaf(self._place(event), text.strip("\n"), text)
        return Leaf(self._place(event), text if event.style else scalar(text), text)

    def _place(self, event: Any) -> Place:
        return Place(self._source, _line(event))


def _line(event: Any) -> int:
    line: int = event.start_mark.line + 1
    return line


def _too_deep(text: str) -> int | None:
    """The line in which brackets are nested too deep, in a text that YAML gave up.

    The parser looks ahead, and has limits of its own that differ between releases: it may raise first.
    """
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found.group(), 0)
        if depth > DEPTH:
            return text.count("\n", 0, found.start()) + 1
    return None


def _explained(error: Any, text: str, line: int | None) -> str:
    lines = text.splitlines()
    if line is not None and line <= len(lines) and lines[line - 1].startswith("\t"):
        return "this line starts with a tab; indent with spaces"
    problem = getattr(error, "problem", None) or "it cannot be read"
    context = getattr(error, "context", None)
    return f"{problem} ({context})" if context else str(problem)


def _refused(what: str, source: str, line: int | None, text: str) -> UsageError:
    fix = "Correct it and run the command again; nothing was touched."
    return refusal(what, source, [Problem(Place(source, line), text)], fix)
