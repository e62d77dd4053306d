"""What a launch promises: by the words of its command, and by nothing else."""

from __future__ import annotations

import pytest

from installer.core.contracts.serving import LaunchSpec
from installer.core.proofs import Promises, Proof, Proven, in_words, proven_from_json
from installer.proofs.promises import promised


def launch(engine: str, *words: str) -> LaunchSpec:
    return LaunchSpec(("python", "-m", "server", *words), "127.0.0.1", 8000, "m", "tiny", "mini", engine)


@pytest.mark.parametrize(
    ("engine", "words", "promises"),
    [
        ("vllm", (), Promises(structured=True)),
        ("vllm", ("--max-model-len", "99", "--max-num-seqs=7"), Promises(structured=True, context=99, concurrency=7)),
        ("vllm", ("--tool-call-parser", "hermes"), Promises(structured=True, tools="hermes")),
        ("sglang", ("--max-running-requests", "16"), Promises(structured=True, concurrency=16)),
        ("sglang", ("--max-running-requests=16", "--max-running-requests=4"), Promises(structured=True, concurrency=4)),
        ("sglang", ("--reasoning-parser=qwen3",), Promises(structured=True, reasoning="qwen3")),
        ("sglang", ("--is-embedding",), Promises(chat=False, pooling="embed")),
        ("vllm", ("--task", "score"), Promises(chat=False, pooling="rank")),
        ("zephyr", ("--max-model-len", "4096"), Promises(structured=True)),
    ],
)  # fmt: skip
def test_a_promise_is_a_word_of_the_command(engine: str, words: tuple[str, ...], promises: Promises) -> None:
    assert promised(launch(engine, *words)) == promises


def test_a_class_of_models_says_what_it_is_for() -> None:
    assert promised(launch("vllm"), ("Qwen3ForSequenceClassification",)).pooling == "rank"
    assert promised(launch("vllm"), ("Qwen3ForCausalLM",)).pooling == ""


def test_a_flag_that_only_says_that_no_text_is_written_leaves_the_rest_to_the_class() -> None:
    assert promised(launch("vllm", "--runner", "pooling"), ("XLMRobertaForSequenceClassification",)).pooling == "rank"
    assert promised(launch("sglang", "--is-embedding"), ("BertForSequenceClassification",)).pooling == "rank"
    assert promised(launch("sglang", "--is-embedding"), ("Qwen3ForCausalLM",)).pooling == "embed"


def test_classes_that_the_launch_names_count_before_those_of_the_config() -> None:
    ranking = launch(
        "vllm", "--runner", "pooling", "--hf-overrides", '{"architectures": ["Qwen3ForSequenceClassification"]}'
    )
    assert promised(ranking, ("Qwen3ForCausalLM",)).pooling == "rank"
    assert (
        promised(launch("vllm", "--runner", "pooling", "--hf-overrides", "{"), ("Qwen3ForCausalLM",)).pooling == "embed"
    )


def test_what_is_kept_is_read_again_and_summed_up() -> None:
    proofs = (Proof("burst", "proved", figures={"seconds": 1.5}), Proof("sense", "failed", "said", "fix"))
    proven = Proven(1.0, 7, 2.0, "tiny", "mini", (*proofs, Proof("rerank", "not promised")))
    assert proven_from_json(proven.to_json()) == proven
    assert in_words(proven) == "1 of 2 promises proved; failed: sense"
    assert proven_from_json({"at": "x"}) is None
