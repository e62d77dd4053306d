"""Modules of others that an engine's server imports whenever it starts, followed from its entry point on.

Counts what is imported at the level of modules, on a machine with an NVIDIA GPU; not what a `try` lets fail, what is
for type checkers, for other hardware, or inside functions. What depends on anything else is left out, so that every
module named here is really needed. Reads sources; imports nothing.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from installer.knowledge.engines import definitions
from installer.knowledge.engines.sources import Members, Sources, imported_from

_OTHERS = re.compile(r"hip|rocm|npu|xpu|hpu|musa|tpu|mps|mlx|cpu|amx|neuron|aiter|TYPE_CHECKING|windows|darwin", re.I)
_OURS = re.compile(r"_?(?:is_)?cuda(?:_alike|_available)?$", re.I)
_BLOCK = re.compile(r"@|class\b|def\b|async def\b")
_LETS_FAIL = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def imported_modules(archive: Members, package: str) -> dict[str, str]:
    """Each top-level module that is needed, with a file that imports it; empty if no entry point is known."""
    known = definitions.engine(package)
    return _Walk(Sources(archive), known.name).run(known.entries) if known else {}


def imported_names(sources: Sources, package: str, of: str) -> dict[tuple[str, str], str]:
    """What is imported of the package `of` whenever the server starts: module and name in it, with a file that does."""
    known = definitions.engine(package)
    walk = _Walk(sources, known.name) if known else None
    if walk is None or known is None:
        return {}
    walk.run(known.entries)
    return {pair: member for pair, member in walk.pairs.items() if pair[0].partition(".")[0] == of}


class _Walk:
    """One walk through the files of a package."""

    def __init__(self, sources: Sources, package: str) -> None:
        self._sources, self._package = sources, package
        self._found: dict[str, str] = {}
        self.pairs: dict[tuple[str, str], str] = {}
        """Each module of others with each name that is imported out of it (empty: the module itself)."""
        self._seen: set[str] = set()
        self._waiting: list[str] = []

    def run(self, entries: tuple[str, ...]) -> dict[str, str]:
        for entry in entries:
            self._own(entry)
        while self._waiting:
            batch, self._waiting = self._waiting, []
            self._sources.fetch(batch)
            for member in batch:
                for name, original in self._imports(member):
                    self._note(name, original, member)
        return self._found

    def _imports(self, member: str) -> Iterator[tuple[str, str]]:
        """What a file imports, parsed without its functions and classes, which is ten times faster."""
        base = member[: -len(".py")].replace("/", ".")
        package = base.removesuffix(".__init__") if base.endswith(".__init__") else base.rpartition(".")[0]
        try:
            tree = ast.parse(outline(self._sources.text(member) or ""))
        except (SyntaxError, ValueError):
            module = self._sources.module(member)
            tree = module.tree if module else ast.Module([], [])
        return _imports(tree.body, package)

    def _note(self, name: str, original: str, member: str) -> None:
        """`name` is imported, or `original` out of it."""
        top = name.partition(".")[0]
        if top == self._package:
            self._own(name)
            if original:
                self._own(f"{name}.{original}")
        elif top and top not in sys.stdlib_module_names and top != "__future__":
            self._found.setdefault(top, member)
            self.pairs.setdefault((name, original), member)

    def _own(self, dotted: str) -> None:
        """Importing a module imports every package above it."""
        parts = dotted.split(".")
        for length in range(1, len(parts) + 1):
            member = self._sources.member_of(".".join(parts[:length]))
            if member and member not in self._seen:
                self._seen.add(member)
                self._waiting.append(member)


def outline(text: str) -> str:
    """A source without the functions and classes that begin at its left edge."""
    kept, skipping, quoted = [], False, False
    for line in text.splitlines():
        edge = line[:1]
        if not quoted and edge and edge not in " \t)]}#":
            skipping = bool(_BLOCK.match(line))
        if skipping:
            quoted ^= bool((line.count('"""') + line.count("'''")) % 2)
        else:
            kept.append(line)
    return "\n".join(kept)


def _imports(body: list[ast.stmt], package: str) -> Iterator[tuple[str, str]]:
    for statement in _running(body):
        match statement:
            case ast.Import(names=names):
                yield from ((alias.name, "") for alias in names)
            case ast.ImportFrom(names=names):
                source = imported_from(package, statement)
                yield from ((source, alias.name) for alias in names)


def _running(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported."""
    for statement in body:
        match statement:
            case ast.If(test=test):
                holds = _is_true(test)
                if holds is not None:
                    yield from _running(statement.body if holds else statement.orelse)
            case ast.Try():
                if not any(map(_lets_fail, statement.handlers)):
                    yield from _running(statement.body)
                    yield from _running(statement.orelse)
                yield from _running(statement.finalbody)
            case ast.With(items=items):
                if not any("suppress" in ast.unparse(item) for item in items):
                    yield from _running(statement.body)
            case _:
                yield statement


def _is_true(test: ast.expr) -> bool | None:
    """Whether a condition is true if a server runs on an NVIDIA GPU; `None`: unknown."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            holds = _is_true(inner)
            return None if holds is None else not holds
        case ast.BoolOp(op=op, values=values):
            parts = [_is_true(value) for value in values]
            decides = isinstance(op, ast.Or)
            return decides if decides in parts else None if None in parts else not decides
        case ast.Call(func=inner, args=[]):
            return _is_true(inner)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return True if _OURS.match(name) else False if _OTHERS.search(name) else None
    return None


def _lets_fail(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type] if handler.type else []
    return not kinds or any(isinstance(kind, ast.Name) and kind.id in _LETS_FAIL for kind in kinds)
