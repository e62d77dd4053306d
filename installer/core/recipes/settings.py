"""`--set key=value`: single values that the command line puts into a recipe, before it is checked like any other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from installer.core.errors import UsageError
from installer.core.files.document import DEPTH, Items, Leaf, Table, Tree, parse, scalar
from installer.core.files.problems import Place, Problem, quote, refusal
from installer.core.text.numbers import is_whole


@dataclass(frozen=True, slots=True)
class Setting:
    path: tuple[str, ...]
    text: str
    place: Place


def settings(words: Iterable[str]) -> tuple[Setting, ...]:
    """The settings of the command line. Raises `UsageError` for one that is not `key=value`."""
    return tuple(map(_setting, words))


def apply_settings(tree: Table, words: Sequence[str]) -> Table:
    """`tree` with each value put where its dotted key points; sections that are not there yet are made."""
    for setting in settings(words):
        changed = _put(tree, setting.path, setting)
        assert isinstance(changed, Table)
        tree = changed
    return tree


def _setting(word: str) -> Setting:
    # A flag may contain dots and takes the rest of the key, so only its value's "=" ends it.
    key, equals, value = word.partition("=")
    place = Place(f"--set {key}")
    if not equals or not all(key.split(".")) or not key.isprintable():
        example = "expected key=value, such as server.port=9000"
        raise _refused(Place("--set"), f"{example}, found {quote(word if not equals else key)}")
    before, dashes, flag = key.partition(".--")
    path = (*before.split("."), "--" + flag) if dashes else tuple(key.split("."))
    if len(path) > DEPTH:
        raise _refused(Place(f"--set {quote(key)}"), f"this is nested more than {DEPTH} levels deep")
    return Setting(path, value, place)


def _put(tree: Tree, path: tuple[str, ...], setting: Setting) -> Tree:
    if not path:
        return _leaf(setting)
    key, rest = path[0], path[1:]
    if isinstance(tree, Items):
        return _put_in_list(tree, key, rest, setting)
    if not isinstance(tree, Table):
        raise _refused(setting.place, f"there is a single value where {quote(key)} was expected")
    child = _put(tree.entries.get(key) or _empty(setting), rest, setting)
    place = tree.keys.get(key, setting.place) if rest else setting.place
    entries = MappingProxyType({**tree.entries, key: child})
    return Table(tree.place, entries, MappingProxyType({**tree.keys, key: place}))


def _put_in_list(tree: Items, key: str, rest: tuple[str, ...], setting: Setting) -> Items:
    if not (is_whole(key) and int(key) < len(tree.items)):
        last = len(tree.items) - 1
        raise _refused(setting.place, f"there is a list; expected a position from 0 to {last}, found {quote(key)}")
    items = list(tree.items)
    items[int(key)] = _put(items[int(key)], rest, setting)
    return Items(tree.place, tuple(items))


def _empty(setting: Setting) -> Table:
    return Table(setting.place, MappingProxyType({}), MappingProxyType({}))


def _leaf(setting: Setting) -> Leaf | Items:
    text = setting.text
    if text[:1] == "[" and text[-1:] == "]":
        return _list(setting)
    if text[:1] not in ('"', "'"):
        if not text.isprintable():
            raise _refused(setting.place, "this value contains a control character or a line break")
        return Leaf(setting.place, scalar(text), text)
    value = parse(f"value: {text}", str(setting.place), "setting").entries["value"]
    if not isinstance(value, Leaf) or "\n" in text:
        raise _refused(setting.place, f"expected one value, found {quote(text)}")
    return Leaf(setting.place, value.value, value.text)


def _list(setting: Setting) -> Items:
    """A list as YAML writes it on one line, such as `[torch, triton]`."""
    value = parse(f"value: {setting.text}", str(setting.place), "setting").entries["value"]
    single = [item for item in value.items if isinstance(item, Leaf)] if isinstance(value, Items) else []
    if not isinstance(value, Items) or len(single) < len(value.items):
        raise _refused(setting.place, f"expected a list of single values, found {quote(setting.text)}")
    return Items(setting.place, tuple(Leaf(setting.place, item.value, item.text) for item in single))


def _refused(place: Place, text: str) -> UsageError:
    return refusal(
        "setting", place.source, [Problem(place, text)], "Correct it and run the command again; nothing was touched."
    )
