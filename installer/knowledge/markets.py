"""Where GPUs are rented by a command: pure answers from `installer/knowledge/markets.yaml`. Asks no provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from installer.knowledge import tables


@dataclass(frozen=True, slots=True)
class Market:
    name: str
    title: str
    search: str
    """How it is asked what it has: a line with places in braces."""
    start: str
    """How a machine is started."""
    lacks: str
    """What it does not offer."""
    gpus: Mapping[str, str]
    """Its own name of each GPU; empty: it is asked by size."""
    sizes: Mapping[str, Sequence[int]]
    """How many of a GPU its machines have, where not any number is available."""
    source: str

    def offers(self, gpu: str, count: int) -> bool:
        """Whether it is known to have machines with so many of a GPU; one that is asked by size may have any."""
        return not self.gpus or (gpu in self.gpus and count in self.sizes.get(gpu, (count,)))


@cache
def markets() -> Mapping[str, Market]:
    """All that are known, by name."""
    return {row["name"]: _of(row) for row in tables.table("markets")["markets"]}


def image() -> str:
    """The image that a machine is started with where the plan has none of its own."""
    return str(tables.table("markets")["images"][0]["image"])


def image_glibc() -> str:
    """The version of the C library in `image`."""
    return str(tables.table("markets")["images"][0]["glibc"])


def _of(row: Mapping[str, Any]) -> Market:
    return Market(
        row["name"], row["title"], row["search"], row["start"], row.get("lacks", ""), row.get("gpus", {}),
        row.get("sizes", {}), str(tables.table("markets")["sources"][row["source"]]),
    )  # fmt: skip
