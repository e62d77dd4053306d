"""What `{key: value for key, value in TABLE.items() if key == …}` makes of a table that could be read off."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

Names = Mapping[str, Any]
"""What the loop's own names mean in one round."""


def rewritten(node: ast.DictComp, table: Mapping[Any, Any]) -> dict[Any, Any] | None:
    """`None` if any of it is more than names, constants and comparing them."""
    found: dict[Any, Any] = {}
    for row in table.items():
        names = _bound(node.generators[0].target, row)
        holds = [_is_true(test, names) for test in node.generators[0].ifs] if names is not None else [None]
        if names is None or None in holds:
            return None
        made = [*_plain(node.key, names), *_plain(node.value, names)]
        if len(made) != 2 or not isinstance(made[0], (str, int)):
            return None
        if all(holds):
            found[made[0]] = made[1]
    return found


def table_of(node: ast.DictComp) -> ast.expr | None:
    """The TABLE of `for … in TABLE.items()`."""
    match node.generators:
        case [ast.comprehension(iter=ast.Call(func=ast.Attribute(value=table, attr="items"), args=[], keywords=[]))]:
            return table
    return None


def _bound(target: ast.expr, value: Any) -> Names | None:
    """The names of `k`, or of `k, (a, b)`, with what they mean."""
    if isinstance(target, ast.Name):
        return {target.id: value}
    if not isinstance(target, ast.Tuple) or not isinstance(value, (list, tuple)) or len(target.elts) != len(value):
        return None
    found: dict[str, Any] = {}
    for inner, part in zip(target.elts, value, strict=True):
        names = _bound(inner, part)
        if names is None:
            return None
        found |= names
    return found


def _is_true(test: ast.expr, names: Names) -> bool | None:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as operator], comparators=[right]):
            sides = [*_plain(left, names), *_plain(right, names)]
            if len(sides) == 2:
                return (sides[0] == sides[1]) is isinstance(operator, ast.Eq)
    return None


def _plain(node: ast.expr, names: Names) -> Iterator[Any]:
    """The one value of a name, a constant or a tuple of them; nothing if it is anything else."""
    match node:
        case ast.Constant(value=value):
            yield value
        case ast.Name(id=name) if name in names:
            yield names[name]
        case ast.Tuple(elts=elements):
            parts = [list(_plain(element, names)) for element in elements]
            if all(parts):
                yield [part for (part,) in parts]
