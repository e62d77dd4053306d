"""Which parsers read what a model writes: its tool calls, and its thoughts. Pure answers from `knowledge/parsers.yaml`.

A parser is only ever named where the release at hand is known to have it: a name that it does not have ends its start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from installer.core.plans.choice import Choice
from installer.core.plans.stack import ModelFacts
from installer.derive.draft import Base
from installer.derive.flags import name_of
from installer.knowledge.engines import definitions, parser_names
from installer.knowledge.tables import table

_KINDS = (
    ("tool", "tool_parser", "the tool calls of this family"),
    ("reasoning", "reasoning_parser", "the reasoning of this family"),
)


def choices(base: Base, model: ModelFacts) -> Iterator[Choice]:
    """The flags that tell tool calls and thoughts from the answer; with a reason also where there are none."""
    row = family(model)
    for kind, meaning, what in _KINDS:
        flag = name_of(base, meaning)
        if not flag:
            continue
        wanted = row.get(kind, {}).get(base.engine, ()) if row else ()
        have = parser_names.known(base.engine, base.release, kind)
        taken = next((name for name in wanted if have is not None and name in have), None)
        yield Choice(f"server.flags.{flag}", taken, _because(base, kind, what, wanted, taken))
        if taken and kind == "tool" and (also := name_of(base, "auto_tools")):
            yield Choice(f"server.flags.{also}", True, "without it the model cannot decide on its own to call a tool")


def family(model: ModelFacts) -> Mapping[str, Any] | None:
    """The row for a model; `None` if no row is about it."""
    types = {model.model_type, *model.nested_types.values()}
    rows = table("parsers")["families"]
    return next((row for row in rows if types.intersection(row["model_types"]) and _named(row, model.name)), None)


def needed(base: Base, model: ModelFacts) -> Sequence[Mapping[str, Any]]:
    """The rows that say what the engine must be told to serve such a model rightly."""
    types = {model.model_type, *model.nested_types.values()}
    rows = table("parsers")["needs"]
    return [row for row in rows if row["engine"] == base.engine and types.intersection(row["model_types"])]


def _named(row: Mapping[str, Any], name: str) -> bool:
    wanted, refused = row.get("names", ""), row.get("not")
    return bool(re.search(wanted, name, re.IGNORECASE)) and not (refused and re.search(refused, name, re.IGNORECASE))


def _because(base: Base, kind: str, what: str, wanted: Sequence[str], taken: str | None) -> str:
    title = f"{definitions.title_of(base.engine)} {base.release}"
    if taken:
        return f"reads {what}; {title} has this parser"
    if wanted:
        return f"{what} are read by {' or '.join(wanted)}, which {title} is not known to have"
    return f"no parser is known for {what}" if kind == "tool" else "this model is not known to reason before it answers"
