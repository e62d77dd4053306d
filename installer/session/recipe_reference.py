"""The reference of the recipe and machine file formats, written from the dataclasses that read them.

`python -m installer.session.recipe_reference` writes recipes/README.md, docs/machine-file.md and the JSON Schemas of
the checkout again; a test fails when they are stale.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, is_dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from installer.core.files.json_schema import json_schema
from installer.core.files.schema import Rules, hints, optional, visible
from installer.core.machine.facts import MachineFacts
from installer.core.machine.loader import RULES
from installer.core.recipes.file import RecipeFile, rules
from installer.knowledge.engines.definitions import engines

_NAMES = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def written() -> dict[str, str]:
    """Every generated file of the checkout, by its path."""
    recipe, machine = rules(()), RULES
    return {
        "recipes/README.md": _RECIPES + "\n".join(_tables(RecipeFile, recipe)),
        "docs/recipe.schema.json": _json(json_schema(RecipeFile, recipe, "deploy-tui recipe", description)),
        "docs/machine-file.md": _MACHINES + "\n".join(_tables(MachineFacts, machine)),
        "docs/machine-file.schema.json": _json(
            json_schema(MachineFacts, machine, "deploy-tui machine file", description)
        ),
    }


def description(cls: type, name: str) -> str:
    """The docstring below a field, in the class or in the one it inherits from; `{engines}` becomes their names."""
    text = next((found[name] for base in cls.__mro__ if name in (found := _docstrings(base))), "")
    return text.replace("{engines}", " or ".join(f"`{engine}`" for engine in engines()))


@cache
def _docstrings(cls: type) -> Mapping[str, str]:
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, TypeError):
        return {}
    found: dict[str, str] = {}
    lines = body.body if isinstance(body, ast.ClassDef) else []
    for line, after in pairwise(lines):
        match line, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                found[name] = " ".join(text.split())
    return found


def _tables(top: type, known: Rules) -> Iterator[str]:
    """A table for the top, then one for every kind of section below it."""
    paths_of: dict[type, list[str]] = {}
    for path, cls in _sections(top, known, ""):
        paths_of.setdefault(cls, []).append(f"`{path}`" if path else "At the top")
    for cls, paths in paths_of.items():
        yield f"\n## {', '.join(paths)}\n"
        if summary := _summary(cls):
            yield summary + "\n"
        yield from _table(cls, known)
    yield ""


def _table(cls: type, known: Rules) -> Iterator[str]:
    yield "| key | value | default | |"
    yield "|---|---|---|---|"
    for name, found in visible(cls, known).items():
        text = description(cls, name).replace("|", "\\|")
        yield f"| `{name}` | {_type(hints(cls)[name])} | {_default(found)} | {text} |"
    if (inner := known.inline.get(cls)) is not None:
        yield f"\nA single one of `{inner}` may be given here directly, without `{inner}`."


def _sections(cls: type, known: Rules, path: str) -> Iterator[tuple[str, type]]:
    yield path, cls
    for name in visible(cls, known):
        element = _element(hints(cls)[name])
        if element is not None:
            yield from _sections(element, known, f"{path}.{name}" if path else name)


def _element(hint: Any) -> type | None:
    """The dataclass in a type hint, if there is one."""
    if is_dataclass(hint):
        return typing.cast(type, hint)
    return next((found for one in typing.get_args(hint) if (found := _element(one)) is not None), None)


def _summary(cls: type) -> str:
    text = inspect.cleandoc(cls.__doc__ or "")
    return "" if text.startswith(f"{cls.__name__}(") else " ".join(text.split())


def _type(hint: Any) -> str:
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if is_dataclass(hint):
        return "section"
    if origin is tuple:
        return "list of sections" if is_dataclass(inside[0]) else f"list of {_type(inside[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"{_type(inside[1])} by name"
    if origin in (typing.Union, types.UnionType):
        solid = [one for one in inside if one is not type(None)]
        return _type(solid[0]) if len(solid) == 1 else "text, number, true or false"
    return _NAMES[hint]


def _default(found: Field[Any]) -> str:
    if not optional(found):
        return "**needed**"
    if found.default is MISSING or found.default in (None, (), "") or is_dataclass(found.default):
        return ""
    return f"`{json.dumps(found.default)}`"


def _json(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


_RECIPES = """\
# Recipes

A recipe says everything that is to be deployed: versions, model, flags. It is data; adding a model or a version of an
engine is adding a file, never code. `deploy-tui recipes list` shows the shipped ones, `deploy-tui recipes
new FILE` writes a commented one to start from, and `deploy-tui recipes lint FILE` checks one and names every problem
and its line.

* Nothing in a recipe is run by a shell, and every word of it is passed on as one argument.
* A secret never belongs into a recipe: it is refused. Put it into the environment (`export HF_TOKEN=…`).
* `yes`, `on`, dates and numbers with leading zeros stay text. Put versions in quotes: `3.10` is the number 3.1.
* One document in a file, no tags, no `&anchors` and `*aliases`, at most 1 MiB.
* `--set server.port=9000` changes a single value, `--set server.flags.--max-model-len=4096` a flag. What is set wins
  over the profile, and the profile wins over the file.

Generated by `python -m installer.session.recipe_reference`; `docs/recipe.schema.json` is the same for editors.
"""
_MACHINES = """\
# The machine file

What is known about a machine, for `--machine FILE`; `deploy-tui doctor --json` prints the same under `machine`, and its
complete output is a machine file, too. YAML or JSON. A key that is absent is unknown, not false; an empty list
means that there are none. Sizes are in MiB. Put versions in quotes, because `22.04` is a number otherwise.

```yaml
name: a40-pod
os: {id: ubuntu, version: "22.04", glibc: "2.35", arch: x86_64}
python: ["3.10"]
container: {runtime: docker, image: "nvidia/cuda:12.4.1-devel-ubuntu22.04", cuda: "12.4"}
driver: {version: "550.127.05", cuda: "12.4"}
gpus:
  - {name: "NVIDIA A40", compute_capability: "8.6", memory_mib: 46068}
cpu: {cores: 9, features: [avx2, avx512f]}
memory_mib: 51200
shm_mib: 64
disks:
  - {path: /workspace, free_mib: 61440, filesystem: fuse, hardlinks: false}
  - {path: /, free_mib: 20480, filesystem: overlay, hardlinks: true}
tools: {git: "2.34.1", nvcc: "12.4", docker: null, curl: null}
packages: {torch: "2.8.0+cu128"}
ports_in_use: [8888]
online: true
```

Generated by `python -m installer.session.recipe_reference`; `docs/machine-file.schema.json` is the same for editors.
"""


if __name__ == "__main__":
    for path, text in written().items():
        Path(path).write_text(text, encoding="utf-8")
