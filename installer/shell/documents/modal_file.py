"""Reads a Modal application: the image that it defines, and the commands of its functions, as shell. Runs nothing.

Modal builds the image from the calls in the file and then runs the functions in it, on a machine of its own.
"""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator, Mapping

from installer.core.text.python_source import parsed
from installer.shell.commands import python_code, python_servers, python_values
from installer.shell.documents.document import Document, placed
from installer.shell.state import UNKNOWN

_VENV = "/modal/venv"
"""Means the environment of the image."""
_INSTALLS = {"pip_install": ["pip", "install"], "uv_pip_install": ["uv", "pip", "install"]}
_OPTIONS = {"index_url": "--index-url", "extra_index_url": "--extra-index-url", "find_links": "--find-links"}
_PYTHON = ("python_version", "add_python")


def read(text: str) -> Document | None:
    """The application; `None` if it is none, or starts no command."""
    tree, found = parsed(text), python_code.read(text)
    if tree is None or found is None or not found.commands or not any(module == "modal" for module, _ in found.imports):
        return None
    values = python_values.of(tree)
    pieces = dict[int, str]()
    for call in _image_calls(tree):
        line = call.func.end_lineno or call.lineno
        for words in _steps(call, values):
            pieces[line] = " && ".join(filter(None, (pieces.get(line, ""), shlex.join(words))))
    if python := next(filter(None, (_keyword(call, _PYTHON, values) for call in _image_calls(tree))), ""):
        made = (["uv", "venv", "--seed", "--python", python, _VENV], [".", f"{_VENV}/bin/activate"])
        first = min(pieces, default=1)
        pieces[first] = " && ".join(filter(None, (*map(shlex.join, made), pieces.get(first, ""))))
    pieces |= {line: command for command, line in found.commands}
    return Document("Modal application", placed(pieces))


def _image_calls(tree: ast.Module) -> list[ast.Call]:
    """The calls that make an image, in the order in which they are applied."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return sorted(calls, key=lambda call: (call.func.end_lineno or 0, call.func.end_col_offset or 0))


def _steps(call: ast.Call, values: Mapping[str, object]) -> Iterator[list[str]]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in _INSTALLS:
        yield [*_INSTALLS[name], *_words(call, values), *_options(call, values)]
    elif name == "apt_install":
        yield ["apt-get", "install", "-y", *_words(call, values)]
    elif name == "run_commands":
        yield from (["bash", "-c", command] for command in _words(call, values))
    elif name == "env" and call.args and isinstance(variables := python_values.plain(call.args[0], values), Mapping):
        yield from (["export", f"{key}={value}"] for key, value in variables.items())


def _words(call: ast.Call, values: Mapping[str, object]) -> Iterator[str]:
    for argument in call.args:
        listed = argument if isinstance(argument, (ast.List, ast.Tuple, ast.Name)) else ast.List([argument])
        words = python_servers.words_of(listed, values) or python_servers.words_of(ast.List([argument]), values)
        yield from (word.replace(UNKNOWN, "$_") for word in words)


def _options(call: ast.Call, values: Mapping[str, object]) -> Iterator[str]:
    named = {keyword.arg: python_values.plain(keyword.value, values) for keyword in call.keywords if keyword.arg}
    for name, option in _OPTIONS.items():
        if isinstance(value := named.get(name), str):
            yield from (option, value)
    if named.get("pre") is True:
        yield "--pre"
    if isinstance(more := named.get("extra_options"), str):
        yield from shlex.split(more)


def _keyword(call: ast.Call, names: tuple[str, ...], values: Mapping[str, object]) -> str:
    given = (python_values.plain(one.value, values) for one in call.keywords if one.arg in names)
    return next((value for value in given if isinstance(value, str)), "")
