"""How an engine reads the values of its environment variables: as numbers, or as one of some words.

Reads the table of readers, never runs it. What is read in any other way has no format: no value of it is called wrong.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TypeGuard

from installer.knowledge.engines.sources import Sources

START = "start"
"""Behind a format: the release reads the variable whenever it starts."""
DEFAULT = "default"
"""Behind a format: the release says that a value is wrong, and takes its default instead."""
_TABLE = "environment_variables"
_NUMBERS = {"int": "int", "float": "float", "maybe_convert_int": "int"}
_CHOICES = {"env_with_choices": "one", "env_list_with_choices": "many", "env_set_with_choices": "many"}
_SAID = ("true", "1", "yes", "y", "false", "0", "no", "n")
_FIELDS = {"EnvInt": "int", "EnvFloat": "float", "EnvBool": " ".join(("one~", "|".join(_SAID)))}
_READERS = ("os.getenv", "os.environ.get", "os.environ", "environ.get", "getenv")
_ALL_AT_ONCE = "enable_envs_cache"
"""A release with this function reads every variable before it serves."""
_HASHED = "compute_hash"


class _Members(ast.Attribute):
    """`ENUMERATION.__members__`."""

    value: ast.Attribute


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
        if isinstance(key, ast.Constant) and (kind := _format(str(key.value), value, sources)):
            always = _ALL_AT_ONCE in functions or key.value in listed
            found[str(key.value)] = " ".join((kind, START)) if always else kind
    return found


def of_fields(sources: Sources, member: str, owner: str) -> dict[str, str]:
    """Each variable that is a field of a class, `NAME = EnvInt(5)`, with its format and DEFAULT behind it."""
    module = sources.module(member)
    found: dict[str, str] = {}
    for node in module.classes[owner].body if module and owner in module.classes else ():
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=kind))):
                if sort := _FIELDS.get(kind.removesuffix("WithAlias")):
                    found[name] = " ".join((sort, DEFAULT))
    return found


def takes(kind: str, value: str) -> bool:
    """Whether a value has such a format."""
    sort, _, words = kind.removesuffix(START).removesuffix(DEFAULT).strip().partition(" ")
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


def _format(name: str, node: ast.expr, sources: Sources) -> str:
    match node:
        case ast.Lambda(body=body):
            return _format(name, body, sources)
        case ast.IfExp(body=body, orelse=orelse):
            return _format(name, body, sources) or _format(name, orelse, sources)
        case ast.Call(func=ast.Name(id="bool"), args=[inner]) | ast.Compare(left=inner) | ast.UnaryOp(operand=inner):
            return _format(name, inner, sources)
        case ast.Call(func=ast.Name(id=reader), args=[read, *_]) if reader in _NUMBERS and _reads(name, read):
            return _NUMBERS[reader]
        case ast.Call(func=ast.Name(id=reader), args=[ast.Constant(value=str(given)), _, choices]):
            words = _words(choices, sources) if reader in _CHOICES and given == name else []
            return f"{_CHOICES[reader]}{_folded(node)} {'|'.join(words)}" if words else ""
    return ""


def _words(choices: ast.expr, sources: Sources) -> list[str]:
    """What is allowed: a literal list, or the members of an enumeration of another module."""
    match choices:
        case ast.List(elts=words) if all(isinstance(word, ast.Constant) for word in words):
            return [str(ast.literal_eval(word)) for word in words]
        case ast.Lambda(body=body):
            named = [ast.literal_eval(one.args[0]) for one in ast.walk(body) if _imports(one)]
            classes = [one.value.attr for one in ast.walk(body) if _members_of(one)]
            return _enumerated(sources, str(named[0]), classes[0]) if named and classes else []
    return []


def _imports(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call) and ast.unparse(node.func) == "__import__" and isinstance(node.args[0], ast.Constant)
    )


def _members_of(node: ast.AST) -> TypeGuard[_Members]:
    return isinstance(node, ast.Attribute) and node.attr == "__members__" and isinstance(node.value, ast.Attribute)


def _enumerated(sources: Sources, dotted: str, name: str) -> list[str]:
    member = sources.member_of(dotted)
    sources.fetch([member] if member else [])
    module = sources.module(member)
    owner = module.classes.get(name) if module else None
    body = owner.body if owner else []
    return [one.targets[0].id for one in body if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)]


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
