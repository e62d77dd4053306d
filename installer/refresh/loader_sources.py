"""Read an engine's quantization methods, and the GPUs that each accepts, from the source text of its wheel. Pure.

Reads syntax, runs nothing. A value that is only decided at run time is not seen: then the lowest number in the text
counts, so that no GPU is refused that might work.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from installer.knowledge import tables
from installer.knowledge.engines import definitions

FOLDERS = tuple(engine.sources for engine in definitions.engines().values())
"""Where an engine keeps them in its wheel; a second set, for pictures, may be elsewhere."""
_INDEXES = tuple(f"{folder}__init__.py" for folder in FOLDERS)
_NAME, _FLOOR = "get_name", "get_min_capability"
_CAPABILITIES = range(50, 131)


def _row(name: str) -> Any:
    """How the lists are read, by the table `quantization`: names that engines use, and nothing of what they mean."""
    return tables.table("quantization")["reading"][name]


def methods(sources: Mapping[str, str]) -> frozenset[str]:
    """The methods that a release lists. `sources`: text by member."""
    text = next((text for name, text in sources.items() if name in _INDEXES), "")
    return frozenset(_listed(ast.parse(text))).difference(_row("not_on_gpus"))


def floors(sources: Mapping[str, str]) -> dict[str, int]:
    """The lowest compute capability, times ten, by method, and by class where a class has no name of its own."""
    found: dict[str, int] = {}
    for text in sources.values():
        for one in ast.walk(ast.parse(text)):
            if isinstance(one, ast.ClassDef):
                found.update(_of_class(one))
    return found


def of_method(method: str, known: Mapping[str, int]) -> int | None:
    return next((known[name] for name in _row("loaders").get(method, [method]) if name in known), None)


def of_schemes(known: Mapping[str, int]) -> dict[str, int]:
    """By format of a compressed-tensors checkpoint."""
    found = {scheme: [known[name] for name in names if name in known] for scheme, names in _row("schemes").items()}
    return {scheme: min(numbers) for scheme, numbers in found.items() if numbers}


def _of_class(node: ast.ClassDef) -> Iterator[tuple[str, int]]:
    functions = {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}
    if _FLOOR not in functions:
        return
    floors = [value for value in _constants(functions[_FLOOR]) if type(value) is int]
    numbers = [number for number in floors if number in _CAPABILITIES and number not in _row("amd")]
    if not numbers:
        return
    names = [value for value in _constants(functions.get(_NAME)) if isinstance(value, str)]
    for name in names or [node.name]:
        yield (
            name.replace("compressed_tensors", "compressed-tensors"),
            max(numbers) if name in _row("highest") else min(numbers),
        )


def _constants(function: ast.FunctionDef | None) -> Iterator[object]:
    """The constants in what a function returns."""
    for node in ast.walk(function) if function else ():
        if isinstance(node, ast.Return) and node.value is not None:
            yield from (part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant))


def _listed(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in _row("lists"):
                yield from _words(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name in _row("lists"):
                yield from _words(value)
            case ast.Call(func=ast.Attribute(attr="update"), args=[ast.Dict() as value, *_]):
                yield from _words(value)


def _words(value: ast.expr) -> Iterable[str]:
    parts = value.keys if isinstance(value, ast.Dict) else ast.walk(value)
    return (part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))
