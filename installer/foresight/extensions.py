"""Which compiled files of a package decide what it runs on, from `installer/knowledge/extensions.yaml`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from installer.foresight import knowledge


@dataclass(frozen=True, slots=True)
class Floor:
    """The oldest compute capability that a package supports, which compiles its code where it runs."""

    package: str
    compute_capability: str
    source: str


@cache
def members() -> dict[str, tuple[str, ...]]:
    """Globs over the files of its wheel, by package."""
    return {row["package"]: tuple(row["members"]) for row in knowledge.table("extensions")["extensions"]}


@cache
def floors() -> tuple[Floor, ...]:
    table = knowledge.table("extensions")
    return tuple(
        Floor(row["package"], row["compute_capability"], table["sources"][row["source"]]) for row in table["floors"]
    )
