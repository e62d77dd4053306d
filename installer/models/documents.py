"""From the documents of a model's folder (config.json and its neighbours) to its facts. Pure: reads no file.

Says nothing that the documents do not say: what they leave out stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from installer.core.plans.stack import MISTRAL, ModelFacts
from installer.knowledge.tables import table
from installer.models import params_format, weights

CONFIG = "config.json"
TOKENIZER = "tokenizer_config.json"
PARAMS = "params.json"
QUANTIZATION = "hf_quant_config.json"
INDEX = "model.safetensors.index.json"
WANTED = (CONFIG, TOKENIZER, PARAMS, QUANTIZATION, INDEX)
"""The documents that facts are made of."""
_HUGGING_FACE_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "tokenizer_config.json")
_MODULES = "modules.json"
"""Sentence Transformers writes it next to a model that embeds."""
_TEMPLATES = ("chat_template.jinja", "chat_template.json")
_SKIPPED = ("quantization_config", "compression_config", "auto_map")

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Documents:
    """What of a model's folder was read."""

    documents: Mapping[str, Document] = field(default_factory=lambda: MappingProxyType({}))
    """By file name."""
    files: Mapping[str, int | None] | None = None
    """Every file of the folder with its size, where that is known; `None`: only the documents are known."""


def facts_of(name: str, source: str, read: Documents) -> ModelFacts:
    """The facts of the model called `name`; `source` says where its documents were read."""
    config = read.documents.get(CONFIG) or {}
    params = read.documents.get(PARAMS)
    tokenizer = read.documents.get(TOKENIZER) or {}
    translated = params_format.config_of(params) if params is not None and not config else config
    return ModelFacts(
        name=name,
        source=source,
        architectures=_words(translated.get("architectures")),
        model_type=str(translated.get("model_type") or ""),
        nested_types=MappingProxyType(dict(_nested(translated))),
        tokenizer_class=str(tokenizer.get("tokenizer_class") or config.get("tokenizer_class") or ""),
        tokenizer_format=_tokenizer_format(read),
        quantization=_quantization(translated, read.documents.get(QUANTIZATION)),
        dtype=str(translated.get("dtype") or translated.get("torch_dtype") or _inner(translated, "dtype")),
        config=MappingProxyType(dict(translated)),
        weight_bytes=_weight_bytes(read),
        needs_remote_code=bool(config.get("auto_map") or tokenizer.get("auto_map")),
        formats=_formats(read),
        files=tuple(read.files) if read.files is not None else None,
        chat_template=_chat_template(read, tokenizer),
        task="embed" if _MODULES in (read.files or ()) else "",
    )


def _nested(config: Document, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The model type of each config inside, such as ("text_config", "ministral3"); deeper ones with a dot."""
    for key, value in config.items():
        if isinstance(value, Mapping) and key not in _SKIPPED:
            if isinstance(kind := value.get("model_type"), str) and kind:
                yield f"{prefix}{key}", kind
            yield from _nested(value, f"{prefix}{key}.")


def _inner(config: Document, key: str) -> str:
    """The value of a key in the part that contains the language model."""
    parts = [value for value in config.values() if isinstance(value, Mapping) and value.get("model_type")]
    return next((str(part.get(key) or part.get(f"torch_{key}")) for part in parts if part.get(key)), "")


def _quantization(config: Document, apart: Document | None) -> str:
    """`quant_method` of the checkpoint, in the words that engines use; empty if it has none."""
    own = [config.get("quantization_config"), config.get("compression_config")]
    inner = [part.get("quantization_config") for part in config.values() if isinstance(part, Mapping)]
    for found in (*own, *inner):
        if isinstance(found, Mapping):
            return _method(found)
    return _method(inside) if apart and isinstance(inside := apart.get("quantization"), Mapping) else ""


def _method(described: Document) -> str:
    """The word of engines for what a checkpoint says of its method and algorithm."""
    method = str(described.get("quant_method") or "").lower()
    algorithm = str(described.get("quant_algo") or "").upper()
    for row in table("quantization")["spellings"]:
        if re.fullmatch(row["method"], method) and re.search(row.get("algorithm", ""), algorithm):
            return str(row["is"])
    return method


def _formats(read: Documents) -> tuple[str, ...]:
    names = set(read.documents) | set(read.files or ())
    return tuple(form for form, file in (("hf", CONFIG), (MISTRAL, PARAMS)) if file in names)


def _tokenizer_format(read: Documents) -> str:
    names = set(read.documents) | set(read.files or ())
    if names.intersection(_HUGGING_FACE_TOKENIZERS):
        return ""
    return next((str(row["format"]) for row in table("tokenizers")["formats"] if row["file"] in names), "")


def _chat_template(read: Documents, tokenizer: Document) -> bool | None:
    """It is in the tokenizer's settings or in a file of its own."""
    if tokenizer.get("chat_template") or set(_TEMPLATES).intersection(read.files or ()):
        return True
    return False if read.files is not None and TOKENIZER in read.documents else None


def _weight_bytes(read: Documents) -> int | None:
    if read.files and (found := weights.bytes_of(read.files)) is not None:
        return found
    inside = (read.documents.get(INDEX) or {}).get("metadata")
    total = inside.get("total_size") if isinstance(inside, Mapping) else None
    return int(total) if isinstance(total, int | float) and not isinstance(total, bool) and total > 0 else None


def _words(value: Any) -> tuple[str, ...]:
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list | tuple) else ()
