"""Whether the release does the speculative decoding that the launch requests. Pure; the table says who refuses what."""

from __future__ import annotations

import re
from collections.abc import Iterator

from installer.core.outcomes import Code, Severity
from installer.core.plans.launch_arguments import LaunchArguments
from installer.core.plans.plan import Finding
from installer.core.plans.stack import EngineFacts, Stack
from installer.knowledge.engines.replacements import table
from installer.knowledge.versions import fits
from installer.models.memory.draft import Draft, draft_of

_PLAIN = "draft_model"


def findings(stack: Stack, known: EngineFacts, arguments: LaunchArguments) -> Iterator[Finding]:
    """A blocker for a draft model of a kind that the release refuses; nothing if its kind is not known."""
    asked = draft_of(arguments)
    for row in table()["drafts"] if asked else ():
        if asked is None or row["engine"] != known.engine or not fits(known.version, row["versions"]):
            continue
        if _method(asked, stack, row["named"]) == row["method"]:
            yield Finding(
                code=Code.FLAG_VALUE, severity=Severity.BLOCKER, stage=10, subject=asked.model,
                summary=f"{known.engine} {known.version} does not start with a draft model: {row['why']}.",
                evidence=f"The launch names {asked.model} as the draft model, which is a complete model of its own.",
                fix=str(row["fix"]), source=str(table()["sources"][row["source"]]),
                line=stack.launch.line if stack.launch else None,
            )  # fmt: skip


def _method(asked: Draft, stack: Stack, named: str) -> str:
    """How the draft is used: as the launch says, by its name, or as any model that writes text; empty: not known."""
    if asked.method not in ("", _PLAIN) or re.search(named, asked.model, re.IGNORECASE):
        return asked.method or "of its own kind"
    facts = stack.draft if stack.draft and stack.draft.name == asked.model else None
    is_model = facts is not None and any(name.endswith("ForCausalLM") for name in facts.architectures)
    return _PLAIN if is_model or asked.method else ""
