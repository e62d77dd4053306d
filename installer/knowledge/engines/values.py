"""What a written expression means, as far as it can be read off: lists of words, constants, enumerations.

Follows names to where they are assigned, also in other modules. Never runs anything, and never guesses: what cannot be
read off is `UNKNOWN`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from installer.knowledge.engines.comprehensions import rewritten, table_of
from installer.knowledge.engines.sources import Module, Sources


class Unknown:
    """What could not be read off."""

    def __bool__(self) -> bool:
        return False


UNKNOWN = Unknown()
_SEQUENCES = frozenset({"list", "tuple", "set", "frozenset", "sorted"})
_DEEPEST = 12
_NOTHING: Mapping[str, ast.expr] = MappingProxyType({})


class Reader:
    """Reads expressions of one wheel."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    def value(  # noqa: C901 - one line a kind of expression
        self, node: ast.expr | None, module: Module, local: Mapping[str, ast.expr] = _NOTHING, depth: int = 0
    ) -> Any:
        """A constant, a list or a dict (of which values may be `UNKNOWN`), or `UNKNOWN`."""
        if node is None or depth > _DEEPEST:
            return UNKNOWN
        deeper = depth + 1
        found: Any = UNKNOWN
        match node:
            case ast.Constant(value=value):
                found = value
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                found = self._elements(elements, module, local, deeper)
            case ast.Dict():
                found = self._dict(node, module, local, deeper)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                found = _sum(self.value(left, module, local, deeper), self.value(right, module, local, deeper))
            case ast.JoinedStr(values=parts):
                found = "".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in parts)
            case ast.Name(id=name):
                found = self._named(name, module, local, deeper)
            case ast.Attribute():
                found = self._attribute(node, module, local, deeper)
            case ast.Call():
                found = self._call(node, module, local, deeper)
            case ast.Subscript():
                found = self._literal(node, module, deeper)
            case ast.ListComp() | ast.DictComp():
                found = self._comprehension(node, module, local, deeper)
        return found

    def strings(self, node: ast.expr | None, module: Module, local: Mapping[str, ast.expr] = _NOTHING) -> list[str]:
        """The words of a list; empty if any of it could not be read off."""
        value = self.value(node, module, local)
        if isinstance(value, dict):
            value = list(value)
        if not isinstance(value, list) or any(isinstance(item, (Unknown, list, dict)) for item in value):
            return []
        return [str(item) for item in value]

    def find(self, name: str, module: Module, depth: int = 0) -> tuple[Module, ast.expr | ast.ClassDef] | None:
        """Where a name is assigned or defined: in this module, or in the one that it is imported from."""
        if name in module.imports and depth < _DEEPEST:
            source, original = module.imports[name]
            other = self.sources.module(self.sources.member_of(source))
            found = self.find(original, other, depth + 1) if other and original else None
            if found:
                return found
        if name in module.assigned:
            return module, module.assigned[name]
        if name in module.classes:
            return module, module.classes[name]
        return None

    def _elements(self, nodes: list[ast.expr], module: Module, local: Mapping[str, ast.expr], depth: int) -> Any:
        found: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                inner = self.value(node.value, module, local, depth)
                if not isinstance(inner, (list, dict)):
                    return UNKNOWN
                found.extend(inner)
            else:
                found.append(self.value(node, module, local, depth))
        return found

    def _dict(self, node: ast.Dict, module: Module, local: Mapping[str, ast.expr], depth: int) -> Any:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                inner = self.value(value, module, local, depth)
                if not isinstance(inner, dict):
                    return UNKNOWN
                found.update(inner)
                continue
            name = self.value(key, module, local, depth)
            if not isinstance(name, (str, int)):
                return UNKNOWN
            found[name] = self.value(value, module, local, depth)
        return found

    def _named(self, name: str, module: Module, local: Mapping[str, ast.expr], depth: int) -> Any:
        if name in local:
            rest = {key: value for key, value in local.items() if key != name}
            return self.value(local[name], module, rest, depth)
        found = self.find(name, module)
        if found is None or isinstance(found[1], ast.ClassDef):
            return UNKNOWN
        return self.value(found[1], found[0], _NOTHING, depth)

    def _attribute(self, node: ast.Attribute, module: Module, local: Mapping[str, ast.expr], depth: int) -> Any:
        if node.attr in ("value", "name") and isinstance(node.value, ast.Attribute):
            return self._attribute(node.value, module, local, depth) if node.attr == "value" else node.value.attr
        owner = self.class_of(node.value, module)
        if owner is None:
            return UNKNOWN
        written = members(owner[1]).get(node.attr)
        return self.value(written, owner[0], _NOTHING, depth) if written else UNKNOWN

    def _call(self, node: ast.Call, module: Module, local: Mapping[str, ast.expr], depth: int) -> Any:
        match node:
            case ast.Call(func=ast.Name(id="get_args"), args=[inner]):
                return self._literal(inner, module, depth)
            case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _SEQUENCES:
                value = self.value(inner, module, local, depth)
                if isinstance(value, Unknown):
                    value = self._enumeration(inner, module, "value")
                return list(value) if isinstance(value, (list, dict)) else UNKNOWN
            case ast.Call(func=ast.Attribute(value=inner, attr="keys"), args=[]):
                value = self.value(inner, module, local, depth)
                return list(value) if isinstance(value, dict) else UNKNOWN
            case ast.Call(func=ast.Name(id="OrderedDict") | ast.Subscript(), args=[inner]):
                return self._pairs(self.value(inner, module, local, depth))
        return UNKNOWN

    def _pairs(self, value: Any) -> Any:
        if isinstance(value, list) and all(isinstance(item, list) and len(item) == 2 for item in value):
            return dict(value)
        return value if isinstance(value, dict) else UNKNOWN

    def _literal(self, node: ast.expr, module: Module, depth: int) -> Any:
        """The options of `Literal[…]`, or of a name for it."""
        match node:
            case ast.Subscript(value=ast.Name(id="Literal") | ast.Attribute(attr="Literal"), slice=inside):
                parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
                nested = [self._literal(p, module, depth + 1) if not isinstance(p, ast.Constant) else [p.value]
                          for p in parts]  # fmt: skip
                return UNKNOWN if any(isinstance(n, Unknown) for n in nested) else [v for n in nested for v in n]
            case ast.Name(id=name) if depth < _DEEPEST:
                found = self.find(name, module)
                if found and isinstance(found[1], ast.expr):
                    return self._literal(found[1], found[0], depth + 1)
        return UNKNOWN

    def _comprehension(
        self, node: ast.ListComp | ast.DictComp, module: Module, local: Mapping[str, ast.expr], depth: int
    ) -> Any:
        match node:
            case ast.DictComp():
                table = self.value(table_of(node), module, local, depth)
                found = rewritten(node, table) if isinstance(table, dict) else None
                return UNKNOWN if found is None else found
            case ast.ListComp(elt=element, generators=[ast.comprehension(iter=over, ifs=[])]):
                return self._kinds(element, over, module)
        return UNKNOWN

    def _kinds(self, element: ast.expr, over: ast.expr, module: Module) -> Any:
        """`[kind.value for kind in Kinds]`, also with `.name`, and lower case."""
        lower = isinstance(element, ast.Call) and isinstance(element.func, ast.Attribute)
        if isinstance(element, ast.Call) and isinstance(element.func, ast.Attribute) and element.func.attr == "lower":
            element = element.func.value
        if not isinstance(element, ast.Attribute) or element.attr not in ("value", "name"):
            return UNKNOWN
        found = self._enumeration(over, module, element.attr)
        return [str(item).lower() for item in found] if lower and isinstance(found, list) else found

    def _enumeration(self, node: ast.expr, module: Module, part: str) -> Any:
        owner = self.class_of(node, module)
        if owner is None or not any("Enum" in ast.unparse(base) for base in owner[1].bases):
            return UNKNOWN
        written = {name: value for name, value in members(owner[1]).items() if not name.startswith("_")}
        if part == "name":
            return list(written)
        values = [self.value(value, owner[0]) for value in written.values()]
        return values if all(isinstance(value, (str, int)) for value in values) else UNKNOWN

    def class_of(self, node: ast.expr, module: Module) -> tuple[Module, ast.ClassDef] | None:
        if not isinstance(node, ast.Name):
            return None
        found = self.find(node.id, module)
        return (found[0], found[1]) if found and isinstance(found[1], ast.ClassDef) else None


def members(owner: ast.ClassDef) -> dict[str, ast.expr]:
    """What a class assigns in its body."""
    found: dict[str, ast.expr] = {}
    for statement in owner.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = value
    return found


def _sum(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return left + right if isinstance(left, list) and isinstance(right, list) else UNKNOWN
