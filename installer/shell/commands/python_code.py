"""Reads Python that a script runs (`python -c`, a heredoc): imports, checks of versions, fetched models, commands.

Parses it with Python's own parser and never runs it.
"""

from __future__ import annotations

import ast
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from installer.core.text.python_source import parsed
from installer.shell.commands import python_servers, python_values
from installer.shell.state import UNKNOWN

_VERSION = re.compile(r"\d+(\.\d+)*([.+\-_a-z0-9]*)$")
_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_TURNED = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_STANDARD = frozenset(sys.stdlib_module_names)


@dataclass(slots=True)
class Read:
    imports: list[tuple[str, bool]] = field(default_factory=list)
    """Module, and whether a failure is caught."""
    expected: list[tuple[str, str]] = field(default_factory=list)
    """Package and specifier."""
    models: list[tuple[str, bool, str]] = field(default_factory=list)
    """Model, whether a token is given, and the folder that it goes to."""
    commands: list[tuple[str, int]] = field(default_factory=list)
    """Shell that it runs, and the line."""
    servers: list[tuple[str, list[str], int]] = field(default_factory=list)
    """Engine and options of each server that it starts by itself, and the line."""
    used: set[str] = field(default_factory=set)
    """Names of functions that it calls."""


def read(code: str, arguments: Sequence[str] = ()) -> Read | None:
    """What a piece of Python does that is started with `arguments`; `None` if it is no Python."""
    tree = parsed(code.replace(UNKNOWN, "UNKNOWN"))
    if tree is None:
        return None
    values = python_values.of(tree, arguments)
    reader = _Reader({**values, **python_servers.lists(tree, values)})
    try:
        reader.block(tree.body, caught=False)
        reader.found.servers += python_servers.started(tree, values)
    except RecursionError:
        return None
    return reader.found


