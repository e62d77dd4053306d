"""Whether the release has the parsers for tool calls and thoughts that the launch names. Pure.

A name that it does not have ends its start. Nothing is said where a plugin registers more or the release is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.launch_arguments import LaunchArguments
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Lookups, Placed, Stack
from installer.core.text.quantities import first
from installer.knowledge.engines import definitions, launch_reader, parser_names

_PLUGIN = "-parser-plugin"


def check(stack: Stack, _: MachineFacts, __: Lookups) -> Iterator[Finding]:
    """At most one finding for each of the two."""
    engine, arguments = definitions.engine_package(stack), launch_reader.of(stack)
    by = definitions.engine(engine.name) if engine else None
    if engine is None or by is None or any(use.word.partition("=")[0].endswith(_PLUGIN) for use in arguments.uses):
        return
    for kind, flags in (("tool", by.flags.get("tool_parser", ())), ("reasoning", by.flags.get("reasoning_parser", ()))):
        switch = by.flags.get("auto_tools", ()) if kind == "tool" else ()
        has = parser_names.known(by.name, engine.version, kind)
        given = _given(arguments, flags) if has and (not switch or arguments.has(*switch)) else ""
        if has and given and given not in has:
            yield _finding(stack, engine, f"{flags[0]} {given}", sorted(has))


def _given(arguments: LaunchArguments, flags: tuple[str, ...]) -> str:
    """The name; empty if it is not known, or if the release's own parser decides."""
    use = arguments.last(*flags)
    decided = use is None or use.problem or (use.flag and use.flag.choices)
    return "" if decided else arguments.value(*flags) or ""


def _finding(stack: Stack, engine: Placed, words: str, has: list[str]) -> Finding:
    flag, _, given = words.partition(" ")
    title = f"{definitions.title_of(engine.name)} {engine.version}"
    close = next(iter(get_close_matches(given, has, 1, 0.7)), "")
    return Finding(
        code=Code.FLAG_VALUE, severity=Severity.BLOCKER, stage=10, subject=words,
        summary=f'{title} has no parser "{given}" for {flag}, so the server exits immediately.',
        evidence=f"It has {first(has, 12)}.",
        fix=f"Write {flag} {close}." if close else f"Use the one that belongs to the model, or leave {flag} out.",
        source=f"the wheel of {engine.name} {engine.version} (parser_names.yaml)",
        line=stack.launch.line if stack.launch else None,
    )  # fmt: skip
