"""Fills a template: a tree of YAML in which `{name}` is a placeholder.

A string that is nothing but `{name}` becomes the value, of whatever type; where the value is `None`, its key or item is
left out, and so is what is empty afterwards. `{name}` inside a longer string becomes text. Pure; because the tree
is written again as YAML, no value can become part of its structure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

_PLACE = re.compile(r"\{([a-z_]+)\}")


def documents(file: Path, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The documents of a template, filled in. Raises `KeyError` for a place that `values` does not know."""
    loaded = yaml.safe_load_all(file.read_text(encoding="utf-8"))
    return [filled(tree, values) for tree in loaded]


def filled(tree: Any, values: Mapping[str, Any]) -> Any:
    """`tree` with its places filled in; `None` if nothing is left of it."""
    match tree:
        case dict():
            kept = {key: made for key, one in tree.items() if (made := filled(one, values)) is not None}
            return kept if kept or not tree else None
        case list():
            items = [made for one in tree if (made := filled(one, values)) is not None]
            return items if items or not tree else None
        case str():
            placeholder = _PLACE.fullmatch(tree)
            return values[placeholder[1]] if placeholder else _PLACE.sub(lambda place: str(values[place[1]]), tree)
    return tree


class _Written(yaml.SafeDumper):
    """Writes repeated values twice: references are for programs, and these files are read by people."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def text(trees: list[dict[str, Any]], head: str) -> str:
    """As YAML, below a comment."""
    comment = "".join(f"# {line}".rstrip() + "\n" for line in head.splitlines())
    options: dict[str, Any] = {"sort_keys": False, "width": 120, "allow_unicode": True}
    return comment + "---\n".join(yaml.dump(tree, Dumper=_Written, **options) for tree in trees)
