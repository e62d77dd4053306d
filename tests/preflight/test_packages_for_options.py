"""A package that a launch asks for is missing only where its environment is known, and where nothing brought it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import ModelFacts, Placed, Stack
from installer.preflight.checks import packages_for_options
from tests.stand_ins.lookups import KnownLookups


def stack(
    engine: str = "vllm", version: str = "0.9.2", words: str = "", model: str = "org/name", hub: str = "0.34.4",
    **environment: str,
) -> Stack:  # fmt: skip
    packages = {name: Placed(name, of, 7) for name, of in ((engine, version), ("huggingface-hub", hub))}
    launch = Launch(10, line=3, engine=engine, arguments=(model, *words.split()), model=model, environment=environment)
    return Stack("3.12", "p", packages, launch)


def missing(one: Stack) -> list[str]:
    return [found.subject for found in packages_for_options.check(one, MachineFacts(), KnownLookups())]


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (stack(VLLM_ATTENTION_BACKEND="FLASHINFER"), "flashinfer-python"),
        (stack(VLLM_ATTENTION_BACKEND="FLASH_ATTN"), ""),
        (stack(words="--attention-backend FLASHINFER"), "flashinfer-python"),
        (stack(words="--quantization bitsandbytes --load-format bitsandbytes"), "bitsandbytes"),
        (stack(words="-q bitsandbytes"), "bitsandbytes"),
        (stack(words="-q bitsandbytes", version="0.30.0"), ""),
        (stack("sglang", "0.5.9", "--load-format bitsandbytes"), "bitsandbytes"),
        (stack("sglang", "0.5.9", "--attention-backend flashinfer"), ""),
        (stack(VLLM_USE_MODELSCOPE="True"), "modelscope"),
        (stack(VLLM_USE_MODELSCOPE="0"), ""),
        (stack(words="--distributed-executor-backend=ray"), "ray"),
        (stack(words='--kv-transfer-config {"kv_connector":"LMCacheConnectorV1"}'), "lmcache"),
        (stack(HF_HUB_ENABLE_HF_TRANSFER="1"), "hf-transfer"),
        (stack("sglang", "0.5.9", HF_HUB_ENABLE_HF_TRANSFER="1"), "hf-transfer"),
        (stack(HF_HUB_ENABLE_HF_TRANSFER="0"), ""),
        (stack(HF_HUB_ENABLE_HF_TRANSFER="1", hub="1.2.0"), ""),
        (stack(HF_HUB_ENABLE_HF_TRANSFER="1", model="/models/own"), ""),
    ],
)
def test_what_is_asked_for_and_not_there(one: Stack, name: str) -> None:
    assert missing(one) == ([name] if name else [])


def test_weights_ask_as_an_option_does() -> None:
    model = ModelFacts("org/name-bnb-4bit", "the hub", quantization="bitsandbytes")
    assert missing(replace(stack(), model=model)) == ["bitsandbytes"]


def test_what_is_there_or_not_known_is_not_missing() -> None:
    asked = stack(VLLM_ATTENTION_BACKEND="FLASHINFER")
    brought = {**asked.packages, "flashinfer-python": Placed("flashinfer-python", "0.2.5", 4)}
    assert not missing(replace(asked, packages=brought))
    engine = asked.packages["vllm"]
    assert not missing(replace(asked, packages={**asked.packages, "vllm": replace(engine, source="image")}))
    assert not missing(replace(asked, packages={"vllm": engine}))
