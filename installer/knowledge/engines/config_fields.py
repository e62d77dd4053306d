"""Options that vLLM derives from the fields of its config classes, as its `_compute_kwargs` does.

A field's type decides: a boolean gets a `--no-…` twin, a `Literal` its choices, a list many words. Reads the classes,
never imports them; what a type cannot tell is left open.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from installer.knowledge.engines.sources import Module
from installer.knowledge.engines.values import Reader

Keywords = dict[str, ast.expr]
_PLAIN = ("int", "float", "str")
_SIZES = frozenset({"max_model_len", "max_num_batched_tokens", "max_num_scheduled_tokens", "kv_cache_memory_bytes",
                    "safetensors_prefetch_block_size", "max_num_queued_tokens"})  # fmt: skip
"""Take numbers such as 16k."""
_DEEPEST = 10


def keywords(owner: ast.ClassDef, module: Module, reader: Reader) -> dict[str, Keywords]:
    """What `get_kwargs(owner)` gives for each field, as far as the types tell; base classes too."""
    found: dict[str, Keywords] = {}
    for base in owner.bases:
        inherited = reader.class_of(base, module)
        if inherited:
            found.update(keywords(inherited[1], inherited[0], reader))
    for statement in owner.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind) if not name.startswith("_"):
                found[name] = _of_type(name, kind, module, reader)
    return found


def _of_type(name: str, kind: ast.expr, module: Module, reader: Reader) -> Keywords:
    found = list(hints(kind, module, reader))
    kinds = {word for word, _ in found}
    if "config" in kinds or ("dict" in kinds and kinds <= {"dict", "None"}):
        return {"type": _call("loads")}
    if kinds == {"bool", "str", "None"}:
        return {"nargs": ast.Constant("?")}
    if "bool" in kinds:
        return {"action": ast.Name("BooleanOptionalAction")}
    if "Literal" in kinds:
        values = next(values for word, values in found if word == "Literal")
        return {"type": ast.Name("str")} | ({} if "str" in kinds or not values else {"choices": _list(values, kinds)})
    if kinds & {"list", "tuple", "set"}:
        return {"nargs": ast.Constant("+"), "type": ast.Name(_element(found))}
    if "int" in kinds and name in _SIZES:
        return {"type": ast.Name("computed")}
    for plain in ("int", "float"):
        if plain in kinds:
            return {"type": ast.Name(f"optional_{plain}" if "None" in kinds else plain)}
    return {"type": ast.Name("str" if kinds <= {"str", "None"} else "computed")}


def hints(kind: ast.expr, module: Module, reader: Reader, depth: int = 0) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The parts of a type: a word for each, with the options of a `Literal` or the element of a list."""
    if depth > _DEEPEST:
        return
    match kind:
        case ast.Constant(value=None):
            yield "None", ()
        case ast.Constant(value=str() as text):
            yield from hints(_parsed(text), module, reader, depth + 1)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from hints(left, module, reader, depth + 1)
            yield from hints(right, module, reader, depth + 1)
        case ast.Subscript(value=outer, slice=inner):
            yield from _generic(_last(outer), inner, kind, module, reader, depth=depth)
        case ast.Name(id=name) if name in (*_PLAIN, "bool", "dict", "list", "tuple", "set"):
            yield name, ()
        case ast.Name(id=name):
            yield from _named(name, module, reader, depth)
        case _:
            yield "other", ()


def _generic(
    name: str, inner: ast.expr, annotation: ast.expr, module: Module, reader: Reader, *, depth: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "Literal":
        yield "Literal", tuple(reader.strings(annotation, module))
    elif name in ("Optional", "Union"):
        for part in parts:
            yield from hints(part, module, reader, depth + 1)
        if name == "Optional":
            yield "None", ()
    elif name in ("Annotated", "SkipValidation", "InitVar", "ClassVar"):
        yield from hints(parts[0], module, reader, depth + 1)
    elif name.lower() in ("list", "tuple", "set", "sequence"):
        element = parts[0]
        yield name.lower().replace("sequence", "list"), (element.id if isinstance(element, ast.Name) else "str",)
    elif name.lower() in ("dict", "mapping"):
        yield "dict", ()
    else:
        yield "other", ()


def _named(name: str, module: Module, reader: Reader, depth: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    found = reader.find(name, module)
    if found is None:
        yield "other", ()
    elif isinstance(found[1], ast.ClassDef):
        decorated = any("dataclass" in ast.unparse(d) or _last(d) == "config" for d in found[1].decorator_list)
        yield ("config" if decorated else "other"), ()
    else:
        yield from hints(found[1], found[0], reader, depth + 1)


def _element(found: list[tuple[str, tuple[str, ...]]]) -> str:
    inner = next((values[0] for word, values in found if word in ("list", "tuple", "set") and values), "str")
    return inner if inner in _PLAIN else "computed"


def _list(values: tuple[str, ...], kinds: set[str]) -> ast.List:
    return ast.List([ast.Constant(value) for value in (*values, *(("None",) if "None" in kinds else ()))])


def _call(name: str) -> ast.Attribute:
    return ast.Attribute(ast.Name("json"), name)


def _last(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return ast.Name("Any")