class _Reader:
    def __init__(self, values: Mapping[str, object]) -> None:
        self.found = Read()
        self._values = values
        self._versions: dict[str, str] = {}
        """Variables that contain the version of a package."""
        self._modules: dict[str, str] = {}
        """Names of imported modules, by what the code calls them."""

    def block(self, body: list[ast.stmt], caught: bool) -> None:
        for statement in body:
            self._statement(statement, caught)

    def _statement(self, node: ast.stmt, caught: bool) -> None:
        match node:
            case ast.Import(names=names):
                for name in names:
                    self._imported(name.name, caught)
                    self._modules[name.asname or name.name.partition(".")[0]] = name.name
            case ast.ImportFrom(module=str(module), level=0):
                self._imported(module, caught)
            case ast.Try():
                swallowed = bool(node.handlers) and not all(_leaves(handler.body) for handler in node.handlers)
                self.block(node.body, caught or swallowed)
                self.block([s for handler in node.handlers for s in handler.body] + node.orelse, True)
                self.block(node.finalbody, caught)
                return
            case ast.Assert():
                self._checked(node.test, caught, wanted=True)
            case ast.If():
                self._condition(node, caught)
                return
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if package := self._version(value):
                self._versions[name] = package
        self._calls(node)
        for body in _bodies(node):
            self.block(body, caught)

    def _condition(self, node: ast.If, caught: bool) -> None:
        if _leaves(node.body):
            self._checked(node.test, caught, wanted=False)
        elif _leaves(node.orelse):
            self._checked(node.test, caught, wanted=True)
        self._calls(node.test)
        self.block(node.body, caught)
        self.block(node.orelse, caught)

    def _imported(self, module: str, caught: bool) -> None:
        if module.partition(".")[0] not in _STANDARD:
            self.found.imports.append((module, caught))

    def _checked(self, test: ast.expr, caught: bool, wanted: bool) -> None:
        """A condition that must be true (`wanted`), or false, for the script to continue."""
        if caught:
            return
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self._checked(operand, caught, not wanted)
            case ast.BoolOp(op=operator, values=values) if isinstance(operator, ast.And) == wanted:
                for value in values:
                    self._checked(value, caught, wanted)
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                self._compared(left, operator, right, wanted)
            case ast.Call(func=ast.Attribute(value=value, attr="startswith"), args=[ast.Constant(value=str(prefix))]):
                package = self._version(value)
                if package and wanted and (numbers := prefix.rstrip(".").partition("+")[0]):
                    self.found.expected.append((package, f"=={numbers}.*"))

    def _compared(self, left: ast.expr, operator: ast.cmpop, right: ast.expr, wanted: bool) -> None:
        if isinstance(operator, (ast.In, ast.NotIn)):
            package, text = self._version(right), _text(left)
            if package and text and isinstance(operator, ast.In) == wanted and _VERSION.fullmatch(text):
                self.found.expected.append((package, f"=={text}"))
            return
        sign = _OPERATORS.get(type(operator), "")
        package, text = self._version(left), _text(right)
        if not package:
            package, text, sign = self._version(right), _text(left), _SWAPPED.get(sign, sign)
        if sign and package and text and _VERSION.fullmatch(text):
            self.found.expected.append((package, f"{sign if wanted else _TURNED[sign]}{text}"))

    def _version(self, node: ast.expr) -> str:
        """The package whose version an expression is; empty if it is none."""
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr="__version__"):
                return self._modules.get(name, name).partition(".")[0]
            case ast.Name(id=name):
                return self._versions.get(name, "")
            case ast.Call(func=function, args=[argument, *_]):
                called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
                if called in ("version", "get_distribution") and isinstance(argument, ast.Constant):
                    return str(argument.value)
                if called in ("Version", "parse", "LooseVersion", "str", "V"):
                    return self._version(argument)
                if called == "split" and isinstance(function, ast.Attribute):
                    return self._version(function.value)
            case ast.Call(func=ast.Attribute(value=value, attr="strip" | "split")):
                return self._version(value)
            case ast.Subscript(value=ast.Call(func=ast.Attribute(value=value, attr="split"))):
                return self._version(value)
        return ""

    def _calls(self, node: ast.AST) -> None:
        for call in _calls_in(node):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            self.found.used.add(name)
            match name:
                case "snapshot_download" | "from_pretrained":
                    self._model(call)
                case "import_module" | "__import__":
                    if call.args and isinstance(call.args[0], ast.Constant):
                        self._imported(str(call.args[0].value), False)
                case "system" | "run" | "call" | "check_call" | "check_output" | "Popen":
                    self._command(call)

    def _model(self, call: ast.Call) -> None:
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        first = call.args[0] if call.args else named.get("repo_id", named.get("pretrained_model_name_or_path"))
        model = self._known(first) if first else ""
        token = named.get("token", named.get("use_auth_token"))
        if model and "UNKNOWN" not in model:
            folder = self._known(named["local_dir"]) if "local_dir" in named else ""
            self.found.models.append((model, token is not None and not _is_constant(token, None, False), folder))

    def _known(self, node: ast.expr) -> str:
        """A literal text or the value of a name; empty if it is not known."""
        value = _text(node) or python_values.plain(node, self._values)
        return value if isinstance(value, str) and UNKNOWN not in value else ""

    def _command(self, call: ast.Call) -> None:
        match call.args[:1]:
            case [ast.Constant(value=str(text))]:
                self.found.commands.append((text, call.lineno))
            case [ast.JoinedStr() | ast.Name() as node] if (held := self._text_of(node)) is not None:
                self.found.commands.append((held, call.lineno))
            case [ast.Call(func=ast.Attribute(value=ast.Constant(value=" "), attr="join"), args=[node])]:
                # Joined as it is, and split again by the shell.
                words = python_servers.words_of(node, self._values)
                if words and words[0] != UNKNOWN:
                    self.found.commands.append((" ".join(words).replace(UNKNOWN, "$_"), call.lineno))
            case [node]:
                words = python_servers.words_of(node, self._values)
                if words and words[0] != UNKNOWN:
                    self.found.commands.append((" ".join(map(_quoted, words)), call.lineno))

    def _text_of(self, node: ast.expr) -> str | None:
        """A command that is one text; one that is not known at all is none."""
        (text,) = python_servers.words_of(ast.List([node]), self._values) or [UNKNOWN]
        is_text = isinstance(node, ast.JoinedStr) or isinstance(self._values.get(getattr(node, "id", "")), str)
        return text.replace(UNKNOWN, "$_") if is_text and text.strip(UNKNOWN) else None


def _quoted(word: str) -> str:
    """A word as the shell is given it; what is not known of it stays so (`$_` is never known)."""
    return '"$_"'.join(shlex.quote(part) if part else "" for part in word.split(UNKNOWN)) or "''"


def _text(node: ast.expr) -> str:
    """A constant text, also inside `Version("…")`; empty if it is none."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Call(args=[argument]):
            return _text(argument)
    return ""


def _is_constant(node: ast.expr, *values: object) -> bool:
    return isinstance(node, ast.Constant) and node.value in values


def _leaves(body: list[ast.stmt]) -> bool:
    """Whether a block ends the program: `raise`, `sys.exit(1)`."""
    for node in body:
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            name = ast.unparse(node.value.func)
            if name in ("sys.exit", "exit", "quit", "os._exit", "SystemExit"):
                return not (node.value.args and _is_constant(node.value.args[0], 0))
    return False


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
            yield body


def _calls_in(node: ast.AST) -> Iterator[ast.Call]:
    """The calls of a statement itself, not of the blocks inside it."""
    waiting: list[ast.AST] = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, ast.Call):
            yield current
        waiting += [
            child for child in ast.iter_child_nodes(current) if not isinstance(child, (ast.stmt, ast.excepthandler))
        ]
