"""The fields of vLLM's options that take JSON (`--compilation-config`, `--speculative-config` …), by option and path.

Read from the config classes of the release: which fields there are, what each takes, and what becomes of a field that
the class does not have. Never imports them; a class that cannot be read has no entry, and then nothing is said of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import MappingProxyType

from installer.knowledge.engines.config_fields import hints
from installer.knowledge.engines.sources import Module
from installer.knowledge.engines.values import Reader, members

REFUSED, IGNORED, UNCHECKED = "refused", "ignored", "unchecked"
"""What becomes of a field that the class does not have; "unchecked": it is refused, and no value is looked at."""
_BY_HAND = MappingProxyType({"speculative_config": "SpeculativeConfig"})
"""Fields of `EngineArgs` that are plain dictionaries, and the class that is made of them."""
_DECORATOR = "vllm/config/utils.py"
_FORBIDS = ('extra="forbid"', "extra='forbid'")
_DEEPEST = 3
_PLAIN = ("int", "float", "bool", "str")


def fields(arguments: Module, reader: Reader) -> dict[str, str]:
    """For "--option": what becomes of unknown fields; for "--option.path": what that field takes, in a word or more.

    "int", "float", "bool", "str", "list", "dict", "one A|B" (one of these), what becomes of others where it has fields
    of its own, or "any".
    """
    owner = arguments.classes.get("EngineArgs")
    found: dict[str, str] = {}
    for statement in owner.body if owner else ():
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind):
                config = _config_of(ast.Name(_BY_HAND[name]) if name in _BY_HAND else kind, arguments, reader)
                if config is not None:
                    found.update(_of_class("--" + name.replace("_", "-"), *config, reader))
    return found


def _of_class(path: str, module: Module, owner: ast.ClassDef, reader: Reader, depth: int = 0) -> dict[str, str]:
    found, converted = {path: _rest(module, owner, reader)}, _converted(owner)
    for name, kind, where in _written(module, owner, reader):
        config = _config_of(kind, where, reader)
        if config is not None and depth < _DEEPEST and name not in converted:
            found.update(_of_class(f"{path}.{name}", *config, reader, depth + 1))
        else:
            found[f"{path}.{name}"] = "any" if config or name in converted else _sort(kind, where, reader)
    return found


def _converted(owner: ast.ClassDef) -> set[str]:
    """Fields whose value goes through code before its type: the type alone does not say what they take."""
    found = set[str]()
    for statement in owner.body:
        for one in statement.decorator_list if isinstance(statement, ast.FunctionDef) else ():
            if isinstance(one, ast.Call) and _name(one) == "field_validator" and not _hands_on(statement, one):
                found |= {str(word.value) for word in one.args if isinstance(word, ast.Constant)}
    return found


def _hands_on(validator: ast.stmt, decorator: ast.Call) -> bool:
    """Whether it leaves a value to the type: after it, as it is, or as `Mode[value.upper()]` and `Config(**value)`."""
    if not any(keyword.arg == "mode" for keyword in decorator.keywords):
        return True
    return all(
        isinstance(node.value, (ast.Name, ast.Subscript))
        or (isinstance(node.value, ast.Call) and (_name(node.value) == "handler" or bool(node.value.keywords)))
        for node in ast.walk(validator)
        if isinstance(node, ast.Return)
    ) and not any(
        isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "value" for node in ast.walk(validator)
    )


def _written(module: Module, owner: ast.ClassDef, reader: Reader) -> Iterator[tuple[str, ast.expr, Module]]:
    """The fields that may be given, with those of the base classes."""
    for base in owner.bases:
        inherited = reader.class_of(base, module)
        if inherited:
            yield from _written(*inherited, reader)
    for statement in owner.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=value):
                text, made = ast.unparse(kind), ast.unparse(value) if value else ""
                if not name.startswith("_") and not text.startswith("ClassVar") and "init=False" not in made:
                    yield name, kind, module


def _rest(module: Module, owner: ast.ClassDef, reader: Reader) -> str:
    """What becomes of a field that the class does not have."""
    if any("BaseModel" in ast.unparse(base) for base in owner.bases):
        settings = members(owner).get("model_config")
        return REFUSED if settings is not None and _forbids(ast.unparse(settings)) else IGNORED
    if any(_forbids(ast.unparse(one)) for one in owner.decorator_list):
        return REFUSED
    names = {_name(one) for one in owner.decorator_list}
    if "dataclass" in names and module.imports.get("dataclass", ("", ""))[0] == "dataclasses":
        return UNCHECKED  # a TypeError of its __init__
    return REFUSED if "config" in names and _forbids(reader.sources.text(_DECORATOR) or "") else IGNORED


def _forbids(text: str) -> bool:
    return any(words in text for words in _FORBIDS)


def _config_of(kind: ast.expr, module: Module, reader: Reader) -> tuple[Module, ast.ClassDef] | None:
    """The config class that a type is, or is next to `None` and `dict`."""
    if "SkipValidation" in ast.unparse(kind):
        return None
    for node in ast.walk(kind):
        owner = reader.class_of(node, module) if isinstance(node, ast.Name) else None
        if owner and (_is_config(owner[1]) or any("BaseModel" in ast.unparse(base) for base in owner[1].bases)):
            return owner
    return None


def _is_config(owner: ast.ClassDef) -> bool:
    return any(_name(one) in ("dataclass", "config") for one in owner.decorator_list)


def _name(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _sort(kind: ast.expr, module: Module, reader: Reader) -> str:
    """What a field takes, where its type tells; "any" where it does not."""
    found = [(word, values) for word, values in hints(kind, module, reader) if word != "None"]
    words = {word for word, _ in found}
    if len(words) != 1:
        return "any"
    (word,) = words
    if word == "Literal":
        options = [value for _, values in found for value in values]
        return f"one {'|'.join(options)}" if options and not any(" " in one or "|" in one for one in options) else "any"
    return word if word in (*_PLAIN, "list", "dict") else _enumerated(kind, module, reader)


def _enumerated(kind: ast.expr, module: Module, reader: Reader) -> str:
    """The names and values of an enumeration."""
    for node in ast.walk(kind):
        owner = reader.class_of(node, module) if isinstance(node, ast.Name) else None
        if owner and any("Enum" in ast.unparse(base) for base in owner[1].bases):
            written = {name: value for name, value in members(owner[1]).items() if not name.startswith("_")}
            values = (reader.value(value, owner[0]) for value in written.values())
            return "one " + "|".join(dict.fromkeys((*written, *(str(v) for v in values if isinstance(v, (str, int))))))
    return "any"
