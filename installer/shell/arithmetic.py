"""`$((…))`, `expr` and their numbers: whole ones, calculated where every name in them is known. Runs nothing."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping

from installer.core.text.numbers import is_whole

_LONGEST = 200
_LARGEST = 1 << 62
_NAME = re.compile(r"\$\{(\w+)(?::?[-=](\w+))?\}|\$(\w+)|(?<![\w$])([A-Za-z_]\w*)")
_OPERATORS: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda one, other: int(one / other),
    ast.Mod: lambda one, other: one - other * int(one / other),
}


def worked_out(text: str, value: Callable[[str], str | None]) -> int | None:
    """The value of an expression; `value` gives that of a name. `None` if unknown or invalid."""
    unknown = False

    def known(match: re.Match[str]) -> str:
        nonlocal unknown
        held = value(match[1] or match[3] or match[4])
        held = held or match[2] or held
        found = "0" if held == "" else (held or "").strip()
        unknown = unknown or not is_whole(found.lstrip("-"))
        return f"({int(found)})" if not unknown else "0"

    plain = _NAME.sub(known, text[:_LONGEST])
    if unknown or len(text) > _LONGEST or "**" in plain:
        return None
    try:
        return _of(ast.parse(re.sub(r"\b0+(?=\d)", "", plain.strip()), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError, RecursionError):
        return None


def _of(node: ast.expr) -> int:
    match node:
        case ast.Constant(value=int() as number) if not isinstance(number, bool):
            found = number
        case ast.UnaryOp(op=ast.USub(), operand=inside):
            found = -_of(inside)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
            found = _OPERATORS[type(sign)](_of(left), _of(right))
        case _:
            raise ValueError("arithmetic that is not supported here")
    if abs(found) > _LARGEST:
        raise OverflowError
    return found
