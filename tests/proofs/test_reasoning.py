"""When a model that reasons first is asked again, and whose answer then counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from installer.core.contracts.host import Answer
from installer.proofs.reasoning import answered
from installer.proofs.server_client import Reply, read

REASONED = {"message": {"content": None, "reasoning": "Is it?"}, "finish_reason": "length"}


def replies(*told: Mapping[str, Any] | int) -> tuple[Reply, list[Mapping[str, Any]]]:
    """What it comes to, and what each request said besides."""
    asked: list[Mapping[str, Any]] = []

    def ask(more: Mapping[str, Any]) -> Reply:
        one = told[len(asked)]
        asked.append(more)
        return read(Answer(one, "too long") if isinstance(one, int) else Answer(200, json.dumps({"choices": [one]})))

    return answered(ask), asked


@pytest.mark.parametrize(
    "first",
    [
        {"message": {"content": "Paris", "reasoning": "Is it?"}, "finish_reason": "length"},
        {"message": {"content": None, "reasoning": "Is it?", "tool_calls": [{}]}, "finish_reason": "length"},
        {"message": {"content": None, "reasoning": "Is it?"}, "finish_reason": "stop"},
        {"message": {"content": ""}, "finish_reason": "length"},
        400,
    ],
)
def test_what_has_answered_or_was_refused_is_asked_once(first: Mapping[str, Any] | int) -> None:
    _, asked = replies(first)
    assert asked == [{}]


def test_the_second_request_leaves_the_reasoning_out_and_gives_room() -> None:
    reply, asked = replies(REASONED, {"message": {"content": "Paris"}, "finish_reason": "stop"})
    assert reply.text == "Paris"
    assert asked[1]["chat_template_kwargs"]["enable_thinking"] is False
    assert asked[1]["max_tokens"] > 512


def test_a_second_request_that_is_refused_is_no_answer() -> None:
    """Its room may be more than the context."""
    reply, _ = replies(REASONED, 400)
    assert reply.ok and reply.only_reasoned
