"""Measures the server that runs in a home, with its engine's own benchmark client, next to what the recipe states.

One request at a time first, then several at once. Changes nothing but a folder of results.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import StageError
from installer.core.recipes.recipe import Expected
from installer.core.runs.home import Home
from installer.core.secrets.inherited import inherited
from installer.diagnostics import bench_clients
from installer.diagnostics.bench_clients import Load, Measured
from installer.host import server_key
from installer.host.local import LocalHost
from installer.knowledge.engines import definitions, launch_reader
from installer.session import ready_server
from installer.session.bench_baselines import Baseline, baselines

ANSWER_TOKENS = 100
_GIB = 1 << 30
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
_TIMEOUT_S = 1800.0
_LAST_LINES = 8


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure next to what was stated for it."""

    name: str
    measured: float | None
    unit: str
    expected: tuple[float, ...] = ()
    """Lowest and highest; empty: nothing was stated."""
    more_is_better: bool = False

    @property
    def within(self) -> bool | None:
        """Whether it is no worse than what was stated; `None` if nothing was, or nothing could be measured."""
        if self.measured is None or not self.expected:
            return None
        low, high = self.expected
        return self.measured >= low if self.more_is_better else self.measured <= high


@dataclass(frozen=True, slots=True)
class Report:
    recipe: str
    engine: str
    on: str
    """The GPU that was measured on; "CPU" where there is none."""
    stated_for: str
    stand_in: bool
    figures: tuple[Figure, ...]
    loads: tuple[Measured, ...]
    beside: tuple[Baseline, ...] = ()
    """What is known of other profiles of the same recipe on the same GPU."""


def running(home: Home, host: LocalHost) -> LaunchSpec:
    """The server that can be measured. Raises `UsageError` if none is ready."""
    return ready_server.launch_of(home, host.server_state(home), "measure")


def measure(
    spec: LaunchSpec, host: LocalHost, *, home: Home, concurrencies: Sequence[int], input_tokens: int,
    tell: Callable[[str], None],
) -> Iterator[Measured]:  # fmt: skip
    """Each load's figures, as soon as they are known."""
    for concurrency in concurrencies:
        requests = max(8, 4 * concurrency)
        tell(f"{requests} requests, {concurrency} at a time …")
        yield _one(spec, host, home, Load(concurrency, requests, input_tokens, ANSWER_TOKENS))


def _one(spec: LaunchSpec, host: LocalHost, home: Home, load: Load) -> Measured:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=home.cache) as folder:
        result = Path("/tmp/deploy-tui-bench.json") if spec.python else Path(folder) / "result.json"
        environment = {
            **inherited(host.environment(), "engine"),
            **spec.environment,
            **_key(spec),
            **_OFFLINE,
        }
        command = bench_clients.command(spec, load, result)
        done = host.run(command, environment=environment, folder=Path(folder), timeout_s=_TIMEOUT_S)
        written = _written(spec, host, result) if done.code == 0 else None
        if written is None:
            output = " ".join(line.strip() for line in done.output.splitlines()[-_LAST_LINES:])
            raise StageError(
                f"The benchmark client of {spec.engine} failed (exit status {done.code}).", output[:600],
                "Run it by hand to see its full output, or use another client.",
            )  # fmt: skip
        return bench_clients.read(written, load)


def _key(spec: LaunchSpec) -> dict[str, str]:
    """As the engines' own clients take it: from the environment."""
    key = server_key.read(Path(spec.key_file)) if spec.key_file else None
    known = definitions.engine(spec.engine)
    return {known.benchmark_key: key} if key and known and known.benchmark_key else {}


def _written(spec: LaunchSpec, host: LocalHost, result: Path) -> str | None:
    """What the client wrote, here or inside its container."""
    if command := bench_clients.reading(spec, result):
        done = host.run(command, timeout_s=30.0)
        return done.output if done.code == 0 else None
    return result.read_text(encoding="utf-8") if result.exists() else None


def _visible(spec: LaunchSpec) -> str | None:
    """The GPUs that the server sees, by the variable that says so."""
    return spec.environment.get("CUDA_VISIBLE_DEVICES") or os.environ.get("CUDA_VISIBLE_DEVICES")


def _spread(spec: LaunchSpec) -> int:
    """Over how many GPUs it is spread."""
    return launch_reader.gpus(launch_reader.of_command(spec.command))


def report(spec: LaunchSpec, loads: Sequence[Measured], expected: Expected | None, home: Home) -> Report:
    """The figures of one request at a time next to those of the recipe, and all loads."""
    from installer.host.meters import Meters

    gpus = Meters(shown=_visible(spec)).read(home.root).gpus[: _spread(spec)]
    used = sum(gpu.memory_used or 0 for gpu in gpus) / _GIB if gpus else None
    single = next((measured for measured in loads if measured.load.concurrency == 1), None)
    stated = expected or Expected(on="")
    figures = (
        Figure("time to first token", single.ttft_ms if single else None, "ms", stated.ttft_ms),
        Figure("tokens per second", single.tokens_per_s if single else None, "tokens/s", stated.tokens_per_s, True),
        Figure(f"answer of {ANSWER_TOKENS} tokens", single.latency_s if single else None, "s", stated.latency_100_s),
        Figure("GPU memory in use", used, "GiB", stated.gpu_memory_gib),
    )
    on = ", ".join(gpu.name for gpu in gpus) or "CPU"
    others = baselines(home, spec.recipe, on)
    return Report(spec.recipe, spec.engine, on, stated.on, spec.stand_in, figures, tuple(loads), others)
