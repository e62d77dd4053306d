"""The facts of a stand-in with random weights, by the recipe that describes it. Pure."""

from __future__ import annotations

from types import MappingProxyType

from installer.core.plans.stack import ModelFacts
from installer.core.recipes.recipe import RandomModel


def of_random(model: RandomModel) -> ModelFacts:
    """What its config.json will say once it is made: a Qwen2 in bfloat16 with tied embeddings."""
    config = {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": model.architecture,
        "hidden_size": model.hidden_size,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "num_key_value_heads": model.kv_heads,
        "head_dim": model.hidden_size // model.heads,
        "intermediate_size": model.ffn_size,
        "vocab_size": model.vocabulary,
        "max_position_embeddings": model.positions,
        "tie_word_embeddings": True,
        "dtype": "bfloat16",
    }
    return ModelFacts(
        name="a stand-in with random weights",
        source="the recipe",
        architectures=("Qwen2ForCausalLM",),
        model_type=model.architecture,
        tokenizer_class="PreTrainedTokenizerFast",
        dtype="bfloat16",
        config=MappingProxyType(config),
        gated=False,
        formats=("hf",),
    )
