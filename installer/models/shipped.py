"""What shipped knowledge says of a model by its name (`installer/knowledge/models.yaml`). No network.

A name that is not listed is taken for a derivative of a listed one only where its own name begins with that one's and
no other fits; then it says so, and says nothing of what derivatives change: quantization, weights, tokenizer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from installer.core.plans.stack import MISTRAL, ModelFacts
from installer.knowledge import tables
from installer.models import gguf
from installer.models.documents import CONFIG, TOKENIZER, Documents, facts_of

_TASKS = {"embed": "embed", "rerank": "rank"}
_OTHER_FILES = re.compile(r"[-_.](?:gguf|ggml|mlx|onnx|exl[23]|openvino|int4-ov|coreml|imatrix)\b", re.I)
"""Names of conversions that these engines do not load as they are."""


def from_knowledge(name: str) -> ModelFacts | None:
    """The facts of `org/name`, or of a folder that is called like it; `None` if nothing is known of it."""
    row = _rows().get(name.lower())
    if row is not None:
        return _facts(name, row, _source(row))
    base = re.sub(r"[/\\]+$", "", name).rpartition("/")[2].lower().replace("___", ".")
    if (converted := gguf.named(base)) is not None:
        return _converted(name, converted)
    if _OTHER_FILES.search(base):
        return None
    own = [known for repo, known in _named(base)]
    if own and all(row is own[0] for row in own):
        return _facts(name, own[0], f"{_source(own[0])}, by its name only")
    return _derived(name, base)


@dataclass(frozen=True, slots=True)
class Listed:
    """A model that shipped knowledge knows by its name."""

    name: str
    kind: str
    """"text", "vision" (it also sees), "embed" or "rerank"."""


def listed() -> tuple[Listed, ...]:
    """One name of each row, and its quantized twins, in the order of the table."""
    return tuple(
        Listed(name, row.get("task") or ("vision" if "vision_config" in row["config"] else "text"))
        for row in tables.table("models")["models"] for name in (row["repos"][0], *_quantized_variants(row))
    )  # fmt: skip


def first_releases(model: ModelFacts) -> Sequence[Mapping[str, Any]]:
    """The releases of engines whose own pins load a model: by its name, or that of any model of the same types."""
    named = _rows().get(model.name.lower())
    alike = [row for row in tables.table("models")["models"] if _alike(row["config"], model)]
    row = next((row for row in [named, *alike] if row is not None and row.get("first")), None)
    return tuple(row["first"]) if row else ()


def _alike(config: Mapping[str, Any], model: ModelFacts) -> bool:
    nested = {
        key: value["model_type"] for key, value in config.items() if isinstance(value, dict) and "model_type" in value
    }
    same = (config["model_type"], tuple(config["architectures"])) == (model.model_type, model.architectures)
    return same and nested == dict(model.nested_types)


def _converted(name: str, converted: gguf.Named) -> ModelFacts | None:
    """A GGUF file of a listed model, or of a derivative of one."""
    row = next((known for _, known in _named(converted.model)), None)
    found = _as_derived(_facts(name, row, _source(row))) if row else _derived(name, converted.model)
    if found is None:
        return None
    quantization = {"quant_method": "gguf", "bits_per_weight": converted.bits}
    config = MappingProxyType({**found.config, "quantization_config": quantization})
    return replace(found, config=config, quantization="gguf", source=f"{found.source}, a GGUF of it")


def _as_derived(facts: ModelFacts) -> ModelFacts:
    """Nothing of what a derivative changes."""
    return replace(
        facts, quantization="", weight_bytes=None, tokenizer_class="", formats=(), gated=None, derived=True
    )  # fmt: skip


def _derived(name: str, base: str) -> ModelFacts | None:
    """A derivative: the longest listed name that this one begins with."""
    begins = {repo.rpartition("/")[2]: row for repo, row in _rows().items() if _begins(base, repo.rpartition("/")[2])}
    if not begins:
        return None
    row = begins[max(begins, key=len)]
    facts = _facts(name, row, f"{_source(row)}, assumed to be a derivative, by its name")
    config = {key: value for key, value in facts.config.items() if key != "quantization_config"}
    if quantized := _by_suffix(base[len(max(begins, key=len)) :]):
        config["quantization_config"] = quantized
    return _as_derived(replace(facts, config=MappingProxyType(config)))


def _by_suffix(rest: str) -> Mapping[str, Any] | None:
    """How the rest of a derivative's name says that its weights are quantized; `None` if it does not."""
    rows = tables.table("models")["suffixes"]
    return next((row["quantization_config"] for row in rows if re.search(row["pattern"], rest, re.IGNORECASE)), None)


def _begins(base: str, listed: str) -> bool:
    return base.startswith(listed) and base[len(listed) : len(listed) + 1] in ("-", "_", ".")


def _named(base: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from ((repo, row) for repo, row in _rows().items() if repo.rpartition("/")[2] == base)


def _facts(name: str, row: Mapping[str, Any], source: str) -> ModelFacts:
    documents = {CONFIG: row["config"]}
    if "tokenizer_class" in row:
        documents[TOKENIZER] = {"tokenizer_class": row["tokenizer_class"]}
    facts = facts_of(name, source, Documents(documents))
    formats = ("hf", MISTRAL) if row.get("params") else ("hf",)
    return replace(
        facts, weight_bytes=row.get("weight_bytes"), parameters=row.get("parameters"), gated=row.get("gated"),
        formats=formats, tokenizer_format=row.get("tokenizer_format", ""),
        licence=_licences().get(name.lower(), ""), task=_TASKS.get(row.get("task", ""), ""),
    )  # fmt: skip


@cache
def _licences() -> Mapping[str, str]:
    """What a maker states of a name, in small letters; derivatives and twins may have another licence."""
    return {name.lower(): row["licence"] for row in tables.table("models")["licences"] for name in row["models"]}


def _source(row: Mapping[str, Any]) -> str:
    return f"shipped knowledge (models.yaml: {row['repos'][0]})"


@cache
def _rows() -> Mapping[str, Mapping[str, Any]]:
    """Every listed name in small letters, with its row."""
    listed = {repo.lower(): row for row in tables.table("models")["models"] for repo in row["repos"]}
    return {**dict(_variants()), **listed}


def _variants() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The quantized twins of a model, as rows of their own."""
    for row in tables.table("models")["models"]:
        for variant in row.get("variants", ()):
            for repo in _instructed(row["repos"]):
                name = f"{repo}{variant['suffix']}"
                config = {**row["config"], "quantization_config": variant["quantization_config"]}
                yield name.lower(), {**row, "repos": [name], "config": config, "weight_bytes": None}


def _quantized_variants(row: Mapping[str, Any]) -> Iterator[str]:
    """The quantized twins of the name that names the row."""
    yield from (f"{_instructed(row['repos'])[0]}{variant['suffix']}" for variant in row.get("variants", ()))


def _instructed(repos: Sequence[str]) -> list[str]:
    return [repo for repo in repos if "-Instruct" in repo or "-Thinking" in repo] or list(repos[:1])
