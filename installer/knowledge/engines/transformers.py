"""What one release of Transformers knows: model types, and tokenizer classes. Reads its sources; never imports it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from installer.core.plans.stack import TransformersFacts
from installer.core.text.numbers import is_whole
from installer.knowledge.engines.sources import Members, Module, Sources

_AUTO = "transformers/models/auto/"
_CONFIGURATIONS = (f"{_AUTO}configuration_auto.py", f"{_AUTO}auto_mappings.py", "transformers/configuration_auto.py")
_TOKENIZERS = (f"{_AUTO}tokenization_auto.py", f"{_AUTO}auto_mappings.py", "transformers/tokenization_auto.py")
_LISTS = "transformers/__init__.py"
_CLASS = re.compile(
    r"\w*(?:Tokenizer|TokenizerFast|TokenizersBackend|SentencePieceBackend|PythonBackend|CommonBackend)"
)
_DEFINED = re.compile(r"^class (\w+)", re.MULTILINE)
_STATED = re.compile(r"""^    model_type(?:\s*:\s*[\w\[\]]+)?\s*=\s*["']([^"'\n]+)["']""", re.MULTILINE)
_FILES = re.compile(r"transformers/(?:models/[^/]+/)?(?:tokenization|configuration)_\w+\.py")


def facts(version: str, archive: Members, source: str, *, thorough: bool = False) -> TransformersFacts | None:
    """`thorough` reads each model's own files as well, which costs most of the wheel over a network."""
    sources = Sources(archive)
    if not sources.members & set(_CONFIGURATIONS):
        return None
    files = sorted(m for m in sources.members if _FILES.fullmatch(m)) if thorough else []
    sources.fetch([*_CONFIGURATIONS, *_TOKENIZERS, _LISTS, *files])
    types = set(_keys(_modules(sources, _CONFIGURATIONS), "CONFIG_MAPPING_NAMES"))
    for member in files:
        if "/configuration_" in member:
            types.update(_STATED.findall(sources.text(member) or ""))
    return TransformersFacts(
        version=version, source=source, model_types=frozenset(types), tokenizers=_tokenizers(version, sources, files)
    )


def _tokenizers(version: str, sources: Sources, files: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for module in _modules(sources, (*_TOKENIZERS, _LISTS)):
        found.update(word for word in _strings(module.tree) if _CLASS.fullmatch(word))
    for member in files:
        if "tokenization_" in member:
            found.update(name for name in _DEFINED.findall(sources.text(member) or "") if _CLASS.fullmatch(name))
    if is_whole(version.partition(".")[0]) and int(version.partition(".")[0]) >= 5:
        # From 5.0 one class serves both names: `tokenizer_class_from_name` takes "Fast" off.
        found.update(f"{name}Fast" for name in tuple(found) if name.endswith("Tokenizer"))
    return frozenset(found)


def _keys(modules: Iterable[Module], name: str) -> Iterator[str]:
    """The first words of the pairs in every assignment to `name`, however the mapping is written."""
    for module in modules:
        for node in ast.walk(module.tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    yield from _first_words(value)
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                    yield from _first_words(value)
                case ast.Call(func=ast.Attribute(value=ast.Name(id=target), attr="update")) if target == name:
                    yield from _first_words(node)
                case ast.Assign(
                    targets=[ast.Subscript(value=ast.Name(id=target), slice=ast.Constant(value=str() as key))]
                ) if target == name:
                    yield key


def _first_words(node: ast.expr) -> Iterator[str]:
    for inner in ast.walk(node):
        match inner:
            case ast.Tuple(elts=[ast.Constant(value=str() as key), _]):
                yield key
            case ast.Dict(keys=keys):
                yield from (k.value for k in keys if isinstance(k, ast.Constant) and isinstance(k.value, str))


def _strings(tree: ast.Module) -> Iterator[str]:
    return (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))


def _modules(sources: Sources, members: Iterable[str]) -> list[Module]:
    return [module for module in map(sources.module, members) if module is not None]
