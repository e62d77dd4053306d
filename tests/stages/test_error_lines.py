"""Picking the few lines that matter out of logs of real failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.text.plain import last_piece
from stages.error_lines import error_lines

LOGS = Path(__file__).parent / "logs"


def of(name: str) -> tuple[str, ...]:
    return error_lines([last_piece(line) for line in (LOGS / name).read_text("utf-8").split("\n")])


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        ("sglang-context-too-long.log", "User-specified context_length (999999) is greater than the derived"),
        ("sglang-no-fa3.log", "cannot import name 'flash_ops' from 'sgl_kernel'"),
        ("vllm-length-too-long.log", "User-specified max_model_len (99999) is greater than the derived"),
        ("vllm-illegal-instruction.log", "Fatal Python error: Illegal instruction"),
        ("vllm-no-lscpu.log", "Command 'lscpu --json"),
    ],
)
def test_the_cause_comes_first(log: str, cause: str) -> None:
    assert cause in of(log)[0]


def test_what_a_tool_complained_about_is_kept() -> None:
    assert "/bin/sh: 1: /nonexistent/bin/nvcc: not found" in of("sglang-no-nvcc.log")


def test_a_process_that_a_signal_ended_is_heard_alone() -> None:
    """What the others said later ("RuntimeError: cancelled") only followed."""
    assert [line.split(" (")[0] for line in of("vllm-illegal-instruction.log")] == [
        "Fatal Python error: Illegal instruction",
        "in cpu_attention_with_kv_cache",
        "in forward",
    ]


def test_noise_of_shutting_down_is_left_out() -> None:
    for log in LOGS.glob("*.log"):
        assert not [line for line in of(log.name) if "destroy_process_group" in line or "Sleeping 5 seconds" in line]


@pytest.mark.parametrize(
    "line",
    [
        "api_server.py: error: unrecognized arguments: --colour",
        "/env/bin/python: No module named vllm",
        "ImportError: libnuma.so.1: cannot open shared object file: No such file or directory",
    ],
)
def test_an_error_without_a_traceback_is_found(line: str) -> None:
    assert error_lines(["starting", line, "usage: ..."]) == (line,)


def test_without_any_error_the_end_of_the_log_is_told() -> None:
    assert error_lines([f"line {number}" for number in range(20)]) == tuple(f"line {n}" for n in range(14, 20))
    assert error_lines([]) == ()


def test_an_exception_without_words_is_told_with_its_statement() -> None:
    log = [
        "Traceback (most recent call last):",
        '  File "/env/site-packages/deep_gemm/cuda_helpers.py", line 20, in find_cuda_home',
        "    assert cuda_home is not None",
        "           ^^^^^^^^^^^^^^^^^^^^^",
        "AssertionError",
    ]
    assert error_lines(log) == ("AssertionError: assert cuda_home is not None",)
