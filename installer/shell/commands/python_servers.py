"""Servers that Python code starts by itself: `LLM(…)`, `AsyncEngineArgs(…)`, `sglang.Engine(…)`, as a command line.

Reads the tree of the code and runs nothing. What is no plain value stays UNKNOWN.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping

from installer.core.engines import Engine
from installer.knowledge.engines import definitions
from installer.shell.state import UNKNOWN

_OWN = frozenset(("use_tqdm_on_load", "log_level", "hf_token", "task", "chat_template", "override_pooler_config",
                  "allowed_local_media_path", "max_seq_len_to_capture", "disable_log_stats"))  # fmt: skip
"""What these take beside the options of the command line, or that a command line spells differently."""


def started(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """The engine of each start, and its options as words of a command line."""
    modules, values = set(_imported(tree)), dict(_constants(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for engine in (one for one in definitions.engines().values() if name in one.starters):
                if engine.name in modules:
                    yield engine.name, list(_words(node, engine, values))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _constants(tree: ast.Module) -> Iterator[tuple[str, object]]:
    """Names that are given one value in the whole code, and what that is."""
    found: dict[str, list[object]] = {}
    for node in ast.walk(tree):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ) if value is not None:
                found.setdefault(name, []).append(_plain(value, {}))
    yield from ((name, values[0]) for name, values in found.items() if len(values) == 1)


def _plain(node: ast.expr, values: Mapping[str, object]) -> object:
    """The value of an expression; UNKNOWN where it is none that stands there."""
    match node:
        case ast.Name(id=name):
            return values.get(name, UNKNOWN)
        case ast.Call(func=ast.Attribute(attr="get" | "getenv"), args=[_, default]):
            return _plain(default, values)
        case ast.Call(func=ast.Name(id="int" | "float" | "str"), args=[inner]):
            return _plain(inner, values)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return UNKNOWN


def _words(call: ast.Call, engine: Engine, values: Mapping[str, object]) -> Iterator[str]:
    named = {keyword.arg: _plain(keyword.value, values) for keyword in call.keywords if keyword.arg}
    if call.args:
        named.setdefault(engine.flag("model").lstrip("-").replace("-", "_"), _plain(call.args[0], values))
    if any(keyword.arg is None for keyword in call.keywords):
        yield UNKNOWN
    for name, value in named.items():
        if name in _OWN or value is None or value is False:
            continue
        yield f"--{name.replace('_', '-')}"
        if value is not True:
            yield value if isinstance(value, str) else json.dumps(value, default=str)
