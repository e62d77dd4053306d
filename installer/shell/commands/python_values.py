"""What names mean in Python code: constants, the program's own arguments, parameters of functions it calls.

Reads the tree of the code and runs nothing. What is no plain value, or more than one, stays UNKNOWN.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from installer.shell.state import UNKNOWN

_PARSED = ("parse_args", "parse_known_args")
_SWITCHES = {"store_true": True, "store_false": False}
Values = dict[str, object]


def of(tree: ast.Module, arguments: Sequence[str] = ()) -> Values:
    """Each name with its value; `arguments`: the words that the program is started with."""
    values: Values = {"sys.argv": [UNKNOWN, *arguments]}
    values |= constants(tree, values)
    values |= dict(_arguments(tree, list(arguments), values))
    values |= constants(tree, values)
    for name, value in _parameters(tree, values).items():
        values.setdefault(name, value)
    return values | constants(tree, values)


def constants(tree: ast.Module, values: Mapping[str, object]) -> Values:
    """Names that are given one value in the whole code, and what that is."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ) if value is not None:
                found.setdefault(name, []).append(value)
    return {name: plain(nodes[0], values) for name, nodes in found.items() if len(nodes) == 1}


def plain(node: ast.expr, values: Mapping[str, object]) -> object:
    """The value of an expression; UNKNOWN if it is not a literal."""
    match node:
        case ast.Name(id=name):
            return values.get(name, UNKNOWN)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return values.get(f"{name}.{attribute}", UNKNOWN)
        case ast.Subscript(value=of_what, slice=ast.Constant(value=key)):
            return _item(plain(of_what, values), key)
        case ast.Call():
            return _made(node, values)
        case ast.Dict(keys=keys, values=held):
            pairs = zip(keys, held, strict=True)
            return {key.value: plain(one, values) for key, one in pairs if isinstance(key, ast.Constant)}
        case ast.JoinedStr(values=parts):
            return "".join(str(plain(_inner(part), values)) for part in parts)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return UNKNOWN


def _made(call: ast.Call, values: Mapping[str, object]) -> object:
    """What a few calls make that only pass a value on."""
    match call:
        case ast.Call(func=ast.Attribute(attr="get" | "getenv"), args=[_, default]):
            return plain(default, values)
        case ast.Call(func=ast.Name(id="int" | "float" | "str"), args=[inner]):
            return plain(inner, values)
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return {one.arg: plain(one.value, values) for one in keywords if one.arg}
    return UNKNOWN


def _inner(part: ast.expr) -> ast.expr:
    return part.value if isinstance(part, ast.FormattedValue) else part


def _item(held: object, key: object) -> object:
    if isinstance(held, Mapping):
        return held.get(key, UNKNOWN)
    if isinstance(held, list) and isinstance(key, int) and -len(held) <= key < len(held):
        return held[key]
    return UNKNOWN


def _arguments(tree: ast.Module, given: list[str], values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """`args.model` and such: what argparse makes of the words, or of the defaults."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    rows = [row for call in calls if _called(call) == "add_argument" and (row := _option(call, values))]
    if not rows:
        return
    for node in ast.walk(tree):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name) | ast.Tuple(elts=[ast.Name(id=name), *_])], value=ast.Call() as made
            ):
                if _called(made) in _PARSED:
                    yield from ((f"{name}.{key}", value) for key, value in _parsed(rows, given))


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


Option = tuple[list[str], str, object, object]
"""Its names, its place in the result, its default, and what it is as a switch (UNKNOWN: it takes a value)."""


def _option(call: ast.Call, values: Mapping[str, object]) -> Option | None:
    names = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    keywords = {one.arg: plain(one.value, values) for one in call.keywords if one.arg}
    if not names:
        return None
    long = next((name for name in names if name.startswith("--")), names[0])
    place = str(keywords.get("dest") or long.lstrip("-").replace("-", "_"))
    switch = _SWITCHES.get(str(keywords.get("action")), UNKNOWN)
    default = keywords.get("default", (not switch) if isinstance(switch, bool) else None)
    return names, place, default, switch


def _parsed(rows: Sequence[Option], given: list[str]) -> Iterator[tuple[str, object]]:
    rest = list(given)
    for names, place, default, switch in rows:
        value = default
        for at, word in enumerate(rest):
            name, equals, text = word.partition("=")
            if name in names and name.startswith("-"):
                value = (
                    switch if switch != UNKNOWN else text if equals else rest[at + 1] if at + 1 < len(rest) else value
                )
        yield place, _typed(value, default)


def _typed(value: object, default: object) -> object:
    """A word as the number that the default is; else as it is."""
    if isinstance(value, str) and isinstance(default, (int, float)) and not isinstance(default, bool):
        try:
            return type(default)(value)
        except ValueError:
            return value
    return value


def _parameters(tree: ast.Module, values: Mapping[str, object]) -> Values:
    """Parameters that are given the same value wherever their function is called."""
    functions = {
        node.name: node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    found: dict[str, list[object]] = {}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and (function := functions.get(_called(call))):
            for name, value in _given(function, call, values):
                found.setdefault(name, []).append(value)
    return {name: held[0] for name, held in found.items() if all(one == held[0] for one in held)}


def _given(
    function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call, values: Mapping[str, object]
) -> Iterator[tuple[str, object]]:
    names = [one.arg for one in function.args.args if one.arg not in ("self", "cls")]
    written = {name: plain(one, values) for name, one in zip(names, call.args, strict=False)}
    written |= {one.arg: plain(one.value, values) for one in call.keywords if one.arg}
    defaults = dict(zip(reversed(names), reversed(function.args.defaults), strict=False))
    extra = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    defaults |= {one.arg: default for one, default in extra if default is not None}
    for name in {*names, *(one.arg for one in function.args.kwonlyargs)}:
        if name in written:
            yield name, written[name]
        elif name in defaults:
            yield name, plain(defaults[name], values)
