"""The Python sources inside a wheel, parsed but never imported: what a module assigns, defines and imports.

Reads members of an archive when they are first needed, each once. Never runs any of it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from email.parser import HeaderParser
from typing import Protocol

from installer.core.text.python_source import parsed

_BLOCKS = (ast.If, ast.Try, ast.With)


class Members(Protocol):
    """What is needed of an archive (`installer.core.packages.archive.Archive`)."""

    def names(self) -> tuple[str, ...]: ...

    def read_many(self, members: Collection[str]) -> dict[str, bytes]: ...


@dataclass(slots=True)
class Module:
    """One source file."""

    dotted: str
    package: str
    """The package that its relative imports start from."""
    tree: ast.Module
    assigned: dict[str, ast.expr] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Local name -> module and name in it; the name is empty for `import module`."""


class Sources:
    """The sources of one wheel."""

    def __init__(self, archive: Members) -> None:
        self._archive = archive
        self._members = frozenset(archive.names())
        self._modules: dict[str, Module | None] = {}
        self._read: dict[str, bytes] = {}

    @property
    def members(self) -> frozenset[str]:
        return self._members

    def fetch(self, members: Collection[str]) -> None:
        """Read several members at once, which is cheaper than one after another."""
        wanted = [member for member in members if member in self._members and member not in self._read]
        if wanted:
            self._read.update(self._archive.read_many(wanted))

    def text(self, member: str) -> str | None:
        self.fetch((member,))
        data = self._read.get(member)
        return data.decode("utf-8-sig", "replace") if data is not None else None

    def within(self, folder: str) -> list[str]:
        """The Python files below a folder, in order of their names."""
        return sorted(m for m in self._members if m.startswith(folder) and m.endswith(".py"))

    def member_of(self, dotted: str) -> str | None:
        """The file of a module: `sglang.srt.utils` is sglang/srt/utils.py or sglang/srt/utils/__init__.py."""
        base = dotted.replace(".", "/")
        return next((m for m in (f"{base}.py", f"{base}/__init__.py") if m in self._members), None)

    def module(self, member: str | None) -> Module | None:
        """A source file; `None` if it is not there or cannot be parsed."""
        if member is None:
            return None
        if member not in self._modules:
            text = self.text(member)
            self._modules[member] = _parsed(member, text) if text is not None else None
        return self._modules[member]


def metadata(archive: Members) -> tuple[tuple[str, ...], str]:
    """Requires-Dist and Requires-Python of a wheel."""
    member = next((m for m in archive.names() if m.endswith(".dist-info/METADATA") and m.count("/") == 1), None)
    data = archive.read_many((member,)).get(member) if member else None
    headers = HeaderParser().parsestr((data or b"").decode("utf-8", "replace"))
    requires = tuple(" ".join(str(line).split()) for line in headers.get_all("Requires-Dist") or ())
    return requires, str(headers.get("Requires-Python") or "")


def _parsed(member: str, text: str) -> Module | None:
    tree = parsed(text)
    if tree is None:
        return None
    dotted = member[: -len(".py")].replace("/", ".")
    inside = dotted.endswith(".__init__")
    dotted = dotted.removesuffix(".__init__")
    module = Module(dotted, dotted if inside else dotted.rpartition(".")[0], tree)
    for statement in statements(tree.body):
        _note(module, statement)
    return module


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a block and of the `if`, `try` and `with` blocks in it."""
    for statement in body:
        yield statement
        if isinstance(statement, _BLOCKS):
            yield from statements(statement.body)
            yield from statements(getattr(statement, "orelse", []))
            yield from statements(getattr(statement, "finalbody", []))
            for handler in getattr(statement, "handlers", []):
                yield from statements(handler.body)


def _note(module: Module, statement: ast.stmt) -> None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            module.assigned.setdefault(name, value)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            module.assigned.setdefault(name, value)
        case ast.ClassDef(name=name):
            module.classes.setdefault(name, statement)
        case ast.ImportFrom(names=names):
            source = imported_from(module.package, statement)
            for alias in names:
                module.imports.setdefault(alias.asname or alias.name, (source, alias.name))
        case ast.Import(names=names):
            for alias in names:
                local = alias.asname or alias.name.partition(".")[0]
                module.imports.setdefault(local, (alias.name if alias.asname else local, ""))


def imported_from(package: str, statement: ast.ImportFrom) -> str:
    """The module that a `from … import` names, relative ones from `package`."""
    if not statement.level:
        return statement.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - statement.level + 1]
    return ".".join([*base, *([statement.module] if statement.module else [])])
