"""Calls that an engine makes of a package, compared with what two releases of that package accept.

A call counts only where what it calls is written out: a function or class that the file imports from the package, a
method of such a class, also of what the file made of it. Never guesses: what is decorated, inherited or tested first
is left alone, and so is a call that the older release would have refused as well.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from installer.knowledge.engines.sources import Module, Sources, imported_from, statements

_DEEPEST = 8
_PLAIN = ("staticmethod", "classmethod", "abstractmethod", "cache", "lru_cache", "no_grad", "inference_mode")
"""Decorators that leave what a function takes as it is written."""
_ASKING = ("version", "signature", "hasattr", "parameters")
"""What is inside a condition that checks the release before it calls."""
_CAUGHT = ("TypeError", "Exception", "BaseException")
Function = ast.FunctionDef | ast.AsyncFunctionDef
Dotted = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    called: str
    why: str
    member: str


@dataclass(frozen=True, slots=True)
class _Takes:
    positional: int | None
    """How many; `None`: any number."""
    names: frozenset[str]
    any_name: bool
    needed: tuple[str, ...]
    """Those without a default; `places` of them may be given by their place."""
    positional_required: tuple[str, ...]


def refused(
    own: Sources, members: list[str], package: str, pair: tuple[Sources, Sources],
    late: Callable[[], bool] = lambda: False,
) -> Iterator[Refused]:  # fmt: skip
    """Each call that the older release of the pair takes and the newer one refuses, until it is `late`."""
    for member in members:
        module = own.module(member)
        for call, dotted in _calls(module, package) if module else ():
            if late():
                return
            before = _takes(pair[0], dotted)
            after = _takes(pair[1], dotted) if before and not _mismatch(call, before) else None
            why = _mismatch(call, after) if after else ""
            if why:
                yield Refused(".".join(dotted[-2:] if dotted[-2][:1].isupper() else dotted[-1:]), why, member)


def _calls(module: Module, package: str) -> Iterator[tuple[ast.Call, Dotted]]:
    file = _File(module, package)
    for call in _unguarded(module.tree):
        dotted = file.named(call.func)
        if dotted and len(dotted) > 1:
            yield call, dotted


def _unguarded(node: ast.AST) -> Iterator[ast.Call]:
    """Every call but those that are made where one may fail, or where a release was tested before."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child
        if isinstance(child, ast.If) and any(word in ast.dump(child.test) for word in _ASKING):
            continue
        if isinstance(child, ast.Try) and any(map(_catches, child.handlers)):
            yield from (call for rest in (*child.orelse, *child.finalbody) for call in _unguarded(rest))
            continue
        yield from _unguarded(child)


