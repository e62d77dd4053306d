"""What a launch promises, read from the words that it starts the server with. Pure; guesses nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from installer.core.contracts.serving import LaunchSpec
from installer.core.files import foreign_json
from installer.core.proofs import Promises
from installer.core.text.numbers import is_whole
from installer.knowledge.engines import definitions
from installer.knowledge.tables import table


def promised(spec: LaunchSpec, architectures: Sequence[str] = (), listed_context: int | None = None) -> Promises:
    """`architectures` are those of the model's config.json; `listed_context` is what the server says of itself."""
    pooling = _pooling(spec, _overridden(spec) or architectures)
    context = _integer(flag_value(spec, "context"))
    return Promises(
        chat=not pooling,
        structured=spec.structured_output and not pooling,
        tools=flag_value(spec, "tools") or "",
        reasoning=flag_value(spec, "reasoning") or "",
        context=context if context is not None else listed_context,
        concurrency=_integer(flag_value(spec, "sequences")),
        pooling=pooling,
    )


def flag_value(spec: LaunchSpec, meaning: str) -> str | None:
    """The value of the engine's flag with that meaning; `None` where the launch does not set it, "" for a bare one."""
    engine = definitions.engine(spec.engine)
    return valued(spec.command, engine.flags.get(meaning, ()) if engine else ())


def valued(words: Sequence[str], flags: Sequence[str]) -> str | None:
    """The value that `words` give to one of `flags`; the last word on it counts, as for the engines' own parsers."""
    found = None
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name.replace("_", "-") in flags:
            following = next(iter(words[at + 1 : at + 2]), "--")
            found = value if equals else "" if following.startswith("--") else following
    return found


def _pooling(spec: LaunchSpec, architectures: Sequence[str]) -> str:
    """A flag that names the task, else the model's class, else a flag that only says that no text is written."""
    kinds: list[dict[str, Any]] = table("proofs")["pooling_models"]
    by_class = next((row["task"] for row in kinds for name in architectures if re.search(row["pattern"], name)), "")
    rows: list[dict[str, Any]] = table("proofs")["pooling_flags"]
    for row in rows:
        value = valued(spec.command, (row["flag"],)) if row["engine"] == spec.engine else None
        if value is not None and (value in row["values"] or not row["values"]):
            return str(by_class or row["task"]) if row.get("any_task") else str(row["task"])
    return str(by_class)


def _overridden(spec: LaunchSpec) -> Sequence[str]:
    """The classes that the launch puts in place of those of the model's config; none where it does not."""
    try:
        body = foreign_json.loads(valued(spec.command, ("--hf-overrides",)) or "{}")
    except ValueError:
        return ()
    names = body.get("architectures") if isinstance(body, dict) else None
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def _integer(text: str | None) -> int | None:
    return int(text) if text and is_whole(text) else None
