"""A short ticket as text for an issue tracker. Pure; takes a summary that is redacted already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from installer import __version__
from installer.core.text.quantities import duration

_CANDIDATES = 3
_FINDINGS = 12


def written(summary: Mapping[str, Any], tail: list[str]) -> str:
    """Markdown; `tail`: the last lines of the log that says why."""
    return "\n".join(_lines(summary, tail)) + "\n"


def _lines(summary: Mapping[str, Any], tail: list[str]) -> Iterator[str]:
    run = summary["run"]
    where = f" in stage {run['stage']}" if run["stage"] else ""
    yield f"### {run['recipe'] or 'A run'}: {run['state']}{where} after {duration(run['seconds'])}"
    yield ""
    yield f"deploy-tui {__version__}, run {run['id']}, exit status {run['exit_status']}. {run['kind']}".rstrip()
    for sentence in (run["what"], run["why"], run["fix"], run["blame"]):
        if sentence:
            yield f"> {_flat(sentence)}"
    yield from _explanation(summary["explanation"])
    yield from _stages(summary["stages"])
    yield from _machine(summary["machine"])
    findings = [one for one in summary["plan"]["findings"] or () if one["severity"] != "info"]
    if findings:
        yield from ("", "**Findings of the plan**", "")
    yield from (f"* {one['severity']} `{one['code']}`: {_flat(one['summary'])}" for one in findings[:_FINDINGS])
    if tail:
        yield from ("", f"**The end of {summary['explanation']['log']}**", "", *_fenced(tail))


def _explanation(explanation: Mapping[str, Any]) -> Iterator[str]:
    root = explanation["root"]
    if root is None:
        return
    yield from ("", f"**Why** ({explanation['log']}, line {root['line']})", "", *_fenced([root["text"]]))
    for one in explanation["candidates"][:_CANDIDATES]:
        yield f"* **{_flat(one['title'])}** ({one['confidence']:.0%}): {_flat(one['cause'])}"
        yield f"  What helps: {_flat(one['fix'])}"


def _stages(stages: list[Mapping[str, Any]]) -> Iterator[str]:
    if stages:
        yield from ("", "| stage | | state | time |", "|---|---|---|---|")
    for one in stages:
        spent = duration(one["seconds"]) if one["seconds"] else ""
        yield f"| {one['number']} | {one['name']} | {one['state']} | {spent} |"


def _machine(machine: Mapping[str, Any]) -> Iterator[str]:
    system, cpu, driver = (machine.get(name) or {} for name in ("os", "cpu", "driver"))
    gpus = ", ".join(str(gpu.get("name")) for gpu in machine.get("gpus") or ()) or "none known"
    yield ""
    yield (
        f"**Machine**: {system.get('id')} {system.get('version')}, glibc {system.get('glibc')}, {system.get('arch')}, "
        f"{cpu.get('cores')} cores, {machine.get('memory_mib')} MiB; GPUs: {gpus}; "
        f"driver {driver.get('version') or 'not known'}"
    )


def _fenced(lines: list[str]) -> Iterator[str]:
    """A block of code whose fence is longer than any in it."""
    longest = max((len(line) - len(line.lstrip("`")) for line in map(str.strip, lines)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (fence, *lines, fence)


def _flat(text: str) -> str:
    return " ".join(text.split())
