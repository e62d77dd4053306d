"""Results of `bench` that are kept: written with all versions, read again, and two of them put side by side.

It must never call one better than the other where the difference is within what one run differs from the next.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from installer import __version__
from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import DamagedError, UsageError
from installer.core.runs.home import Home
from installer.disk.reading import read_json
from installer.disk.writing import write_atomically
from installer.knowledge.engines import definitions

NOISE = 0.05
"""Within this, one run of a benchmark differs from the next."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_FIGURES = (
    ("all together", "output_tokens_per_s", "tokens/s", True),
    ("first token", "ttft_ms", "ms", False),
    ("per token", "tpot_ms", "ms", False),
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of one load, in both results."""

    concurrency: int
    figure: str
    unit: str
    first: float
    second: float
    better: str
    """"first", "second" or "" (no difference that one run could show)."""

    @property
    def change(self) -> float:
        """Of the second against the first, as a part of it."""
        return (self.second - self.first) / self.first if self.first else 0.0


def save(home: Home, name: str, report: Any, spec: LaunchSpec, profile: str | None) -> Path:
    """Keep a report under `name` (the recipe and the time where it is empty). Raises `UsageError` for a bad name."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    name = name or f"{spec.recipe}-{profile or 'plain'}-{stamp}"
    if not _NAME.fullmatch(name):
        raise UsageError(f'A result cannot be named "{name}".', "", "Use letters, digits, dots and dashes.")
    body = {
        "schema": 1, "name": name, "at": round(time.time(), 1), "profile": profile, "versions": versions(home, spec),
        "command": list(spec.command), "report": asdict(report),
    }  # fmt: skip
    home.bench.mkdir(parents=True, exist_ok=True)
    file = home.bench / f"{name}.json"
    write_atomically(file, json.dumps(body, ensure_ascii=False, indent=1))
    return file


def versions(home: Home, spec: LaunchSpec) -> dict[str, str]:
    """What the server was made of: the engine, torch and Transformers, as far as its generation tells."""
    from installer.session.run_history import packages

    have = packages(home, spec.generation) if spec.generation is not None else {}
    engine = definitions.engine(spec.engine)
    wanted = (*(engine.distributions if engine else ()), "torch", "transformers")
    return {"deploy-tui": __version__, **{name: have[name] for name in wanted if name in have}}


def names(home: Home) -> list[str]:
    """The kept results, the newest first."""
    files = home.bench.glob("*.json") if home.bench.is_dir() else ()
    return [file.stem for file in sorted(files, key=lambda file: -file.stat().st_mtime)]


def load(home: Home, name: str) -> dict[str, Any]:
    """A kept result by its name, or a file. Raises `UsageError` if there is none."""
    file = home.bench / f"{name}.json" if _NAME.fullmatch(name) else Path(name)
    if not file.exists() and Path(name).is_file():
        file = Path(name)
    try:
        body = read_json(file)
        if body is not None and body["report"]["loads"][0]["load"]["concurrency"]:
            return body
    except (DamagedError, KeyError, TypeError, IndexError, OSError):
        raise UsageError(f"{file} is not a benchmark result.", "", "`deploy-tui bench --save` writes them.") from None
    kept = ", ".join(names(home)[:8]) or "none"
    raise UsageError(f"There is no result named {name}.", f"Available are: {kept}.", "Give one of them, or a file.")


def compare(first: dict[str, Any], second: dict[str, Any]) -> list[Compared]:
    """Every figure of every load that both have."""
    loads = [{load["load"]["concurrency"]: load for load in one["report"]["loads"]} for one in (first, second)]
    both = [width for width in loads[0] if width in loads[1]]
    return [_row(width, loads[0][width], loads[1][width], figure) for width in sorted(both) for figure in _FIGURES]


def differing(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    """What is not the same of the two, next to what was measured: such a comparison says less."""
    found = []
    for what, called in (("on", "measured on"), ("engine", "engine"), ("recipe", "recipe")):
        one, other = first["report"].get(what), second["report"].get(what)
        found += [f"{called}: {one} | {other}"] if one != other else []
    for name in dict.fromkeys((*first.get("versions", {}), *second.get("versions", {}))):
        one, other = first.get("versions", {}).get(name, "-"), second.get("versions", {}).get(name, "-")
        found += [f"{name}: {one} | {other}"] if one != other else []
    return found


def series(body: dict[str, Any]) -> tuple[list[int], list[float]]:
    """Requests at a time, and tokens per second of all together."""
    loads = sorted(body["report"]["loads"], key=lambda load: load["load"]["concurrency"])
    return [load["load"]["concurrency"] for load in loads], [load["output_tokens_per_s"] for load in loads]


def _row(width: int, first: Any, second: Any, figure: Sequence[Any]) -> Compared:
    name, key, unit, more = figure
    one, other = float(first[key]), float(second[key])
    far = abs(other - one) > NOISE * max(one, other)
    better = "" if not far else "second" if (other > one) is more else "first"
    return Compared(width, name, unit, one, other, better)
