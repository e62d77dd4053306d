"""Packages with compiled code for GPUs or for torch, from `installer/knowledge/extensions.yaml`. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from installer.core.machine.facts import MachineFacts
from installer.core.plans.stack import Stack
from installer.knowledge import tables
from installer.knowledge.engines import launch_reader
from installer.knowledge.versions import fits


@dataclass(frozen=True, slots=True)
class Floor:
    """What a package needs that its metadata does not say."""

    package: str
    needs: str
    """The oldest compute capability, or the oldest torch."""
    source: str
    since: str = "0"
    """The release from which on."""
    title: str = ""
    chosen_by: str = ""
    """The engine that uses it without being told to."""
    instead: str = ""
    """The flags that choose something else."""


@dataclass(frozen=True, slots=True)
class Family:
    """Packages that have to do with each other."""

    packages: tuple[str, ...]
    source: str
    module: str = ""


@dataclass(frozen=True, slots=True)
class CacheBackend:
    """An attention backend, and the number formats of the KV cache that it takes on some GPUs."""

    engine: str
    backend: str
    versions: str
    types: tuple[str, ...]
    capabilities: str
    latent: bool
    """Whether it is for models with multi-head latent attention."""
    source: str


@dataclass(frozen=True, slots=True)
class Backend:
    """A value of an engine's flag that it takes on some GPUs only."""

    engine: str
    flag: str
    value: str
    capabilities: str
    """A specifier over compute capabilities, such as ">=8.0,<10.0"."""
    source: str
    instead: str = ""
    """A value that every GPU takes; empty: none is known."""
    versions: str = ""
    """The releases that it is about; empty: all."""
    unless: str = ""
    """A variable that makes it take the value all the same."""


@cache
def members() -> Mapping[str, tuple[str, ...]]:
    """Globs over the files of its wheel, by package: those that must fit the GPU."""
    return {row["package"]: tuple(row["members"]) for row in _rows("extensions")}


@cache
def vital() -> frozenset[str]:
    """Packages without which a server of their engine cannot work."""
    return frozenset(row["package"] for row in _rows("extensions") if row.get("vital"))


@cache
def backends() -> tuple[Backend, ...]:
    return tuple(
        Backend(
            row["engine"],
            row["flag"],
            row["value"],
            row["capabilities"],
            _of(row),
            row.get("instead", ""),
            row.get("versions", ""),
            row.get("unless", ""),
        )
        for row in _rows("backends")
    )


@cache
def cache_backends() -> tuple[CacheBackend, ...]:
    return tuple(
        CacheBackend(
            row["engine"], row["backend"], row["versions"], tuple(row["types"]), row["capabilities"],
            row.get("latent", False), _of(row),
        )
        for row in _rows("cache_backends")
    )  # fmt: skip


def cache_variables(engine: str) -> tuple[str, str]:
    """The variables with which a launch names its attention backend, and turns latent attention off; empty: none."""
    row = next((row for row in _rows("cache_variables") if row["engine"] == engine), {})
    return row.get("backend", ""), row.get("without_latent", "")


def compute_floor(package: str) -> Floor | None:
    """The oldest compute capability that a package supports, which compiles its code where it runs."""
    row = next((row for row in _rows("floors") if row["package"] == package), None)
    if row is None:
        return None
    return Floor(
        package, row["compute_capability"], _of(row),
        title=row["title"], chosen_by=row["chosen_by"], instead=row["instead"],
    )  # fmt: skip


def engine_floor(engine: str, version: str) -> Floor | None:
    """The oldest compute capability on which a release of an engine starts; `title`: what it does on an older one."""
    for row in _rows("engine_floors"):
        if row["engine"] == engine and fits(version, row["versions"]):
            return Floor(engine, row["compute_capability"], _of(row), title=row["why"])
    return None


def torch_floor(package: str, version: str) -> Floor | None:
    """The oldest torch next to which the Python code of a release works."""
    return next(
        (
            Floor(package, row["torch"], _of(row), row["from"])
            for row in _rows("python_floors")
            if row["package"] == package and fits(version, f">={row['from']}")
        ),
        None,
    )


def caught(package: str, stack: Stack, facts: MachineFacts) -> str:
    """Why an engine starts without a package that cannot be loaded; empty if it does not, or if unknown.

    An engine that is told to use the package (by an option or a variable) does not do without it.
    """
    launch = stack.launch
    for row in _rows("caught"):
        if launch and row["package"] == package and row["engine"] == launch.engine and not _asked_for(row, stack):
            gpus = [gpu.compute_capability for gpu in facts.gpus or () if gpu.compute_capability]
            if all(fits(capability, row["capabilities"]) for capability in gpus):
                return str(row["why"])
    return ""


def _asked_for(row: Mapping[str, Any], stack: Stack) -> bool:
    options = (word for use in launch_reader.of(stack).uses for word in (use.word, *use.values))
    variables = stack.launch.environment.values() if stack.launch else ()
    return any(re.search(row["unless"], word, re.IGNORECASE) for word in (*options, *variables))


def for_other_gpus(package: str, version: str, capabilities: Collection[str]) -> tuple[str, ...]:
    """Globs over the files of its wheel that it loads on none of these GPUs, and does without; of most releases none is
    known."""
    rows = (row for row in _rows("only_for") if row["package"] == package and version in row["releases"])
    return tuple(
        glob
        for row in rows
        if capabilities and all(fits(one, row["capabilities"]) is False for one in capabilities)
        for glob in row["members"]
    )


def uses_stable_abi(package: str, version: str) -> bool:
    rows = _rows("stable_abi")
    return any(row["package"] == package and fits(version, f">={row['from']}") for row in rows)


@cache
def same_version() -> tuple[Family, ...]:
    return tuple(Family(tuple(row["packages"]), _of(row)) for row in _rows("same_version"))


@cache
def same_module() -> tuple[Family, ...]:
    return tuple(Family(tuple(row["packages"]), _of(row), row["module"]) for row in _rows("same_module"))


def _rows(name: str) -> tuple[Mapping[str, Any], ...]:
    return tuple(tables.table("extensions")[name])


def _of(row: Mapping[str, Any]) -> str:
    return str(tables.table("extensions")["sources"][row["source"]])
