"""How other programs than Python write their complaints, and what they came from."""

from __future__ import annotations

import pytest

from installer.diagnostics.explain import explain
from installer.diagnostics.logs.event import separated

STARTED = "ERROR backend: Could not start: Runtime compute cap 120 is not compatible with compile time compute cap 80"
SEGMENT = (
    "ERROR 01-15 02:47:32 w.py:226] Error while creating shared memory segment /dev/shm/nccl-g (size 9), Traceback"
)
ENDED = "[11/18/2025-09:33:30] [TRT-LLM] [RANK 0] [E] Assertion failed: NCCL error x.cpp:90 'invalid usage'"


@pytest.mark.parametrize(
    ("log", "line", "said"),
    [
        (
            [STARTED, "Error: Could not create backend", "", "Caused by:", "    Could not start one"],
            1,
            "compute cap 120",
        ),
        (
            ["Error: Could not load", "", "Caused by:", "    weights of an unknown kind"],
            4,
            "weights of an unknown kind",
        ),
        ([f"{SEGMENT} (most recent call last):"], 1, "shared memory segment"),
        ([ENDED, "RuntimeError: Executor worker returned error"], 1, "invalid usage"),
        (["the source of the following dependency conflicts:", "Error: a wants b"], 2, "a wants b"),
        (
            ["[2025-08-02 19:24:30 TP3] Watchdog timeout (self.watchdog_timeout=300)", "Pyspy failed to dump PID 1"],
            1,
            "Wat",
        ),
    ],
)
def test_the_line_that_says_why(log: list[str], line: int, said: str) -> None:
    told = explain(log)

    assert told.root is not None and told.root.line == line and said in told.root.text


LED = "2026-03-07 23:50:33,001 - __main__ - INFO - "
RELAYED = [
    LED + "[2026-03-07 23:50:33 TP0] Scheduler hit an exception: Traceback (most recent call last):",
    LED + '  File "/v/sglang/srt/models/m.py", line 310, in forward',
    LED + "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.02 GiB.",
]


def test_a_traceback_relayed_as_information_counts_where_something_failed_after_it() -> None:
    told = explain([*RELAYED, "2026-03-07 23:50:34,580 - __main__ - ERROR - Gave up on the server"])

    assert told.root is not None and told.root.line == 3 and told.root.exception == "torch.OutOfMemoryError"


@pytest.mark.parametrize("after", ["- INFO - Tries the next engine", "- WARNING - Using another engine"])
def test_a_traceback_relayed_as_information_accuses_nobody_by_itself(after: str) -> None:
    told = explain([*RELAYED, f"2026-03-07 23:50:34,580 - __main__ {after}"])

    assert told.root is None and not told.candidates


VALIDATED = (
    "(APIServer pid=1)   Value error, No frob may be negative. [type=value_error, input_value=Args((), {'frob': -1})]"
)


def test_a_validators_line_says_why_without_its_heading_and_is_not_of_another_failure() -> None:
    other = "(APIServer pid=1) ERROR 09-14 11:20:02 [a.py:7] ImportError: libfrob.so: undefined symbol: frob"

    alone, after = explain([VALIDATED]), explain([other, VALIDATED])

    assert alone.root is not None and alone.root.text.startswith("Value error, No frob may be negative.")
    assert alone.root.search == "Value error No frob may be negative"
    assert after.root is not None and after.root.line == 1


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (["It failed", "Call the frob", "of it"], "It failed; Call the frob of it"),
        (
            ["These contradict each other.", "a needs b<2", "c needs b>2"],
            "These contradict each other. a needs b<2; c needs b>2",
        ),
        (["Because a needs b and", "Python 3.9 is there, we can conclude that", "C"], None),
        (["a long sentence that", "goes on"], None),
    ],
)
def test_two_lines_are_set_apart_where_they_are_no_sentence_together(parts: list[str], said: str | None) -> None:
    joined = " ".join(parts)

    assert separated(joined, parts) == (said or joined)


def test_what_a_failure_came_from_is_set_apart_from_what_was_said_around_it() -> None:
    told = explain(["thread 'main' panicked at src/frob.rs:91:9:", "Cannot frob. Check frobd server status"])

    assert "Check frobd server status; thread 'main' panicked" in told.candidates[0].cause


def test_an_exception_that_says_nothing_speaks_through_the_one_that_was_raised_from_it() -> None:
    frame = '  File "/v/transformers/models/frob/processing_frob.py", line 7, in take\n    n = next(lengths)'
    log = f"""Traceback (most recent call last):\n{frame}\nStopIteration

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/v/vllm/multimodal/processing.py", line 9, in call\n    raise ValueError(message)
ValueError: Failed to apply FrobProcessor"""

    told = explain(log.split("\n"))

    assert told.root is not None and told.root.text == "ValueError: Failed to apply FrobProcessor"
    said = explain(log.replace("StopIteration", "KeyError: 'frob'").split("\n"))
    assert said.root is not None and said.root.text == "KeyError: 'frob'"
