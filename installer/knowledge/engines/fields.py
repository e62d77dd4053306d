"""Options that sglang derives from annotated fields: `tp_size: A[int, Arg(cli_name="--tp-size")]` to `Flag`.

From 0.5.15 in the dataclass `ServerArgs`, from 0.5.20 in the structs of `arg_groups/fields`. Follows the rules of its
`arg_groups/arg_utils.py`; never imports it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from installer.core.plans.flag import Flag
from installer.knowledge.engines import arguments
from installer.knowledge.engines.sources import Module
from installer.knowledge.engines.values import Reader

_MARKS = ("A", "Annotated")


def flags(module: Module, reader: Reader) -> Iterator[Flag]:
    """The options that the fields of a module's classes make."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for field in node.body:
            match field:
                case ast.AnnAssign(
                    target=ast.Name(id=name),
                    annotation=ast.Subscript(value=ast.Name(id=mark), slice=ast.Tuple(elts=[kind, *marks])),
                ) if mark in _MARKS:
                    made = _flag(name, kind, marks, reader, module)
                    if made:
                        yield made


def _flag(name: str, kind: ast.expr, marks: list[ast.expr], reader: Reader, module: Module) -> Flag | None:
    keywords: dict[str, ast.expr] | None = None
    for mark in marks:
        match mark:
            case ast.Call(func=ast.Name(id="Arg") | ast.Attribute(attr="Arg"), args=written, keywords=given):
                keywords = {k.arg: k.value for k in given if k.arg}
                if written:
                    keywords.setdefault("help", written[0])
            case ast.Constant(value=str()) | ast.JoinedStr() | ast.BinOp() if keywords is None:
                keywords = {"help": mark}
    if keywords is None or reader.value(keywords.get("no_cli"), module) is True:
        return None
    own = reader.value(keywords.get("cli_name"), module)
    names: tuple[str, ...] = (own if isinstance(own, str) else "--" + name.replace("_", "-"),)
    names += tuple(reader.strings(keywords.get("aliases"), module))
    return _typed(arguments.flag(names, _as_keywords(keywords, reader, module), reader, module, {}), kind, keywords)


def _as_keywords(keywords: dict[str, ast.expr], reader: Reader, module: Module) -> dict[str, ast.expr]:
    """The same for `add_argument`: `type_parser` is its `type`, and `action_kwargs` are keywords of their own."""
    found = {key: value for key, value in keywords.items() if not _empty(value)}
    if "type_parser" in found:
        found["type"] = found["type_parser"]
    extra = found.get("action_kwargs")
    if isinstance(extra, ast.Dict):
        for key, value in zip(extra.keys, extra.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                found[key.value] = value
    return found


def _typed(made: Flag, kind: ast.expr, keywords: dict[str, ast.expr]) -> Flag:
    """With what the field's type says, as `add_cli_args_from_dataclass` reads it."""
    if "action" in keywords and not _empty(keywords["action"]):
        return made
    inner = _not_optional(kind)
    parsed = "type_parser" in keywords
    match inner:
        case ast.Name(id="bool"):
            return replace(made, takes_value=False, kind="", choices=(), many=False)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=options):
            words = options.elts if isinstance(options, ast.Tuple) else [options]
            values = [word.value for word in words if isinstance(word, ast.Constant)]
            return made if made.choices else replace(made, choices=tuple(str(value) for value in values))
        case ast.Subscript(value=ast.Name(id="List" | "list"), slice=of) if not parsed:
            word = of.id if isinstance(of, ast.Name) else ""
            takes = made.takes_value if "nargs" in keywords else True
            return replace(made, many=True, takes_value=takes, kind=arguments.KINDS.get(word, "str"))
        case ast.Name(id=word) if not parsed:
            return replace(made, kind=arguments.KINDS.get(word, "str"))
    return made if parsed else replace(made, kind="str")


def _not_optional(kind: ast.expr) -> ast.expr:
    match kind:
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return inner
        case ast.BinOp(left=inner, op=ast.BitOr(), right=ast.Constant(value=None)):
            return inner
        case ast.BinOp(left=ast.Constant(value=None), op=ast.BitOr(), right=inner):
            return inner
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=[inner, ast.Constant(value=None)])):
            return inner
    return kind


def _empty(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
