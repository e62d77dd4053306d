"""Reads a tree into dataclasses by their type hints, and collects everything that is wrong with it.

Knows no recipe and no machine: what a value means is checked by the rules that it is given. Never stops at the first
problem, never converts a value into another type, and never shows a secret.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from installer.core.files.document import Items, Leaf, Table, Tree
from installer.core.files.problems import Place, Problem, quote, suggestion

T = TypeVar("T")
Rule = Callable[[Any], str]
"""Says what is wrong with a value in a sentence; empty if nothing is."""
FieldName = tuple[type, str]


@dataclass(frozen=True, slots=True)
class Rules:
    """What values mean, next to their types."""

    values: Mapping[FieldName, Rule] = field(default_factory=dict)
    """For every single value under a field, also those in a list or a mapping."""
    keys: Mapping[FieldName, Rule] = field(default_factory=dict)
    """For the keys of a mapping field."""
    text: Rule = field(default=lambda value: "")
    """For every text, whatever its field."""
    cross_field: Mapping[type, Callable[[Any, Table], Iterable[Problem]]] = field(default_factory=dict)
    """For a finished value, where its parts must fit each other."""
    inline: Mapping[type, str] = field(default_factory=dict)
    """Sections that may contain the one element of this list field directly."""
    hidden: frozenset[FieldName] = frozenset()
    """Fields that no file sets."""


class _Bad:
    """Replaces a value that has a problem."""


_BAD: Any = _Bad()


@cache
def hints(cls: type) -> Mapping[str, Any]:
    """The types of the fields of a dataclass."""
    return typing.get_type_hints(cls)


def visible(cls: type, rules: Rules) -> dict[str, Field[Any]]:
    """The fields of a dataclass that a file may set."""
    return {found.name: found for found in fields(cls) if (cls, found.name) not in rules.hidden}


def optional(found: Field[Any]) -> bool:
    return found.default is not MISSING or found.default_factory is not MISSING


def read(tree: Table, cls: type[T], rules: Rules) -> tuple[T | None, list[Problem]]:
    """The value of a tree, or `None` and everything that is wrong with it."""
    reader = _Reader(rules)
    value = reader.section(tree, cls, tree.place)
    return (None if value is _BAD or reader.problems else value), reader.problems


class _Reader:
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.problems: list[Problem] = []

    def section(self, tree: Tree, cls: type, place: Place) -> Any:
        """A dataclass. `place` is where its key is, for what is missing."""
        if not isinstance(tree, Table):
            return self._wrong(tree, place, "a section (indented lines such as key: value)")
        known = list(visible(cls, self.rules))
        if (inner := self.rules.inline.get(cls)) is not None:
            direct = list(visible(_element(hints(cls)[inner]), self.rules))
            tree = _expanded(tree, direct, inner, place)
            known += direct
        values: dict[str, Any] = {}
        for key, child in tree.entries.items():
            if key in visible(cls, self.rules):
                values[key] = self._value(child, hints(cls)[key], (cls, key), tree.at(key))
            elif key in known:
                self._problem(tree.at(key), f'"{key}" cannot be used together with "{inner}"; move it into one of them')
            else:
                self._problem(tree.at(key), f"unknown key {quote(key)}{suggestion(key, known)}")
        return self._built(cls, values, tree, place)

    def _built(self, cls: type, values: dict[str, Any], tree: Table, place: Place) -> Any:
        known = visible(cls, self.rules).items()
        absent = [name for name, found in known if name not in values and not optional(found)]
        for name in absent:
            self._problem(place, f'the key "{name}" is missing here')
        if absent or any(value is _BAD for value in values.values()):
            return _BAD
        value = cls(**values)
        clashes = list(self.rules.cross_field[cls](value, tree)) if cls in self.rules.cross_field else []
        self.problems += clashes
        return _BAD if clashes else value

    def _value(self, tree: Tree, hint: Any, name: FieldName, place: Place) -> Any:
        origin = typing.get_origin(hint)
        if is_dataclass(hint):
            return self.section(tree, typing.cast(type, hint), place)
        if origin is tuple:
            return self._list(tree, typing.get_args(hint)[0], name, place)
        if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
            return self._mapping(tree, typing.get_args(hint)[1], name, place)
        if origin in (typing.Union, types.UnionType):
            return self._union(tree, typing.get_args(hint), name, place)
        return self._single(tree, (hint,), name, place)

    def _list(self, tree: Tree, element: Any, name: FieldName, place: Place) -> Any:
        if not isinstance(tree, Items):
            hint = f"; write [{quote(tree.text)}]" if isinstance(tree, Leaf) and isinstance(tree.value, str) else ""
            return self._wrong(tree, place, "a list", hint)
        found = [self._value(item, element, name, item.place) for item in tree.items]
        return _BAD if any(value is _BAD for value in found) else tuple(found)

    def _mapping(self, tree: Tree, element: Any, name: FieldName, place: Place) -> Any:
        if not isinstance(tree, Table):
            return self._wrong(tree, place, "a section (indented lines such as key: value)")
        values = {key: self._key(key, child, element, name, tree) for key, child in tree.entries.items()}
        return _BAD if any(value is _BAD for value in values.values()) else MappingProxyType(values)

    def _key(self, key: str, child: Tree, element: Any, name: FieldName, tree: Table) -> Any:
        problem = self.rules.text(key) or (self.rules.keys[name](key) if name in self.rules.keys else "")
        if problem:
            self._problem(tree.at(key), problem)
            return _BAD
        return self._value(child, element, name, tree.at(key))

    def _union(self, tree: Tree, options: tuple[Any, ...], name: FieldName, place: Place) -> Any:
        if type(None) in options and isinstance(tree, Leaf) and tree.value is None:
            return None
        solid = tuple(option for option in options if option is not type(None))
        if len(solid) == 1:
            return self._value(tree, solid[0], name, place)
        return self._single(tree, solid, name, place)

    def _single(self, tree: Tree, kinds: tuple[type, ...], name: FieldName, place: Place) -> Any:
        if not isinstance(tree, Leaf):
            return self._wrong(tree, place, _expected(kinds))
        value = tree.value
        if type(value) is int and float in kinds and int not in kinds:
            value = float(value)
        if kinds == (str,) and value is not None and tree.place.line is None:
            value = tree.text  # of a command line, whose quotes the shell has taken
        if type(value) not in kinds:
            hint = f"; put it in quotes: {quote(tree.text)}" if kinds == (str,) and value is not None else ""
            return self._wrong(tree, place, _expected(kinds), hint)
        problem = self.rules.text(value) if isinstance(value, str) else ""
        if not problem and name in self.rules.values:
            problem = self.rules.values[name](value)
        if problem:
            self._problem(tree.place, problem)
            return _BAD
        return value

    def _wrong(self, tree: Tree, place: Place, expected: str, hint: str = "") -> Any:
        at = tree.place if isinstance(tree, Leaf) else place
        self._problem(at, f"expected {expected}, found {_found(tree)}{hint}")
        return _BAD

    def _problem(self, place: Place, text: str) -> None:
        self.problems.append(Problem(place, text))


def _expanded(tree: Table, direct: list[str], inner: str, place: Place) -> Table:
    """A section that contains one element of a list directly, written as if it held the list."""
    if inner in tree.entries:
        return tree
    moved = {key: child for key, child in tree.entries.items() if key in direct}
    if tree.entries and not moved:
        return tree
    kept = {key: child for key, child in tree.entries.items() if key not in direct}
    element = Table(place, MappingProxyType(moved), tree.keys)
    entries = {**kept, inner: Items(place, (element,))}
    return Table(tree.place, MappingProxyType(entries), MappingProxyType({**tree.keys, inner: place}))


def _element(hint: Any) -> type:
    element: type = typing.get_args(hint)[0]
    return element


def _expected(kinds: tuple[type, ...]) -> str:
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    return "a single value" if len(kinds) > 1 else names[kinds[0]]


def _found(tree: Tree) -> str:
    match tree:
        case Leaf(value=None):
            return "nothing"
        case Leaf(value=str() as text):
            return quote(text)
        case Leaf(value=bool()):
            return tree.text
        case Leaf():
            return f"the number {tree.text}"
        case Items():
            return "a list"
    return "a section"
