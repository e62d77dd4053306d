"""The shipped models: enough of them, each with what memory needs, counted as a model's own files are."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

import pytest

from installer.knowledge import tables
from installer.models.memory.cache import cost
from installer.models.memory.options import Options
from installer.models.memory.parameters import parameters_of
from installer.models.memory.shape import shape_of
from installer.models.memory.weights import weights_of
from installer.models.shipped import from_knowledge

ROWS: list[dict[str, Any]] = list(tables.table("models")["models"])
FAMILIES = (
    "meta-llama/Llama-3", "meta-llama/Llama-4", "Qwen/Qwen2.5-7B", "Qwen/Qwen3-8B", "Qwen/Qwen3-VL", "Qwen/Qwen3-Next",
    "mistralai/Mistral-Small", "mistralai/Ministral", "google/gemma-3", "google/gemma-4", "microsoft/Phi-4",
    "deepseek-ai/DeepSeek-V3", "zai-org/GLM-4.5", "zai-org/GLM-5", "moonshotai/Kimi-K2", "MiniMaxAI/MiniMax-M2",
    "openai/gpt-oss", "ibm-granite/granite-4", "allenai/OLMo-2", "allenai/Olmo-3", "Qwen/Qwen3-Embedding",
    "Qwen/Qwen3-Reranker", "BAAI/bge-m3", "BAAI/bge-reranker", "Qwen/Qwen3.6", "deepseek-ai/DeepSeek-V4",
    "moonshotai/Kimi-K3", "MiniMaxAI/MiniMax-M3", "nvidia/NVIDIA-Nemotron-3", "google/embeddinggemma",
)  # fmt: skip


def config_of(name: str) -> Mapping[str, Any]:
    found = from_knowledge(name)
    assert found is not None
    return found.config


def test_sixty_models_of_every_family_are_known() -> None:
    names = [repo for row in ROWS for repo in row["repos"]]

    assert len(ROWS) >= 60
    assert [family for family in FAMILIES if not any(name.startswith(family) for name in names)] == []
    assert len({name.lower() for name in names}) == len(names)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["repos"][0]))
def test_a_row_is_enough_to_be_sized(row: dict[str, Any]) -> None:
    facts = from_knowledge(row["repos"][0])
    assert facts is not None
    shape = shape_of(facts.config)

    assert shape is not None
    assert facts.architectures
    assert facts.dtype or facts.quantization
    assert weights_of(facts, shape, Options()).bytes
    assert cost(shape, gpus=1, stages=1, number=2.0).per_token or shape.family["cache"] == "none"


def test_what_a_class_fills_in_does_not_hide_what_the_config_says_under_another_name() -> None:
    """`num_local_experts` is the class's own 128 where this config says `num_experts: 160`."""
    counted = parameters_of(shape_of(config_of("Qwen/Qwen3-Coder-480B-A35B-Instruct")) or pytest.fail())

    assert counted is not None
    assert counted.total == 480_154_875_392


@pytest.mark.parametrize(
    ("name", "per_token", "per_request"),
    [
        (
            "Qwen/Qwen3-Next-80B-A3B-Thinking",
            12 * 2 * 2 * 256 * 2,
            36 * ((2 * 2048 + 4096) * 3 * 2 + 32 * 128 * 128 * 2),
        ),
        ("Qwen/Qwen3.5-27B", 16 * 2 * 4 * 256 * 2, 48 * ((2 * 2048 + 6144) * 3 * 2 + 48 * 128 * 128 * 4)),
        ("ibm-granite/granite-4.0-h-tiny", 4 * 2 * 4 * 128 * 2, 36 * ((3072 + 256) * 3 * 2 + 3072 * 128 * 2)),
        ("deepseek-ai/DeepSeek-V3.2", 61 * ((512 + 64) * 2 + 128 + 4), 0),
        ("zai-org/GLM-5.2", 78 * (512 + 64) * 2 + 21 * (128 + 4), 0),
        ("BAAI/bge-m3", 0, 0),
        # Of V4 Flash's 43 layers 21 keep one vector (and one of the index) for 4 tokens, 20 one for 128.
        ("deepseek-ai/DeepSeek-V4-Flash", ceil((21 * (512 + 128) / 4 + 20 * 512 / 128) * 2), 43 * 128 * 512 * 2),
        ("moonshotai/Kimi-K3", 24 * (512 + 64) * 2, 69 * (3 * 96 * 128 * 3 * 2 + 96 * 128 * 128 * 4)),
        ("MiniMaxAI/MiniMax-M3", 60 * 2 * 4 * 128 * 2 + 57 * 128 * 2, 0),
        (
            "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
            6 * 2 * 2 * 128 * 2,
            23 * ((64 * 64 + 2 * 8 * 128) * 3 * 2 + 64 * 64 * 128 * 4),
        ),
    ],
)
def test_layers_that_are_no_plain_attention(name: str, per_token: int, per_request: int) -> None:
    shape = shape_of(config_of(name))
    assert shape is not None

    found = cost(shape, gpus=1, stages=1, number=2.0)

    assert (found.per_token, found.per_request) == (per_token, per_request)


