"""A wheel's files out of a YAML file, as an archive: `members: {path: text}`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import yaml


class Members:
    """What extraction asks of an archive."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = {name: text.encode() for name, text in files.items()}
        self.url = "https://files.test/a.whl"
        self.read: list[str] = []

    def names(self) -> tuple[str, ...]:
        return tuple(self._files)

    def read_many(self, members: Collection[str]) -> dict[str, bytes]:
        self.read += members
        return {member: self._files[member] for member in members if member in self._files}


def era(name: str) -> Members:
    """One of tests/knowledge/engines/*.yaml."""
    file = Path(__file__).parents[1] / "knowledge" / "engines" / f"{name}.yaml"
    return Members(yaml.safe_load(file.read_text())["members"])
