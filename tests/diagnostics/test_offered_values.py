"""Of what a message lists in place of a value, the nearest is offered, and nothing that it does not list."""

from __future__ import annotations

import pytest

from installer.diagnostics.explain import explain
from installer.diagnostics.offered_values import offered


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("error: argument --parser: invalid choice: 'deep_r1' (choose from 'deep-r1', 'glm45')", ("deep-r1", "")),
        ("invalid tool call parser: qwen3 (chose from { hermes, qwen3_coder, xlam })", ("qwen3_coder", "")),
        ("Unknown method: exl9. Must be one of ['awq', 'fp8', 'gguf']", ("", "awq, fp8, gguf")),
        ("KeyError: 'frob'", None),
        ("Unknown method: awq, expected one of ['awq', 'fp8']", None),
        ("It is one of ['awq', 'fp8']", None),
    ],
)
def test_a_value_is_offered_where_the_message_lists_some(message: str, found: tuple[str, str] | None) -> None:
    assert offered(message) == found


def test_the_offer_stands_beside_the_cause() -> None:
    line = "vllm serve: error: argument --load-format: invalid choice: 'safetensor' (choose from 'auto', 'safetensors')"

    assert "safetensors is nearest" in explain([line]).candidates[0].cause
