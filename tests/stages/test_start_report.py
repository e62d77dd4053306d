"""What a start came to, read from real logs, and what was foretold of its memory."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from installer.core.contracts.serving import StartReport
from stages.start_report import begun_by, figures, parts, sentences

LOGS = Path(__file__).parent / "logs"


def lines(name: str) -> list[str]:
    return (LOGS / name).read_text(encoding="utf-8").splitlines()


def moment(text: str) -> float:
    return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


def test_a_real_start_of_sglang_is_accounted_for_to_the_last_second() -> None:
    began = moment("2026-11-21 06:34:20")

    found = parts("sglang", lines("sglang-start.log"), began, 63.0)

    assert found == {
        "Python and imports": 15.0, "processes and their imports": 15.0, "the GPU": 2.0,
        "CUDA graphs of prefill": 20.0, "CUDA graphs of decode": 3.0, "its own first request": 2.0,
        "until a token came": 6.0,
    }  # fmt: skip
    assert sum(found.values()) == 63.0


def test_what_begins_next_is_said_where_it_can_come() -> None:
    line = "INFO 11-30 09:07:15 [kv_cache_utils.py:1] CPU KV cache size: 46,592 tokens"
    assert (begun_by("vllm", line, gpu=True), begun_by("vllm", line, gpu=False)) == ("CUDA graphs", "warm-up")
    assert begun_by("vllm", "init engine (profile) took 3 s", gpu=False) == "until a token came"
    assert begun_by("vllm", "INFO something else", gpu=False) is None


def test_what_the_engine_says_of_memory() -> None:
    assert figures("sglang", lines("sglang-start.log")) == {"kv_tokens": 3486847, "weights_gib": 5.88}
    assert figures("vllm", ["INFO 11-21 08:02:51 [kv_cache_utils.py:1291] GPU KV cache size: 1,048,576 tokens"]) == {
        "kv_tokens": 1048576
    }


def test_vllm_does_not_tell_the_year() -> None:
    said = [
        "INFO 11-21 08:02:19 [core.py:1] Initializing a V1 LLM engine (v0.32.0) with config: x",
        "(EngineCore pid=9) INFO 11-21 08:02:40 [gpu_model_runner.py:1] Starting to load model m...",
        "Loading safetensors checkpoint shards: 100%",
        "(EngineCore pid=9) INFO 11-21 08:02:51 [kv_cache_utils.py:1] GPU KV cache size: 1,048,576 tokens",
    ]
    assert parts("vllm", said, moment("2026-11-21 08:02:09"), 50.0) == {
        "Python and imports": 10.0, "processes and their imports": 21.0, "memory profile": 11.0,
        "until a token came": 8.0,
    }  # fmt: skip


def test_an_engine_that_says_nothing_is_not_guessed_about() -> None:
    assert parts("sglang", ["ready"], 1000.0, 60.0) == {}
    assert parts("another", lines("sglang-start.log"), 1000.0, 60.0) == {}
    assert list(sentences(StartReport())) == []


@pytest.mark.parametrize(("reported", "told"), [(1000, 0), (1049, 0), (1060, 1), (900, 1), (None, 0)])
def test_a_difference_of_more_than_a_twentieth_is_told(reported: int | None, told: int) -> None:
    said = list(sentences(StartReport(kv_tokens=reported, kv_tokens_foretold=1000)))

    assert [severity for severity, _ in said] == ["warning"] * told


@pytest.mark.parametrize(
    ("reported", "predicted", "told"), [(289_910_292, 269_060_552, 0), (3_478_923_509, 3_085_938_732, 1)]
)
def test_what_libraries_allocate_is_no_difference_of_the_weights(reported: int, predicted: int, told: int) -> None:
    """Both said by SGLang 0.5.23 on an H200: 20 MB more of a tiny model, 400 MB more of a pipeline's first stage."""
    said = list(sentences(StartReport(weights_bytes=reported, weights_bytes_foretold=predicted)))

    assert len(said) == told
