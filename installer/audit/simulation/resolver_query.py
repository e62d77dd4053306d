"""One question to uv's resolver, and its answer. Values only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from installer.audit.simulation.resolver_output import Picked
from installer.audit.simulation.stub_wheels import Stub


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ResolverQuery:
    requires: tuple[str, ...]
    preferences: tuple[str, ...] = ()
    """Releases ("name==version") that are kept wherever they fit, as an installer keeps what is there."""
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    default: str = ""
    """Address of the default index; empty: none is asked."""
    indexes: tuple[str, ...] = ()
    """Further indexes, the first one asked first; all of them before the default."""
    links: tuple[str, ...] = ()
    stubs: tuple[Stub, ...] = ()
    """Releases that are offered next to those of the indexes."""
    known_requirements: tuple[Stub, ...] = ()
    """What releases need that cannot say it without being built."""
    best_match: bool = True
    """The best version of all indexes, as pip takes it; else that of the first index that knows the name."""
    no_deps: bool = False
    pre: bool = False
    only_binary: bool = False
    lowest: bool = False
    as_of: str | None = None

    def key(self, *setting: str) -> str:
        text = json.dumps([asdict(self), *setting], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    """uv's exit status; 0: solved, 124: it took too long."""
    picked: tuple[Picked, ...] = ()
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=_empty)
    """Requirements of every release that was looked at on the way, by "name==version"."""
    files: Mapping[str, str] = field(default_factory=_empty)
    """The file of every release that was looked at, by "name==version"."""
    output: str = ""
    """What uv said where it found no solution."""
    unread: tuple[str, ...] = ()
    """Releases ("name==version") of which it could not be read what they need: only a build would tell."""

    @property
    def solved(self) -> bool:
        return self.code == 0

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "picked": [asdict(release) for release in self.picked],
            "needs": {release: list(needs) for release, needs in self.needs.items()},
            "files": dict(self.files),
            "output": self.output,
            "unread": list(self.unread),
        }


def from_json(body: Mapping[str, Any]) -> Answer:
    """The inverse of `Answer.to_json`. Raises `KeyError` or `TypeError` if it is not one."""
    return Answer(
        int(body["code"]),
        tuple(Picked(**release) for release in body["picked"]),
        {str(release): tuple(needs) for release, needs in body["needs"].items()},
        dict(body["files"]),
        str(body["output"]),
        tuple(body["unread"]),
    )
