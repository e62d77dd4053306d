"""What a host must show before its wave counts."""

from __future__ import annotations

from typing import Any

import pytest

from installer.core.errors import DeployError
from installer.fleet.acceptance import beyond, passed
from installer.fleet.file import Bounds, Fleet, Host
from installer.fleet.outcome import State
from installer.fleet.remote import Recipe, Remote
from installer.host.ssh import Links

PROVED = {"proofs": [{"name": "a token", "status": "proved", "said": ""}]}


@pytest.mark.parametrize(
    ("bounds", "slow"),
    [
        (Bounds(), ""),
        (Bounds(ttft_ms=300, tokens_per_s=10), ""),
        (Bounds(ttft_ms=299), "300 ms to the first token, and at most 299 are allowed"),
        (Bounds(tokens_per_s=10.5), "10.0 tokens/s, and at least 10.5 are required"),
    ],
)
def test_bounds(bounds: Bounds, slow: str) -> None:
    assert beyond(bounds, 300.0, 10.0) == slow


class _Told(Remote):
    """A host whose deploy-tui says what the test hands it."""

    bench: dict[str, Any]

    def document(self, *words: str) -> tuple[int, dict[str, Any]]:
        return 0, PROVED if words[0] == "server" else self.bench


@pytest.mark.parametrize(
    ("bench", "state"),
    [
        ({"loads": [{"ttft_ms": 90.0, "output_tokens_per_s": 50.0}]}, State.UP),
        ({"loads": [{"ttft_ms": 110.0, "output_tokens_per_s": 50.0}]}, State.FAILED),
        ({"loads": []}, None),
    ],
)
def test_a_host_is_let_through_where_its_speed_was_measured_and_is_enough(bench: dict[str, Any], state: Any) -> None:
    host = Host("a", "h")
    with Links() as links:
        remote = _Told(host, Fleet((host,), bounds=Bounds(ttft_ms=100)), links, Recipe(None))
        remote.bench = bench
        if state is None:
            with pytest.raises(DeployError, match="not measured"):
                passed(remote)
        else:
            assert passed(remote).state == state