def _catches(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or any(word in ast.dump(handler.type) for word in _CAUGHT)


@dataclass(slots=True)
class _File:
    """What the names of a file mean, as far as they are of the package."""

    module: Module
    package: str
    names: dict[str, Dotted] = field(default_factory=dict)
    made: dict[str, Dotted | None] = field(default_factory=dict)
    """What a name or attribute was made of; `None`: of several things."""

    def __post_init__(self) -> None:
        for node in ast.walk(self.module.tree):
            match node:
                case ast.ImportFrom(names=names):
                    self._import_from(imported_from(self.module.package, node), names)
                case ast.Import(names=names):
                    self._import(names)
        for node in ast.walk(self.module.tree):
            match node:
                case ast.Assign(targets=[target], value=ast.Call(func=func)):
                    self._make(_last(target), self.named(func))
                case ast.Assign(targets=targets):
                    for target in targets:
                        self._make(_last(target), None)
                case ast.arg(arg=name, annotation=ast.expr() as kind):
                    self._make(name, self.named(kind) if isinstance(kind, (ast.Name, ast.Attribute)) else None)

    def _import(self, names: list[ast.alias]) -> None:
        for alias in names:
            if alias.name.partition(".")[0] == self.package:
                bound = alias.name if alias.asname else self.package
                self.names[alias.asname or self.package] = tuple(bound.split("."))

    def named(self, node: ast.expr) -> Dotted | None:
        """What an expression means: module, then names in it."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name) or self.made.get(name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return self.made.get(name)
            case ast.Attribute(value=value, attr=name):
                owner = self.named(value)
                return (*owner, name) if owner else None
        return None

    def _import_from(self, source: str, names: list[ast.alias]) -> None:
        if source.partition(".")[0] == self.package:
            self.names |= {alias.asname or alias.name: (*source.split("."), alias.name) for alias in names}

    def _make(self, name: str, of: Dotted | None) -> None:
        """Only a class makes a thing whose methods are known, and only where no other thing has that name."""
        kind = of if of and of[-1][:1].isupper() else None
        if name:
            self.made[name] = kind if name not in self.made or self.made[name] == kind else None


def _last(target: ast.expr) -> str:
    match target:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name
    return ""


def _takes(sources: Sources, dotted: Dotted) -> _Takes | None:
    """What a function, class or method takes; `None` if that is not written out."""
    for place in range(len(dotted) - 1, 0, -1):
        module = sources.module(sources.member_of(".".join(dotted[:place])))
        if module:
            found = _definition(sources, module, dotted[place], 0)
            return _of(found, dotted[place + 1 :]) if found else None
    return None


def _definition(sources: Sources, module: Module, name: str, depth: int) -> Function | ast.ClassDef | None:
    """Where a name is defined, followed through the modules that pass it on; `None` if more than one place is."""
    found = [
        one for one in statements(module.tree.body)
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and one.name == name
    ]  # fmt: skip
    if found:
        return found[0] if len(found) == 1 else None
    source, original = module.imports.get(name, ("", ""))
    other = sources.module(sources.member_of(source)) if original and depth < _DEEPEST else None
    return _definition(sources, other, original, depth + 1) if other else None


def _of(found: Function | ast.ClassDef, rest: Dotted) -> _Takes | None:
    if isinstance(found, ast.ClassDef):
        wanted = rest[0] if rest else "__init__"
        bodies = [one for one in found.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))]
        if len(rest) > 1 or (not rest and (found.decorator_list or any(one.name == "__new__" for one in bodies))):
            return None
        methods = [one for one in bodies if one.name == wanted]
        return _written(methods[0], bound=True) if len(methods) == 1 else None
    return None if rest else _written(found, bound=False)


def _written(function: Function, *, bound: bool) -> _Takes | None:
    marks = [ast.unparse(one).partition("(")[0].rpartition(".")[2] for one in function.decorator_list]
    if any(mark not in _PLAIN for mark in marks):
        return None
    takes, own = function.args, 1 if bound and "staticmethod" not in marks else 0
    parameters = [one.arg for one in (*takes.posonlyargs, *takes.args)][own:]
    defaults = len(takes.defaults)
    needed = parameters[: len(parameters) - defaults] if defaults else list(parameters)
    keywords = [one.arg for one in takes.kwonlyargs]
    needed += [name for name, value in zip(keywords, takes.kw_defaults, strict=True) if value is None]
    by_place = {one.arg for one in takes.posonlyargs}
    return _Takes(
        None if takes.vararg else len(parameters), frozenset({*parameters, *keywords} - by_place), bool(takes.kwarg),
        tuple(needed), tuple(parameters),
    )  # fmt: skip


def _mismatch(call: ast.Call, takes: _Takes) -> str:
    """Why a call does not fit, in words; empty: it does, or this is unknown."""
    given = [one.arg for one in call.keywords if one.arg]
    unknown = [name for name in given if name not in takes.names and not takes.any_name]
    if unknown:
        return f"takes no argument {unknown[0]}"
    if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
        return ""
    if takes.positional is not None and len(call.args) > takes.positional:
        return f"accepts at most {takes.positional} by position, but is given {len(call.args)}"
    there = {*given, *takes.positional_required[: len(call.args)]}
    missing = next((name for name in takes.needed if name not in there), "")
    return f"lacks the required argument {missing}" if missing else ""
