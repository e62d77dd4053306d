"""Number formats of the KV cache: which attention backend of a release takes them, on which GPU, for which model."""

from __future__ import annotations

import pytest

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import ModelFacts, Placed, Stack
from installer.preflight.checks import cache_type
from tests.stand_ins.lookups import KnownLookups

DENSE = {"model_type": "qwen2"}
LATENT = {"model_type": "deepseek_v3", "kv_lora_rank": 512}
SPARSE = {**LATENT, "index_topk": 2048}


def found(
    capability: str,
    release: str,
    words: str,
    config: dict[str, object] = DENSE,
    *,
    engine: str = "vllm",
    **environment: str,
) -> list[Code]:
    launch = Launch(10, 3, engine=engine, arguments=("org/model", *words.split()), environment=environment)
    stack = Stack(
        "3.12", "x86_64-manylinux_2_35", {engine: Placed(engine, release, 7)}, launch=launch,
        model=ModelFacts("org/model", "here", config=config),
    )  # fmt: skip
    facts = MachineFacts(gpus=(Gpu("a GPU", capability, 24_000),))
    findings = list(cache_type.check(stack, facts, KnownLookups()))
    assert all((one.line, one.severity) == (3, Severity.BLOCKER) for one in findings)
    return [one.code for one in findings]


@pytest.mark.parametrize(
    ("capability", "release", "value", "refused"),
    [
        ("8.0", "0.20.0", "fp8_e4m3", False),
        ("7.0", "0.20.0", "fp8", True),
        ("7.5", "0.20.0", "fp8", False),
        ("7.5", "0.24.0", "fp8", True),
        ("9.0", "0.25.0", "nvfp4", True),
        ("10.0", "0.25.0", "nvfp4", False),
        ("12.0", "0.33.0", "nvfp4", False),
        ("12.0", "0.33.0", "nvfp4_4over6", True),
        ("8.0", "0.24.0", "fp8_per_token_head", True),
        ("8.0", "0.33.0", "turboquant_4bit_nc", False),
        ("7.0", "0.33.0", "auto", False),
        ("7.0", "0.10.0", "fp8", False),
        ("7.0", "0.33.0", "of-a-release-to-come", False),
    ],
)
def test_a_format_that_no_backend_takes_on_the_gpu_is_refused(
    capability: str, release: str, value: str, *, refused: bool
) -> None:
    assert found(capability, release, f"--kv-cache-dtype {value}") == [Code.GPU_ARCH] * refused


@pytest.mark.parametrize(
    ("backend", "value", "codes"),
    [
        ("FLASH_ATTN", "fp8", [Code.GPU_ARCH]),
        ("flashinfer", "fp8", []),
        ("FLEX_ATTENTION", "fp8", [Code.FLAG_VALUE]),
        ("OF_A_PLUGIN", "fp8", []),
    ],
)
def test_a_named_backend_must_take_it_itself(backend: str, value: str, codes: list[Code]) -> None:
    assert found("8.0", "0.20.0", f"--attention-backend {backend} --kv-cache-dtype {value}") == codes
    assert found("8.0", "0.12.0", f"--kv-cache-dtype {value}", VLLM_ATTENTION_BACKEND=backend) == codes


def test_latent_attention_has_backends_of_its_own() -> None:
    assert found("8.0", "0.17.0", "--kv-cache-dtype fp8", LATENT) == [Code.GPU_ARCH]
    assert found("8.0", "0.18.0", "--kv-cache-dtype fp8", LATENT) == []
    assert found("9.0", "0.17.0", "--kv-cache-dtype fp8", LATENT) == []
    assert found("9.0", "0.20.0", "--kv-cache-dtype fp8_e5m2", {"text_config": LATENT}) == [Code.FLAG_VALUE]
    assert found("8.0", "0.17.0", "--kv-cache-dtype fp8", SPARSE) == []
    assert found("8.0", "0.17.0", "--kv-cache-dtype fp8", LATENT, VLLM_MLA_DISABLE="1") == []
    assert found("8.0", "0.17.0", "--kv-cache-dtype fp8", {}) == []


@pytest.mark.parametrize(
    ("capability", "release", "words", "config", "codes"),
    [
        ("8.0", "0.5.10", "--kv-cache-dtype fp8_e4m3", DENSE, []),
        ("8.0", "0.5.10", "--kv-cache-dtype fp8_e4m3 --attention-backend triton", DENSE, [Code.GPU_ARCH]),
        ("8.9", "0.5.10", "--kv-cache-dtype fp8_e4m3 --attention-backend triton", DENSE, []),
        ("8.0", "0.5.10", "--kv-cache-dtype fp8_e5m2 --attention-backend triton", DENSE, []),
        ("8.0", "0.5.23", "--kv-cache-dtype fp8_e4m3 --attention-backend triton", DENSE, []),
        ("10.0", "0.5.4", "--kv-cache-dtype fp8_e5m2 --attention-backend trtllm_mla", LATENT, [Code.FLAG_VALUE]),
        ("10.0", "0.5.5", "--kv-cache-dtype fp4_e2m1 --attention-backend trtllm_mla", LATENT, []),
        ("8.0", "0.5.10", "--kv-cache-dtype fp8_e4m3 --attention-backend torch_native", DENSE, []),
    ],
)
def test_a_backend_that_sglang_is_told_to_use_decides(
    capability: str, release: str, words: str, config: dict[str, object], codes: list[Code]
) -> None:
    assert found(capability, release, words, config, engine="sglang") == codes
