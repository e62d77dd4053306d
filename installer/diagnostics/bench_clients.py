"""The engines' own benchmark clients: how one is called for a load, and what its result says. Pure; runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import StageError
from installer.core.files import foreign_json
from installer.knowledge.engines import definitions

_PRINT = "import pathlib, sys; print(pathlib.Path(sys.argv[1]).read_text())"
SCRIPTS = Path(__file__).parents[2] / "stages" / "scripts"


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of a server."""

    concurrency: int
    """Requests at the same time."""
    requests: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What one load came to; means over its requests."""

    load: Load
    ttft_ms: float
    """Time to first token."""
    tpot_ms: float
    """Time per output token after the first."""
    latency_s: float
    """From the request to its last token."""
    output_tokens_per_s: float
    """Of all requests together."""
    completed: int

    @property
    def tokens_per_s(self) -> float:
        """Of one request, after its first token."""
        return 1000 / self.tpot_ms if self.tpot_ms else 0.0


def command(spec: LaunchSpec, load: Load, result: Path) -> tuple[str, ...]:
    """The words that put `load` on the server of `spec` and write what came of it to `result`.

    A server in a container is measured from inside of it, where its client is; `result` is then a file there.
    """
    engine = definitions.engine(spec.engine)
    if engine is None:
        raise StageError(
            f"No benchmark client is known for {spec.engine}.", "Its file in installer/knowledge/engines names none.",
            "Measure the server with a client of your own.",
        )  # fmt: skip
    script = SCRIPTS / engine.benchmark_script
    placeholders = {
        "url": spec.url, "model": spec.model_seen or spec.model, "served_as": spec.served_as,
        "input": str(load.input_tokens), "output": str(load.output_tokens), "requests": str(load.requests),
        "concurrency": str(load.concurrency), "file": str(result), "folder": str(result.parent),
        "file_name": result.name, "script": script.read_text(encoding="utf-8") if script.is_file() else "",
    }  # fmt: skip
    filled = (placeholders[word[1:-1]] if word[:1] == "{" and word[-1:] == "}" else word for word in engine.benchmark)
    return (*_python(spec), *filled)


def reading(spec: LaunchSpec, result: Path) -> tuple[str, ...] | None:
    """What prints a result that is inside a container; `None` if it is on this machine."""
    return (*spec.python, "-c", _PRINT, str(result)) if spec.python else None


def _python(spec: LaunchSpec) -> tuple[str, ...]:
    return spec.python or spec.command[:1]


def read(text: str, load: Load) -> Measured:
    """What a client wrote. Raises `StageError` if no request succeeded, or if it cannot be read."""
    try:
        body: Mapping[str, Any] = foreign_json.loads(text.strip().splitlines()[-1])
        completed = int(body["completed"])
        latency = body.get("mean_e2el_ms", body.get("mean_e2e_latency_ms"))
        measured = Measured(
            load=load,
            ttft_ms=float(body["mean_ttft_ms"]),
            tpot_ms=float(body["mean_tpot_ms"]),
            latency_s=float(latency) / 1000 if latency is not None else float("nan"),
            output_tokens_per_s=float(body["output_throughput"]),
            completed=completed,
        )
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise StageError(
            "The result of the benchmark client cannot be read.", f"{type(error).__name__}: {error}.",
            "See its output above; another release may use another format.",
        ) from None  # fmt: skip
    if not completed:
        raise StageError(
            "None of the benchmark's requests were answered.", f"{load.requests} were sent.",
            "Look at `deploy-tui server logs`.",
        )  # fmt: skip
    return measured
