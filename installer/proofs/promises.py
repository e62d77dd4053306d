"""What a launch promises, by its command line. Pure; guesses nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from installer.core.contracts.serving import LaunchSpec
from installer.core.files import foreign_json
from installer.core.plans.launch_arguments import LaunchArguments
from installer.core.proofs import Promises
from installer.knowledge.engines import definitions, launch_reader
from installer.knowledge.tables import table


def promised(spec: LaunchSpec, architectures: Sequence[str] = (), listed_context: int | None = None) -> Promises:
    """`architectures` are those of the model's config.json; `listed_context` is what the server says of itself."""
    arguments = launch_reader.of_command(spec.command)
    engine = definitions.engine(spec.engine)
    flags = engine.flags if engine else {}
    pooling = _pooling(arguments, spec.engine, _overridden(arguments) or architectures)
    return Promises(
        chat=not pooling,
        structured=spec.structured_output and not pooling,
        tools=arguments.value(*flags.get("tools", ())) or "",
        reasoning=arguments.value(*flags.get("reasoning", ())) or "",
        context=arguments.number(*flags.get("context", ())) or listed_context,
        concurrency=arguments.number(*flags.get("sequences", ())),
        pooling=pooling,
    )


def _pooling(arguments: LaunchArguments, engine: str, architectures: Sequence[str]) -> str:
    """A flag that names the task, else the model's class, else a flag that only says that no text is written."""
    kinds: list[dict[str, Any]] = table("proofs")["pooling_models"]
    by_class = next((row["task"] for row in kinds for name in architectures if re.search(row["pattern"], name)), "")
    rows: list[dict[str, Any]] = table("proofs")["pooling_flags"]
    for row in rows:
        given = row["engine"] == engine and arguments.has(row["flag"])
        if given and (not row["values"] or arguments.value(row["flag"]) in row["values"]):
            return str(by_class or row["task"]) if row.get("any_task") else str(row["task"])
    return str(by_class)


def _overridden(arguments: LaunchArguments) -> Sequence[str]:
    """The classes that the launch puts in place of those of the model's config; none if it does not."""
    try:
        body = foreign_json.loads(arguments.value("--hf-overrides") or "{}")
    except ValueError:
        return ()
    names = body.get("architectures") if isinstance(body, dict) else None
    return tuple(str(name) for name in names) if isinstance(names, list) else ()
