"""A short benchmark of the server that runs, in words, for the screen. Measures as `deploy-tui bench` does."""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.runs.home import Home
from installer.diagnostics.bench_clients import Measured
from installer.host.local import LocalHost
from installer.session import benchmarking

AT_A_TIME = (1, 8)
_INPUT_TOKENS = 256


def benchmark(home: Home) -> Iterator[list[tuple[str, str]]]:
    """All that was measured so far, and how much, after each load. Raises `DeployError`."""
    host, found = LocalHost(home.cache), []
    spec = benchmarking.running(home, host)
    for load in benchmarking.measure(
        spec, host, home=home, concurrencies=AT_A_TIME, input_tokens=_INPUT_TOKENS, tell=lambda words: None
    ):
        found.append((f"{load.load.concurrency} at a time", in_words(load)))
        yield list(found)


def in_words(load: Measured) -> str:
    first, together = f"{load.ttft_ms:,.0f} ms", f"{load.output_tokens_per_s:,.0f} tokens/s"
    return f"first token {first}  ·  {load.tpot_ms:,.1f} ms a token  ·  {together} together"
