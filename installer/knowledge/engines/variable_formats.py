"""How an engine reads the values of its environment variables: as numbers, or as one of some words.

Reads the table of readers, never runs it. What is read in any other way has no format: no value of it is called wrong.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import suppress

from installer.knowledge.engines.sources import Sources

START = "start"
"""Behind a format: the release reads the variable whenever it starts."""
_TABLE = "environment_variables"
_NUMBERS = {"int": "int", "float": "float", "maybe_convert_int": "int"}
_CHOICES = {"env_with_choices": "one", "env_list_with_choices": "many", "env_set_with_choices": "many"}
_READERS = ("os.getenv", "os.environ.get", "os.environ", "environ.get", "getenv")
_ALL_AT_ONCE = "enable_envs_cache"
"""A release with this function reads every variable before it serves."""
_HASHED = "compute_hash"


def formats(sources: Sources, member: str) -> dict[str, str]:
    """Each variable of the table with its format: "int", "one a|b", and " start" behind it."""
    module = sources.module(member)
    table = module.assigned.get(_TABLE) if module else None
    if module is None or not isinstance(table, ast.Dict):
        return {}
    functions = {one.name: one for one in module.tree.body if isinstance(one, ast.FunctionDef)}
    listed = set(_listed(functions[_HASHED])) if _HASHED in functions else set()
    found: dict[str, str] = {}
    for key, value in zip(table.keys, table.values, strict=True):
        if isinstance(key, ast.Constant) and (kind := _format(str(key.value), value)):
            always = _ALL_AT_ONCE in functions or key.value in listed
            found[str(key.value)] = " ".join((kind, START)) if always else kind
    return found


def takes(kind: str, value: str) -> bool:
    """Whether a value has such a format."""
    sort, _, words = kind.removesuffix(START).strip().partition(" ")
    with suppress(ValueError):
        match sort.rstrip("~"):
            case "int":
                return int(value) is not None
            case "float":
                return float(value) is not None
            case "one" | "many":
                fold = str.casefold if sort.endswith("~") else str
                allowed = {fold(word) for word in words.split("|")}
                given = value.split(",") if sort.startswith("many") else [value]
                return all(fold(one.strip()) in allowed for one in given if one.strip() or sort.startswith("one"))
        return True
    return False


def _listed(function: ast.FunctionDef) -> Iterator[str]:
    """The variables that a function names in a list."""
    for node in ast.walk(function):
        if isinstance(node, ast.List):
            yield from (str(one.value) for one in node.elts if isinstance(one, ast.Constant))


def _format(name: str, node: ast.expr) -> str:
    match node:
        case ast.Lambda(body=body):
            return _format(name, body)
        case ast.IfExp(body=body, orelse=orelse):
            return _format(name, body) or _format(name, orelse)
        case ast.Call(func=ast.Name(id="bool"), args=[inner]) | ast.Compare(left=inner) | ast.UnaryOp(operand=inner):
            return _format(name, inner)
        case ast.Call(func=ast.Name(id=reader), args=[read, *_]) if reader in _NUMBERS and _reads(name, read):
            return _NUMBERS[reader]
        case ast.Call(func=ast.Name(id=reader), args=[ast.Constant(value=str(given)), _, ast.List(elts=words)]):
            if reader in _CHOICES and given == name and all(isinstance(word, ast.Constant) for word in words):
                return f"{_CHOICES[reader]}{_folded(node)} " + "|".join(ast.literal_eval(word) for word in words)
    return ""


def _folded(call: ast.Call) -> str:
    """ "~" where big and small letters are the same."""
    cases: Mapping[str | None, ast.expr] = {one.arg: one.value for one in call.keywords}
    exact = cases.get("case_sensitive")
    return "~" if isinstance(exact, ast.Constant) and exact.value is False else ""


def _reads(name: str, node: ast.expr) -> bool:
    """Whether an expression is the variable's own value: read, with a default or without."""
    match node:
        case ast.BoolOp(values=[first, *_]):
            return _reads(name, first)
        case ast.Call(func=func, args=[ast.Constant(value=given), *_]) if given == name:
            return ast.unparse(func) in _READERS
        case ast.Subscript(value=value, slice=ast.Constant(value=given)) if given == name:
            return ast.unparse(value) in _READERS
    return False
