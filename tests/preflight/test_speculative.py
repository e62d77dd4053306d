"""A draft model is refused by the releases that do not take one, and by no other."""

from __future__ import annotations

import json

import pytest

from installer.core.plans.procedure import Launch
from installer.core.plans.stack import ModelFacts, Placed, Stack
from installer.knowledge.engines import launch_reader
from installer.knowledge.engines.shipped import knowledge_engine
from installer.preflight.checks.speculative import findings

WHOLE, HEAD = ("Qwen2ForCausalLM",), ("LlamaForCausalLMEagle3",)


def refused(
    version: str, *, architectures: tuple[str, ...] | None = WHOLE, model: str = "org/draft", **said: str
) -> bool:
    words = ("m", "--speculative-config", json.dumps({"model": model, "num_speculative_tokens": 3, **said}))
    launch = Launch(10, line=3, engine="vllm", arguments=words, model="m")
    draft = ModelFacts(model, "a file", architectures=architectures) if architectures is not None else None
    stack = Stack("3.12", "p", {"vllm": Placed("vllm", version, 7)}, launch, draft=draft)
    known = knowledge_engine("vllm", version)
    assert known is not None
    return bool(list(findings(stack, known, launch_reader.read(launch, known))))


@pytest.mark.parametrize(
    ("version", "expected"), [("0.9.2", False), ("0.10.0", True), ("0.14.0", True), ("0.15.0", False)]
)
def test_it_is_a_matter_of_the_release(version: str, expected: bool) -> None:
    assert refused(version) is expected


def test_only_of_a_whole_model() -> None:
    assert refused("0.11.0", architectures=None, method="draft_model")
    assert not refused("0.11.0", architectures=None)
    assert not refused("0.11.0", architectures=HEAD)
    assert not refused("0.11.0", model="org/EAGLE3-LLaMA3.1-Instruct-8B")
    assert not refused("0.11.0", method="eagle")
    assert not refused("0.11.0", model="ngram", architectures=None)
