"""What is known of the same recipe on the same GPU, next to what is measured now: the engine's defaults above all.

What was measured in this home comes before what is included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from installer.core.errors import UsageError
from installer.core.runs.home import Home
from installer.knowledge.tables import table
from installer.session import bench_results

DEFAULTS = "engine-defaults"
"""The profile that leaves the engine to itself."""


@dataclass(frozen=True, slots=True)
class Baseline:
    profile: str
    concurrency: int
    tokens_per_s: float
    source: str


def baselines(home: Home, recipe: str, on: str) -> tuple[Baseline, ...]:
    """One for each profile and number of requests at a time."""
    found: dict[tuple[str, int], Baseline] = {}
    for one in (*_here(home, recipe, on), *_shipped(recipe, on)):
        found.setdefault((one.profile, one.concurrency), one)
    return tuple(sorted(found.values(), key=lambda one: (one.concurrency, one.profile != DEFAULTS, one.profile)))


def _here(home: Home, recipe: str, on: str) -> Iterator[Baseline]:
    """The newest kept result of each profile."""
    for name in bench_results.names(home):
        try:
            body = bench_results.load(home, name)
        except UsageError:
            continue
        if (body["report"].get("recipe"), body["report"].get("on")) != (recipe, on) or not body.get("profile"):
            continue
        for width, speed in zip(*bench_results.series(body), strict=True):
            yield Baseline(str(body["profile"]), width, speed, f"measured here as {name}")


def _shipped(recipe: str, on: str) -> Iterator[Baseline]:
    rows: list[Mapping[str, Any]] = table("measured")["servers"]
    for row in rows:
        if recipe in row["recipes"] and row["gpu"] == on:
            source = f"{row['engine']} {row['release']}, {row['checked']}"
            yield Baseline(row["profile"], row["concurrency"], float(row["tokens_per_s"]), source)
