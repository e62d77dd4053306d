"""What an NVIDIA driver serves: pure answers from `installer/knowledge/drivers.yaml`.

Three answers, always: a driver serves a CUDA version, serves it with limits, or does not; and "unknown" where no row
says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from installer.core.text.numbers import is_whole
from installer.knowledge import tables

SERVES = "serves"
LIMITED = "limited"
"""Runs by minor version compatibility: what is compiled for the GPU at run time may fail."""
TOO_OLD = "too old"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Row:
    """The driver from which on something runs."""

    cuda: str
    """"12" (a family) or "12.4" (a toolkit)."""
    driver: str
    source: str
    checked: str
    in_use: bool = True
    """Whether PyTorch still publishes builds for it."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """A generation of GPUs, from its compute capability on."""

    compute_capability: str
    name: str
    driver: str | None
    """The first driver that knows it; `None` if every driver of today does."""
    last_cuda: str | None
    """The last CUDA family that builds for it; `None` if all do so far."""
    source: str
    checked: str


@dataclass(frozen=True, slots=True)
class NvmlError:
    """What one of NVML's error messages means."""

    words: tuple[str, ...]
    cause: str
    fix: str
    source: str


def numbers(version: str) -> tuple[int, ...]:
    """A version to compare: "570.26" is (570, 26). Stops at what is no number."""
    found: list[int] = []
    for part in version.split("."):
        if not is_whole(part):
            break
        found.append(int(part))
    return tuple(found)


def compatibility(driver: str, cuda: str) -> str:
    """Whether `driver` runs what was built with `cuda` ("12.4"): one of the four words above."""
    have = numbers(driver)
    family = family_of(cuda)
    if family is None or not have:
        return UNKNOWN
    if have < numbers(family.driver):
        return TOO_OLD
    toolkit = next((row for row in toolkits() if row.cuda == cuda), None)
    if toolkit is None:
        # A driver of a later family serves all of an earlier one, listed or not.
        later = [row for row in families() if numbers(row.cuda) > numbers(family.cuda)]
        return SERVES if any(have >= numbers(row.driver) for row in later) else UNKNOWN
    return SERVES if have >= numbers(toolkit.driver) else LIMITED


def family_of(cuda: str) -> Row | None:
    """The row of the CUDA major release that `cuda` belongs to."""
    return next((row for row in families() if row.cuda == cuda.partition(".")[0]), None)


def served(driver: str) -> list[Row]:
    """The CUDA families in use that `driver` runs, the newest first."""
    fitting = [row for row in families() if row.in_use and numbers(driver) >= numbers(row.driver)]
    return sorted(fitting, key=lambda row: numbers(row.cuda), reverse=True)


def highest_cuda(driver: str) -> str | None:
    """The highest CUDA toolkit that `driver` serves without limits, as far as the table goes."""
    fitting = [row.cuda for row in toolkits() if numbers(driver) >= numbers(row.driver)]
    return max(fitting, key=numbers, default=None)


def architecture(compute_capability: str) -> Architecture | None:
    """The generation of a GPU by its compute capability ("8.6")."""
    older = [row for row in architectures() if numbers(row.compute_capability) <= numbers(compute_capability)]
    return max(older, key=lambda row: numbers(row.compute_capability), default=None)


def trouble(message: str) -> NvmlError | None:
    """What NVML's `message` means."""
    spoken = message.lower()
    return next((row for row in troubles() if any(word in spoken for word in row.words)), None)


@cache
def families() -> tuple[Row, ...]:
    return _rows("families")


@cache
def toolkits() -> tuple[Row, ...]:
    return _rows("toolkits")


@cache
def architectures() -> tuple[Architecture, ...]:
    return tuple(
        Architecture(
            row["compute_capability"],
            row["name"],
            row.get("driver"),
            row.get("last_cuda"),
            _source(row),
            row["checked"],
        )
        for row in _table("architectures")
    )


@cache
def troubles() -> tuple[NvmlError, ...]:
    return tuple(
        NvmlError(tuple(row["words"]), row["cause"], row["fix"], _source(row)) for row in _table("nvml_errors")
    )


def _rows(name: str) -> tuple[Row, ...]:
    return tuple(
        Row(row["cuda"], row["driver"], _source(row), row["checked"], row.get("in_use", True)) for row in _table(name)
    )


def _table(name: str) -> Iterable[Mapping[str, Any]]:
    rows: Iterable[Mapping[str, Any]] = tables.table("drivers")[name]
    return rows


def _source(row: Mapping[str, Any]) -> str:
    return str(tables.table("drivers")["sources"][row["source"]])
