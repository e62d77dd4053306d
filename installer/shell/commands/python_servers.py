"""Servers that Python code starts by itself: `LLM(…)`, `AsyncEngineArgs(…)`, `Engine(…)`, as a command line.

Reads the tree of the code and runs nothing. What is no plain value stays UNKNOWN.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping

from installer.core.engines import Engine
from installer.knowledge.engines import definitions
from installer.shell.commands import python_values
from installer.shell.state import UNKNOWN

_OWN = frozenset(("use_tqdm_on_load", "log_level", "hf_token", "task", "chat_template", "override_pooler_config",
                  "allowed_local_media_path", "max_seq_len_to_capture", "disable_log_stats"))  # fmt: skip
"""What these take next to the options of the command line, or that a command line spells differently."""


def started(tree: ast.Module, values: Mapping[str, object]) -> Iterator[tuple[str, list[str], int]]:
    """The engine of each start, its options as words of a command line, and the line."""
    modules = set(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for engine in (one for one in definitions.engines().values() if name in one.starters):
                if engine.name in modules:
                    yield engine.name, list(_words(node, engine, values)), node.lineno


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def words_of(node: ast.expr, values: Mapping[str, object]) -> list[str]:
    """A command that is there as a list, also by its name or in parts; empty if it is none."""
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [word for element in elements for word in _word(element, values)]
        case ast.Name(id=name):
            held = values.get(name)
            return list(map(str, held)) if isinstance(held, list) else []
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            before, after = words_of(left, values), words_of(right, values)
            return [*before, *(after or [UNKNOWN])] if before else []
    return []


def lists(tree: ast.Module, values: Mapping[str, object]) -> dict[str, object]:
    """The lists of words that the code makes and lengthens, by their names, with all that it may put into them."""
    found = dict[str, list[str]]()
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if words := words_of(value, {**values, **found}):
                    found[name] = words
    for node in _unconditional(tree):
        match node:
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value) if name in found:
                found[name] = [*found[name], *(words_of(value, {**values, **found}) or [UNKNOWN])]
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=how), args=[value])):
                if name in found and how in ("append", "extend"):
                    more = _word(value, values) if how == "append" else words_of(value, {**values, **found})
                    found[name] = [*found[name], *(more or [UNKNOWN])]
    return dict(found)


def _unconditional(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements that run whenever their function does."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt) and not isinstance(child, (ast.If, ast.While, ast.For)):
            yield child
            yield from _unconditional(child)


def _word(node: ast.expr, values: Mapping[str, object]) -> list[str]:
    """The words that an element of a list becomes."""
    match node:
        case ast.Starred(value=inner):
            return words_of(inner, values) or [UNKNOWN]
    if ast.unparse(node) == "sys.executable":
        return ["python"]
    value = python_values.plain(node, values)
    return [str(value)] if isinstance(value, (str, int, float)) else [UNKNOWN]


def _words(call: ast.Call, engine: Engine, values: Mapping[str, object]) -> Iterator[str]:
    named: dict[str, object] = {
        keyword.arg: python_values.plain(keyword.value, values) for keyword in call.keywords if keyword.arg
    }
    if call.args:
        named.setdefault(engine.flag("model").lstrip("-").replace("-", "_"), python_values.plain(call.args[0], values))
    for keyword in call.keywords:
        if keyword.arg is None:
            spread = python_values.plain(keyword.value, values)
            named |= spread if isinstance(spread, Mapping) else {}
            yield from () if isinstance(spread, Mapping) else (UNKNOWN,)
    for name, value in named.items():
        if name in _OWN or value is None or value is False:
            continue
        yield f"--{name.replace('_', '-')}"
        if value is not True:
            yield value if isinstance(value, str) else json.dumps(value, default=str)
