"""`--config FILE` of a server: its settings as words of the command line, as the engine reads them. Runs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from installer.knowledge.engines import definitions
from installer.shell.commands.call import Call
from installer.shell.state import UNKNOWN


def with_settings(call: Call, engine: str, arguments: Sequence[str]) -> list[str]:
    """The arguments with those of the file before them, where the command line's own win."""
    words = list(arguments)
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == "--config" and (equals or position + 1 < len(words)):
            path = value if equals else words[position + 1]
            rest = words[:position] + words[position + (1 if equals else 2) :]
            settings = _read(call, path)
            return words if settings is None else _placed(list(_words(settings, engine)), rest)
    return words


def _read(call: Call, path: str) -> Mapping[str, Any] | None:
    import yaml

    text = call.read(path) if UNKNOWN not in path else None
    if text is None:
        call.unclear(f"the settings in {path.replace(UNKNOWN, '…')} are not next to the script")
        return None
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        document = None
    if not isinstance(document, Mapping):
        call.unclear(f"{path} contains no readable settings")
        return None
    return document


def _words(settings: Mapping[str, Any], engine: str) -> Iterator[str]:
    for key, value in settings.items():
        flag = f"--{str(key).replace('_', '-')}"
        if key in ("model", "model_tag"):
            flag = definitions.flag_of(engine, "model")
        if value is True:
            yield flag
        elif isinstance(value, list):
            yield from (flag, *map(str, value))
        elif value is not False and value is not None:
            yield from (flag, json.dumps(value) if isinstance(value, Mapping) else str(value))


def _placed(words: list[str], rest: list[str]) -> list[str]:
    """A model that is named in front stays there."""
    front = rest[:1] if rest and not rest[0].startswith("-") else []
    return [*front, *words, *rest[len(front) :]]
