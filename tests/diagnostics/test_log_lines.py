"""What stands before a message is taken off, however often; what a user wrote is left out."""

from __future__ import annotations

import pytest

from installer.diagnostics.logs.lines import LONGEST, messages
from installer.diagnostics.logs.wrappers import unwrap
from installer.knowledge import tables

WRAPPERS = tables.table("logs")["wrappers"]


@pytest.mark.parametrize("row", WRAPPERS, ids=lambda row: row["id"])
def test_each_wrapper_is_taken_off(row: dict[str, str]) -> None:
    taken = unwrap(row["example"])

    assert row["text"].endswith(taken.text) and taken.text
    assert taken.led


def test_what_stood_before_a_message_is_known() -> None:
    line = "vllm-1  | (EngineCore pid=1) (Worker_TP3 pid=13) ERROR 03-05 09:56:09 [multiproc_executor.py:880] bent"

    taken = unwrap(line)

    assert (taken.text, taken.level, taken.process, taken.where) == ("bent", "ERROR", "Worker_TP3 pid=13", "vllm-1")


@pytest.mark.parametrize("text", ["404: Not Found", "KeyError: 'x'", "    raise ValueError(", "Error: INFO is missing"])
def test_a_message_is_left_whole(text: str) -> None:
    assert unwrap(text).text == text


def texts(*lines: str) -> list[str]:
    return [line.text for line in messages(enumerate(lines, start=1))]


def test_a_line_that_was_redrawn_is_several() -> None:
    assert texts("Loading:   0% | 0/4 [00:00<?, ?it/s]\rKeyError: 'x'\r") == ["", "KeyError: 'x'"]


def test_json_within_json() -> None:
    inner = '{\\"level\\": \\"error\\", \\"msg\\": \\"bent\\"}'
    (line,) = messages([(1, f'{{"log": "{inner}\\n", "stream": "stderr"}}')])

    assert (line.text.strip(), line.level) == ("bent", "ERROR")


def test_a_traceback_in_one_field_is_several_lines() -> None:
    found = texts('{"message": "failed", "exc_info": "Traceback (most recent call last):\\nValueError: x"}')

    assert found == ["failed", "Traceback (most recent call last):", "ValueError: x"]


def test_a_prompt_over_several_lines_is_left_out() -> None:
    found = texts("INFO Received request c: prompt: 'a", "ValueError: b", "c', params: SamplingParams(n=1)", "d")

    assert found == ["Received request c: prompt: 'a", "d"]


def test_a_long_message_is_cut_in_the_middle() -> None:
    (text,) = texts("error: " + "x" * 20_000 + " end")

    assert text.startswith("error: xx") and text.endswith(" end") and len(text) < LONGEST + 10


@pytest.mark.parametrize("line", ['{"a": 1}', "{not json}", '{"msg": 7}', "[" * 5000, '{"a":' * 3000 + "}" * 3000])
def test_what_is_no_document_stays_as_it_is(line: str) -> None:
    assert len(texts(line)) == 1


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ('{"object":"error","message":"You passed 9 tokens.","type":"BadRequestError","code":400}', "ERROR"),
        ('{"error":{"message":"You passed 9 tokens.","code":400}}', "ERROR"),
        ('{"object":"chat.completion","message":"You passed 9 tokens."}', ""),
        ('{"error":null,"message":"You passed 9 tokens."}', ""),
    ],
)
def test_an_answer_that_refuses_a_request_is_an_error(line: str, level: str) -> None:
    (found,) = messages([(1, line)])

    assert found.level == level and "You passed 9 tokens." in found.text


def test_a_refused_request_is_told_as_its_client_writes_it() -> None:
    body = '{"object":"error","message":"A \'role\': \'user\' is missing","type":"BadRequestError","code":400}'

    assert texts(body) == ["BadRequestError: A 'role': 'user' is missing"]


def test_lines_that_were_joined_when_they_were_pasted_are_parted_again() -> None:
    lead = "(EngineCore pid=9) ERROR 05-21 20:01:47 [core.py:493] "
    vllm = " ".join(
        lead + text for text in ("Traceback (most recent call last):", 'File "a.py", line 1, in f', "KeyError: 'x'")
    )
    torch = " ".join(f"[rank0]: {text}" for text in ("Traceback (most recent call last):", "f()", "KeyError: 'y'"))

    told = [line.text for line in messages([(1, vllm), (2, torch)])]

    assert told[2] == "KeyError: 'x'" and told[5] == "KeyError: 'y'" and len(told) == 6


def test_a_line_that_names_another_line_stays_whole() -> None:
    quoting = "the first said: ERROR 05-21 20:01:47 [core.py:493] no; see core.py:12 and core.py:13"

    assert len(list(messages([(1, quoting)]))) == 1
