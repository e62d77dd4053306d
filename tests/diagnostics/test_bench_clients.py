"""How the engines' benchmark clients are called, and what their results say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import StageError
from installer.diagnostics.bench_clients import Load, command, read, reading
from installer.session.benchmarking import Figure

REAL = (Path(__file__).parent / "bench" / "vllm-0.32-cpu.json").read_text()
LOAD = Load(concurrency=4, requests=8, input_tokens=64, output_tokens=32)


def spec(engine: str) -> LaunchSpec:
    return LaunchSpec(("/env/bin/python", "-m", "x"), "0.0.0.0", 8000, "/models/m", "tiny", "mini", engine)


def test_a_result_as_vllm_really_writes_it() -> None:
    measured = read(REAL.replace('"mean_ttft_ms"', '"mean_e2el_ms": 250.0, "mean_ttft_ms"'), LOAD)

    assert measured.completed == 8
    assert measured.latency_s == 0.25
    assert measured.tokens_per_s == pytest.approx(1000 / measured.tpot_ms)
    assert measured.output_tokens_per_s == pytest.approx(449.75, abs=0.01)


def test_of_several_lines_the_last_counts() -> None:
    line = {"completed": 2, "mean_ttft_ms": 1, "mean_tpot_ms": 2, "output_throughput": 3, "mean_e2e_latency_ms": 4}

    measured = read(json.dumps({**line, "mean_ttft_ms": 9}) + "\n" + json.dumps(line) + "\n", LOAD)

    assert (measured.ttft_ms, measured.tpot_ms, measured.latency_s) == (1, 2, 0.004)


@pytest.mark.parametrize("text", ["", "x", "[]", '{"completed": 8}', REAL.replace('"completed": 8', '"completed": 0')])
def test_a_result_that_says_nothing(text: str) -> None:
    with pytest.raises(StageError):
        read(text, LOAD)


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_a_client_is_told_the_load_and_where_the_server_is(engine: str) -> None:
    words = command(spec(engine), LOAD, Path("/tmp/out/result.json"))

    assert words[0] == "/env/bin/python"
    for flag, value in (
        ("--num-prompts", "8"), ("--max-concurrency", "4"), ("--random-input-len", "64"),
        ("--random-output-len", "32"), ("--base-url", "http://127.0.0.1:8000"), ("--tokenizer", "/models/m"),
    ):  # fmt: skip
        assert words[words.index(flag) + 1] == value


@pytest.mark.parametrize(
    ("expected", "more_is_better", "measured", "within"),
    [((15.0, 30.0), False, 20.0, True), ((15.0, 30.0), False, 40.0, False), ((15.0, 30.0), False, 5.0, True),
     ((50.0, 80.0), True, 90.0, True), ((50.0, 80.0), True, 40.0, False), ((50.0, 80.0), True, None, None)],
)  # fmt: skip
def test_better_than_stated_is_as_stated(
    expected: tuple[float, ...], more_is_better: bool, measured: float | None, within: bool | None
) -> None:
    assert Figure("any", measured, "", expected, more_is_better).within is within
    assert Figure("any", measured, "", (), more_is_better).within is None


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_a_server_in_a_container_is_measured_from_inside(engine: str) -> None:
    inside = ("docker", "exec", "box", "python3")
    boxed = replace(spec(engine), python=inside, model_seen="/models/tiny")

    words = command(boxed, LOAD, Path("/tmp/result.json"))

    assert words[:4] == inside
    assert words[words.index("--tokenizer") + 1] == "/models/tiny"
    assert (reading(boxed, Path("/tmp/result.json")) or ())[:4] == inside
    assert reading(spec(engine), Path("/tmp/result.json")) is None
