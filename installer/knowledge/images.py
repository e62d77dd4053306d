"""What is known of a container image by its name: pure answers from `installer/knowledge/images.yaml`.

A tag that fits the shape of its repository's tags may still not exist; one that fits none of them does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from installer.knowledge import tables
from installer.knowledge.versions import fits

_REGISTRIES = re.compile(r"^(?:docker\.io/|index\.docker\.io/|registry-1\.docker\.io/)?(?:library/)?")


@dataclass(frozen=True, slots=True)
class Image:
    """One image, as far as its name tells."""

    reference: str
    repository: str
    tag: str
    """"latest" where none is given; empty if it is named by a digest."""
    name: str
    """What to call it in a message."""
    possible: bool | None
    """Whether its repository has tags of that shape; `None`: not known."""
    has: frozenset[str]
    """Programs in it."""
    lacks: frozenset[str]
    """Programs not in it; what neither names is not known."""
    parts: Mapping[str, str]
    """What the tag says: `cuda`, `torch`, `python`, `os`, `release`, `engine` (a version)."""
    engine: str
    """The engine's name, if the image is made for one."""
    source: str
    """Where these facts come from."""
    torch_variant: str = ""
    """"cu128" where its torch is another build than the one on PyPI."""


@dataclass(frozen=True, slots=True)
class Distribution:
    python: str
    glibc: str
    source: str


def by_reference(reference: str) -> Image | None:
    """The image that `reference` ("nvidia/cuda:12.4.1-devel-ubuntu22.04") names; `None` if no row is about it."""
    repository, tag = _split(reference)
    rows = [row for row in _rows() if re.fullmatch(row["repository"], repository)]
    if not rows:
        return None
    shapes = [match for row in rows if "tags" in row for match in _matches(row, tag)]
    possible = None if not tag or not any("tags" in row for row in rows) else bool(shapes)
    row = next((row for row in rows if re.fullmatch(row.get("only", ".*"), tag)), rows[-1])
    known = possible is not False
    parts = {key: value for key, value in (shapes[0].groupdict() if shapes else {}).items() if value}
    variants = (one["variant"] for one in row.get("torch", ()) if fits(parts.get("engine", ""), one["versions"]))
    return Image(
        reference, repository, tag, row["name"], possible,
        frozenset(row.get("has", ())) if known else frozenset(),
        frozenset(row.get("lacks", ())) if known else frozenset(),
        parts, str(row.get("engine", "")), str(tables.table("images")["sources"][row["source"]]), next(variants, ""),
    )  # fmt: skip


def distribution(name: str, version: str) -> Distribution | None:
    """What the packages of a distribution ("ubuntu", "22.04") provide."""
    for row in tables.table("images")["distributions"]:
        if (row["id"], row["version"]) == (name, version):
            source = str(tables.table("images")["sources"][row["source"]])
            return Distribution(row["python"], row["glibc"], source)
    return None


def _split(reference: str) -> tuple[str, str]:
    named, digest, _ = reference.partition("@")
    repository, colon, tag = named.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = named, "latest"
    return _REGISTRIES.sub("", repository), "" if digest else tag


def _matches(row: Mapping[str, Any], tag: str) -> Iterator[re.Match[str]]:
    yield from (match for shape in row["tags"] if (match := re.fullmatch(shape, tag)))


@cache
def _rows() -> tuple[Mapping[str, Any], ...]:
    return tuple(tables.table("images")["images"])


def of_engine(engine: str, release: str) -> str:
    """The image of an engine's own makers for a release, by the shape of their tags; empty if none is known."""
    for row in _rows():
        tag = f"v{release}"
        if row.get("engine") == engine and any(re.fullmatch(shape, tag) for shape in row.get("tags", ())):
            return f"{row['repository']}:{tag}"
    return ""
