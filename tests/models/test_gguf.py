"""GGUF files are known by their names: which model, in how many bits. No file is opened."""

from __future__ import annotations

import pytest

from installer.models.gguf import Named, named
from installer.models.memory.options import Options
from installer.models.memory.weights import shape_of_model, weights_of
from installer.models.shipped import from_knowledge


@pytest.mark.parametrize(
    ("name", "model", "bits"),
    [
        ("qwen2.5-72b-instruct-q4_k_m.gguf", "qwen2.5-72b-instruct", 4.84),
        ("llama-3.3-70b-instruct-gguf:q4_k_m", "llama-3.3-70b-instruct", 4.84),
        ("devstral-small-2505-ud-q8_k_xl.gguf", "", 0),
        ("qwen3-30b-a3b-ud-q4_k_xl.gguf", "qwen3-30b-a3b", 4.84),
        ("model.iq2_xxs.gguf", "model", 2.06),
        ("x-f16-00001-of-00002.gguf", "x", 16),
        ("qwen2.5-72b-instruct-gguf", "", 0),
        ("qwen2.5-72b-instruct", "", 0),
    ],
)
def test_a_name_tells_model_and_bits(name: str, model: str, bits: float) -> None:
    assert named(name) == (Named(model, bits) if model else None)


@pytest.mark.parametrize("name", ["bartowski/Qwen2.5-72B-Instruct-GGUF:Q4_K_M", "/m/Qwen2.5-72B-Instruct-Q4_K_M.gguf"])
def test_its_weights_are_those_bits_and_known_by_the_name_alone(name: str) -> None:
    found = from_knowledge(name)
    assert found is not None and found.derived and found.quantization == "gguf"
    assert found.architectures == ("Qwen2ForCausalLM",)
    weights = weights_of(found, shape_of_model(found), Options())
    assert weights.bytes == pytest.approx(72_706_203_648 * 4.84 / 8, rel=0.01) and not weights.exact
