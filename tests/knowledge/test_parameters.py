"""Parameters against what the real model classes have (shapes.yaml)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from installer.knowledge.tables import table
from installer.models.memory.parameters import parameters_of
from installer.models.memory.shape import shape_of
from installer.models.memory.vision import kind_of, layouts

MODELS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "models" / "shapes.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODELS)
def test_every_family_is_counted_to_the_last_parameter(name: str) -> None:
    shape = shape_of(MODELS[name]["config"])
    assert shape is not None and shape.known, shape
    counted = parameters_of(shape)
    assert counted is not None and counted.total == MODELS[name]["parameters"]


def test_the_experts_of_minimax_m1_are_most_of_it() -> None:
    shape = shape_of(MODELS["minimax-m1"]["config"])
    counted = parameters_of(shape) if shape else None
    assert counted is not None and counted.experts == 434_865_438_720


def test_what_a_config_leaves_out_is_its_class_default() -> None:
    sparse = {"model_type": "gemma3", "text_config": {
        "model_type": "gemma3_text", "hidden_size": 2560, "num_hidden_layers": 34, "intermediate_size": 10240,
        "sliding_window": 1024,
    }}  # fmt: skip
    shape = shape_of(sparse)
    assert shape is not None
    assert (shape.heads, shape.kv_heads, shape.head_dim, shape.vocabulary, shape.tied) == (8, 4, 256, 262208, True)


def test_a_family_that_no_row_is_about_is_counted_as_a_llama_and_said_to_be() -> None:
    config = {**MODELS["llama-3.1-8b"]["config"], "model_type": "brand_new"}
    shape = shape_of(config)
    assert shape is not None and not shape.known
    counted = parameters_of(shape)
    assert counted is not None and counted.total == MODELS["llama-3.1-8b"]["parameters"]


@pytest.mark.parametrize("config", [
    {}, {"hidden_size": 1}, {"hidden_size": "4096", "num_hidden_layers": [], "vocab_size": None},
    {"text_config": "no"}, {"text_config": {"hidden_size": True}}, {"model_type": 7},
    {"hidden_size": -4, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 10},
])  # fmt: skip
def test_a_config_that_says_too_little_has_no_shape(config: dict[str, Any]) -> None:
    assert shape_of(config) is None


def test_layers_of_a_kind_that_is_not_known_have_no_count() -> None:
    config = {**MODELS["llama-3.1-8b"]["config"], "layer_types": ["mamba"] * 31 + ["attention"]}
    shape = shape_of(config)
    assert shape is not None and (shape.layers.full, shape.layers.linear) == (1, 31)
    assert parameters_of(shape) is None


def test_what_a_class_works_out_from_other_keys_is_no_default() -> None:
    """TinyLlama's config names neither head_dim nor anything it could be a default of: 2048 / 32 is 64."""
    config = {
        "model_type": "llama", "hidden_size": 2048, "num_hidden_layers": 22, "num_attention_heads": 32,
        "num_key_value_heads": 4, "intermediate_size": 5632, "vocab_size": 32000, "tie_word_embeddings": False,
    }  # fmt: skip
    shape = shape_of(config)
    counted = parameters_of(shape) if shape else None
    assert shape is not None and shape.head_dim == 64
    assert counted is not None and counted.total == 1_100_048_384


NEARLY = 1e-2
"""Of models whose image encoder is no kind that is counted exactly: it is a small part of the whole."""


def test_the_published_counts_of_the_shipped_models() -> None:
    """Of every family whose shape is known; what is not counted at all rests on the number that its row states."""
    rows = [row for row in table("models")["models"] if row.get("parameters") and row.get("config")]
    shapes = [(row, shape) for row in rows if (shape := shape_of(row["config"])) and shape.known]
    assert len(shapes) > 90
    for row, shape in shapes:
        counted = parameters_of(shape)
        if counted is None:
            assert shape.vision and kind_of(shape) not in layouts(), row["repos"]
        else:
            near = NEARLY if shape.vision and kind_of(shape) not in layouts() else 2e-3
            assert counted.total == pytest.approx(row["parameters"], rel=near), row["repos"]
