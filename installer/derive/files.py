"""Which files of a model are fetched: what the engine loads, and the same weights never twice. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from installer.core.plans.stack import ModelFacts
from installer.core.recipes.globs import matching
from installer.models.weights import loaded

_DOCUMENTS = ("*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken")
_NATIVE = ("params.json", "tekken.json", "tokenizer.model*", "consolidated*.safetensors", "config.json",
           "generation_config.json", "*.jinja", "*.txt")  # fmt: skip
_WEIGHTS = ("model*.safetensors", "*.safetensors", "pytorch_model*.bin")
_MODULE = re.compile(r"\d_\w+/")
_TWICE = ("consolidated*", "original/", "metal/", "adapter_*")
"""Where repositories keep the same weights once more, in a format that is not the one that is loaded."""


@dataclass(frozen=True, slots=True)
class Files:
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    because: str


def chosen(model: ModelFacts, *, native: bool, modules: bool = False) -> Files:
    """`native`: Mistral's own files. `modules`: those of Sentence Transformers, which are in folders of their own."""
    code = ("*.py",) if model.needs_remote_code else ()
    if native:
        return Files(_NATIVE, (), "only its maker's own files: the others contain the same weights again")
    if model.files is None:
        return Files(
            (*_DOCUMENTS, *code, "*.safetensors"), _TWICE,
            "its files could not be listed, so files that usually duplicate the weights are left out",
        )  # fmt: skip
    weights = loaded(model.files)
    pattern = next(
        (one for one in _WEIGHTS if matching(_top_level(model.files), (one,), _TWICE) == sorted(weights)), None
    )
    own = _module_weights(model.files) if modules else ()
    include = (*_DOCUMENTS, *code, *((pattern,) if pattern else weights), *own)
    folders = (one for one in _folders(model.files) if not (modules and _MODULE.fullmatch(one)))
    exclude = tuple(one for one in (*_TWICE, *folders) if matching(model.files, (one,), ()))
    because = f"{len(weights)} files of weights, and the files that describe them"
    return Files(
        include,
        tuple(dict.fromkeys(exclude)),
        f"{because}; files that contain them again are left out" if exclude else because,
    )


def _module_weights(files: Sequence[str]) -> tuple[str, ...]:
    """The weights of layers behind the model (`2_Dense/model.safetensors`), by a pattern."""
    there = any(_MODULE.fullmatch(f"{name.partition('/')[0]}/") for name in files if name.endswith(".safetensors"))
    return ("[0-9]_*/*.safetensors",) if there else ()


def _top_level(files: Sequence[str]) -> list[str]:
    return sorted(name for name in files if "/" not in name)


def _folders(files: Sequence[str]) -> list[str]:
    """Folders of the repository that contain weights, which no engine loads."""
    holding = (
        name for name in files if "/" in name and name.endswith((".safetensors", ".bin", ".pth", ".gguf", ".onnx"))
    )
    return sorted({f"{name.partition('/')[0]}/" for name in holding})
