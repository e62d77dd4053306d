"""Reads what uv says while it solves: which release it took, what that release needs, why there is no solution.

The lines are those of uv's resolver log (`RUST_LOG=uv_resolver=debug`), seen with uv 0.13; where a line is not
understood it is left out, so that its fact is unknown and never guessed. Pure text work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

_REQUIREMENT = r"([A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?(?:\{[^}]*\})?)"
_TOOK = re.compile(rf"Selecting: {_REQUIREMENT}==(\S+) \[\w+\] \((.+)\)")
_NEEDS = re.compile(rf"Adding transitive dependency for {_REQUIREMENT}==([^\s:]+): (.+)")
_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(\[[^\]]*\])?(\{[^}]*\})?")
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==(\S+)")


@dataclass(frozen=True, slots=True)
class Picked:
    """A release that a solution contains."""

    name: str
    version: str
    index: str = ""
    """Address of the index that it comes from; `file://` for a folder."""


@dataclass(slots=True)
class ResolverLog:
    """What was read out of the resolver's log so far; made to be fed line by line."""

    needs: dict[str, set[str]] = field(default_factory=dict)
    """Requirements of every release that was looked at, by "name==version"."""
    files: dict[str, str] = field(default_factory=dict)
    """The file that was looked at for a release, by "name==version"."""

    def line(self, text: str) -> None:
        if took := _TOOK.search(text):
            key = f"{_bare(took[1])}=={took[2]}"
            self.files[key] = took[3]
            self.needs.setdefault(key, set())
        elif need := _NEEDS.search(text):
            self._need(_bare(need[1]), need[2], need[3])

    def _need(self, name: str, version: str, requirement: str) -> None:
        match = _NAME.match(requirement)
        if match and canonicalize_name(match[1]) != name:
            text = f"{canonicalize_name(match[1])}{match[2] or ''}{_specifier(requirement[match.end() :])}"
            self.needs.setdefault(f"{name}=={version}", set()).add(text)


def requirements_of(heard: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {release: tuple(sorted(needs)) for release, needs in heard.items()}


def picked(written: str) -> Iterator[Picked]:
    """The releases in what uv wrote (`--annotation-style line --emit-index-annotation`)."""
    last: Picked | None = None
    for line in map(str.strip, written.splitlines()):
        if match := _PINNED.match(line):
            if last:
                yield last
            last = Picked(canonicalize_name(match[1]), match[2])
        elif last and line.startswith("# from "):
            last = Picked(last.name, last.version, line.removeprefix("# from "))
    if last:
        yield last


def _bare(name: str) -> str:
    match = _NAME.match(name)
    return canonicalize_name(match[1]) if match else canonicalize_name(name)


def _specifier(ranges: str) -> str:
    """uv's ranges (`>=1, <2 | >2`) as a PEP 440 specifier; a part that has no such form is left out."""
    parts = [part.strip() for part in ranges.split("|")]
    bounds = [[bound.strip() for bound in part.split(",") if bound.strip() not in ("", "*")] for part in parts]
    if not any(bounds):
        return ""
    lower = [bound for bound in bounds[0] if not bound.startswith("<")]
    upper = [bound for bound in bounds[-1] if not bound.startswith(">")]
    gaps = [
        f"!={low[1:]}"
        for low, high in zip(_ends(bounds, "<"), _ends(bounds[1:], ">"), strict=False)
        if low[1:] == high[1:]
    ]
    return ",".join(_tidy([*dict.fromkeys([*lower, *upper])]) + gaps)


def _ends(bounds: list[list[str]], sign: str) -> list[str]:
    return [next((bound for bound in part if bound.startswith(sign)), "") for part in bounds]


def _tidy(bounds: list[str]) -> list[str]:
    """`>=1.2, <1.2+` is how uv says "1.2, whatever its local part"."""
    marked = [bound for bound in bounds if bound.endswith("+")]
    if marked and f">={marked[0][1:-1]}" in bounds:
        return [f"=={marked[0][1:-1]}"]
    return [bound for bound in bounds if not bound.endswith("+") and re.match(r"^(==|<=|>=|<|>)\s*\d\S*$", bound)]
