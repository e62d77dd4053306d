"""Names that an engine registers with a companion, and that the companion has taken itself since. Reads files.

Transformers refuses a model type that it has already, so an engine that registers its own ends while it is imported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from installer.knowledge.engines.sources import Module, Sources, imported_from

_REGISTRY = "AutoConfig"


@dataclass(frozen=True, slots=True)
class Registered:
    name: str
    member: str


def registered(own: Sources, shapes: tuple[str, ...]) -> Iterator[Registered]:
    """Each model type that a file registers as soon as it is imported, where its package imports it at once."""
    members = sorted(name for name in own.members if any(fnmatchcase(name, shape) for shape in shapes))
    own.fetch(members)
    for member in members:
        folder, _, file = member.rpartition("/")
        package = own.module(f"{folder}/__init__.py")
        module = own.module(member)
        if module and package and file.removesuffix(".py") in _imported_at_once(package):
            yield from (Registered(name, member) for name in _names(module))


def _imported_at_once(package: Module) -> set[str]:
    """The files of a package that its `__init__` imports when it is imported itself."""
    found = set[str]()
    for node in package.tree.body:
        if isinstance(node, ast.ImportFrom):
            source = imported_from(package.package, node)
            found |= {source.rpartition(".")[2], *(alias.name for alias in node.names if source == package.package)}
    return found


def _names(module: Module) -> Iterator[str]:
    """Only the top level of the file, and does not say that the name may be there."""
    for node in module.tree.body:
        match node:
            case ast.Expr(value=ast.Call(func=func, args=[ast.Constant(value=str(name)), *_], keywords=keywords)):
                if ast.unparse(func) == f"{_REGISTRY}.register" and not any(one.arg == "exist_ok" for one in keywords):
                    yield name
