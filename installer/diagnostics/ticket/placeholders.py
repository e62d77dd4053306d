"""Puts placeholders in place of what tells who someone is: host, user, home folder, addresses, GPU numbers.

The same name is the same placeholder everywhere in one ticket. Which one means what is not written anywhere.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import yaml

from installer.core.machine.names import Names

_GPU = re.compile(r"\b(?:GPU|MIG)-[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_HOME = re.compile(r"(?<![\w./])/(?:home|Users)/([A-Za-z0-9._-]{1,64})(?![\w-])")
_ADDRESS = re.compile(
    r"(?:(?<=://)|(?<=@)|(?i:(?<=host )|(?<=host=)|(?<=addr=)|(?<=address )|(?<=address=)|(?<=ip=)))"
    r"(?:\d{1,3}\.){3}\d{1,3}(?![\w.])|(?<![\w.=-])(?:\d{1,3}\.){3}\d{1,3}(?=:\d{2,5}\b)"
)
"""Where an address is; four numbers with dots are the version of many a package as well."""
_OPEN = re.compile(r"127\..*|0\.0\.0\.0|255\..*")
_LEAST = 3


class Placeholders:
    """Of one ticket; remembers what it has seen, so that the next one is the same."""

    def __init__(self, names: Names) -> None:
        self._seen: dict[tuple[str, str], str] = {}
        self._count: dict[str, int] = {}
        self._own = [
            *((re.compile(rf"(?<![\w./-]){re.escape(home)}(?![\w.-])"), "home") for home in names.homes if home != "/"),
            *((_word(name), "host") for name in names.hosts if _tells("hosts", name)),
            *((_word(name), "user") for name in names.users if _tells("users", name)),
            *((re.compile(rf"(?<![\w.:]){re.escape(one)}(?![\w.])"), "address") for one in names.addresses),
        ]

    def text(self, text: str) -> str:
        """`text` without names."""
        for pattern, kind in self._own:
            text = pattern.sub(lambda match, kind=kind: self._of(kind, match[0]), text)  # type: ignore[misc]
        text = _HOME.sub(lambda match: self._of("home", match[0]), text)
        text = _GPU.sub(lambda match: self._of("gpu", match[0]), text)
        return _ADDRESS.sub(
            lambda match: match[0] if _OPEN.fullmatch(match[0]) else self._of("address", match[0]), text
        )

    def _of(self, kind: str, name: str) -> str:
        if (kind, name) not in self._seen:
            self._count[kind] = self._count.get(kind, 0) + 1
            self._seen[kind, name] = f"[{kind}-{self._count[kind]}]"
        return self._seen[kind, name]


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")


def _tells(kind: str, name: str) -> bool:
    return len(name) >= _LEAST and name.lower() not in _shared()[kind]


@cache
def _shared() -> dict[str, list[str]]:
    text = files(__package__).joinpath("shared_names.yaml").read_text(encoding="utf-8")
    body: dict[str, list[str]] = yaml.safe_load(text)
    return body
