"""Options of a command line, as a program registers them: `parser.add_argument("--x", type=int, …)` to `Flag`.

Reads calls that were parsed, never makes them. What a keyword says that cannot be read off is left open, so that
nothing is called wrong that may be right.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from installer.core.plans.flag import Flag
from installer.knowledge.engines.sources import Module
from installer.knowledge.engines.values import Reader

KINDS: Mapping[str, str] = {
    "int": "int", "float": "float", "str": "str", "json.loads": "json", "nullable_str": "str", "json_list_type": "json",
    "nullable_int": "int", "optional_str": "str", "optional_int": "int", "optional_float": "float",
}  # fmt: skip
_BARE = frozenset({"store_true", "store_false", "store_const", "append_const", "count", "help", "version"})
_BOOLEAN_ACTIONS = frozenset({"BooleanOptionalAction", "EnableDisableAction"})
_SAID = re.compile(
    r"^\W*(?:note\W+)?(?:(?:this|the)? ?(?:argument|option|flag|parameter)? ?(?:--[\w-]+ )?(?:is )?)?deprecated", re.I
)
_FLAG = re.compile(r"--[a-zA-Z][\w-]*(?:\.[\w.]+)?(?:=[\w.-]+)?")

Keywords = Mapping[str, ast.expr]


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, Mapping[str, ast.expr]]]:
    """Every `add_argument` call, with what the function around it assigns to names."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            local = _assigned(node)
            for inner in ast.walk(node):
                if isinstance(inner, ast.Call) and _adds(inner):
                    yield inner, local


def written_names(call: ast.Call) -> tuple[str, ...]:
    """The spellings of an option; empty for a positional argument, or one whose name is computed."""
    words = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return tuple(word for word in words if word.startswith("-"))


def flag(names: tuple[str, ...], keywords: Keywords, reader: Reader, module: Module, local: Keywords) -> Flag:
    """The option that these keywords of `add_argument` make."""
    action, kind = _word(keywords.get("action")), KINDS.get(_word(keywords.get("type")), "")
    takes, many = _arity(keywords, action, reader, module)
    choices = tuple(reader.strings(keywords.get("choices"), module, local)) if takes is not False else ()
    deprecated, replacement = retirement(names, keywords, action, reader, module)
    return Flag(
        names=opposite_spellings(names, module, reader) if action in _BOOLEAN_ACTIONS else names,
        takes_value=takes,
        kind=(kind if "type" in keywords else "str") if takes is not False else "",
        choices=choices,
        many=many,
        deprecated=deprecated,
        refused=refuses(action, keywords, reader, module),
        replacement=replacement,
    )  # fmt: skip


def opposite_spellings(names: tuple[str, ...], module: Module, reader: Reader) -> tuple[str, ...]:
    """The `--no-…` spellings that a boolean option gets, and the opposite of `--enable-…` where the parser makes it."""
    long = [name for name in names if name.startswith("--")]
    made = [f"--no-{name[2:]}" for name in long]
    if reader.find("EnableDisableAction", module) or _pairs_enable(module, reader):
        made += [f"--disable-{name[9:]}" for name in long if name.startswith("--enable-")]
        made += [f"--enable-{name[10:]}" for name in long if name.startswith("--disable-")]
    return (*names, *made)


def retirement(
    names: tuple[str, ...], keywords: Keywords, action: str, reader: Reader, module: Module
) -> tuple[bool, str]:
    """Whether an option is deprecated, and what it says to use instead."""
    description = reader.value(keywords.get("help"), module)
    description = description if isinstance(description, str) else ""
    marked = reader.value(keywords.get("deprecated"), module) is True
    if not (marked or action.startswith("Deprecated") or _SAID.match(description) or "new_flag" in keywords):
        return False, ""
    new_flag = reader.value(keywords.get("new_flag"), module)
    if isinstance(new_flag, str):
        return True, new_flag
    message = reader.value(keywords.get("error_message"), module)
    others = [found for found in _FLAG.findall(f"{message if isinstance(message, str) else ''} {description}")
              if found.partition("=")[0] not in names]  # fmt: skip
    return True, others[0].rstrip(".-") if others else ""


def refuses(action: str, keywords: Keywords, reader: Reader, module: Module) -> bool:
    """Whether an action of the engine's own only stops the launch: it raises, or ends in the parser's error."""
    owner = reader.class_of(ast.Name(id=action), module) if action else None
    if owner is None or not action.startswith("Deprecated"):
        return False
    body = next((s.body for s in owner[1].body if isinstance(s, ast.FunctionDef) and s.name == "__call__"), [])
    first = body[0] if body else None
    if isinstance(first, ast.If) and "error_message" in ast.unparse(first.test):
        return "error_message" in keywords
    return isinstance(first, ast.Raise)


def _arity(keywords: Keywords, action: str, reader: Reader, module: Module) -> tuple[bool | None, bool]:
    nargs: Any = reader.value(keywords.get("nargs"), module) if "nargs" in keywords else None
    if "nargs" in keywords:
        if nargs == "?":
            return None, False
        if nargs in ("+", "*"):
            return (True if nargs == "+" else None), True
        return (nargs != 0, bool(nargs)) if isinstance(nargs, int) else (True, False)
    if (
        action in _BARE
        or action in _BOOLEAN_ACTIONS
        or action.startswith(("DeprecatedStoreTrue", "DeprecatedStoreConst"))
    ):
        return False, False
    if action == "DeprecatedAction":
        return False, False
    return (None if action == "StoreBoolean" else True), False


def _pairs_enable(module: Module, reader: Reader) -> bool:
    parser = reader.find("FlexibleArgumentParser", module)
    return bool(parser and "EnableDisableAction" in parser[0].classes)


def _word(node: ast.expr | None) -> str:
    """The name of a type or an action, in the words of the source."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="json"), attr="loads"):
            return "json.loads"
        case ast.Attribute(attr=name):
            return name
        case ast.Call(func=ast.Name(id="optional_type"), args=[ast.Name(id=inner)]):
            return f"optional_{inner}"
    return "" if node is None else "computed"


def _adds(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument" and bool(call.args)


def _assigned(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr]:
    """Names that a function gives one value; those with several are left out."""
    found: dict[str, ast.expr] = {}
    several: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if name in found:
                    several.add(name)
                found[name] = value
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="add" | "append" | "extend" | "update")):
                several.add(name)
    return {name: value for name, value in found.items() if name not in several}