def test_layers_that_see_everything_may_have_heads_of_their_own() -> None:
    shape = shape_of(config_of("google/gemma-4-26B-A4B"))
    assert shape is not None

    found = cost(shape, gpus=1, stages=1, number=2.0)

    assert found.sliding_per_token == 25 * 2 * 8 * 256 * 2
    assert found.per_token - found.sliding_per_token == 5 * 2 * 2 * 512 * 2


def test_a_dense_part_beside_the_experts_is_counted() -> None:
    """Gemma 4 26B: 25 805 933 872 by the real class, of which a dense part, two kinds of heads and a gated encoder."""
    shape = shape_of(config_of("google/gemma-4-26B-A4B"))
    counted = parameters_of(shape) if shape else None

    assert counted is not None
    assert counted.total == pytest.approx(25_805_933_872, rel=1e-4)


def test_a_quantization_that_spares_the_attention_is_told_from_one_of_everything() -> None:
    """Kimi K2.5's experts have four bits, the rest sixteen: 595 GB as published."""
    facts = from_knowledge("moonshotai/Kimi-K2.5")
    assert facts is not None

    weights = weights_of(facts, shape_of(facts.config), Options())

    assert weights.bytes == pytest.approx(595e9, rel=0.01)


def test_the_known_number_of_parameters_counts_where_the_layers_cannot_be_counted() -> None:
    facts = from_knowledge("ibm-granite/granite-4.0-h-small")
    assert facts is not None

    weights = weights_of(facts, shape_of(facts.config), Options())

    assert (weights.bytes, weights.exact, weights.assumed) == (2 * 32_207_337_984, True, ())


@pytest.mark.parametrize(
    ("name", "licence"),
    [
        ("openai/gpt-oss-20b", "apache-2.0"),
        ("Qwen/Qwen2.5-7B-Instruct", "apache-2.0"),
        ("Qwen/Qwen2.5-72B-Instruct", "qwen"),
        ("Qwen/Qwen3-VL-2B-Instruct", ""),
        ("meta-llama/Llama-3.1-8B-Instruct", "llama3.1"),
        ("somebody/Qwen3-8B-tuned", ""),
        ("/models/Qwen3-8B", ""),
    ],
)
def test_a_licence_is_told_of_the_very_names_that_its_maker_states_it_of(name: str, licence: str) -> None:
    facts = from_knowledge(name)

    assert facts is not None
    assert facts.licence == licence


def test_every_licence_is_of_a_listed_model() -> None:
    listed = {repo for row in tables.table("models")["models"] for repo in row["repos"]}
    named = [name for row in tables.table("models")["licences"] for name in row["models"]]

    assert len(named) == len(set(named)) > 40
    assert set(named) <= listed


def test_experts_in_four_bits_beside_a_rest_in_eight_are_counted_as_that() -> None:
    """DeepSeek V4 says so of its experts alone; its 284 billion parameters take 156 GB, of which 147 are experts."""
    facts = from_knowledge("deepseek-ai/DeepSeek-V4-Flash")
    assert facts is not None

    assert 155e9 < (weights_of(facts, shape_of(facts.config), Options()).bytes or 0) < 156e9
