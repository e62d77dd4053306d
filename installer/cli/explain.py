"""`explain`: what a log means and what helps. Reads that log and nothing else."""

from __future__ import annotations

import argparse
import shlex
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING

from installer.cli import streams
from installer.core.errors import ExitCode

if TYPE_CHECKING:
    from installer.diagnostics.explain import Candidate

_LIKELY = 0.5


def explain_log(options: argparse.Namespace) -> int:
    """Serve `explain`."""
    from installer.diagnostics.explain import explain
    from installer.host.logs import read_log

    lines, left_out = read_log(options.log)
    found = [_moved(candidate, left_out) for candidate in explain(lines)]
    if options.json:
        streams.document({"schema": 1, "candidates": [asdict(candidate) for candidate in found]})
        return int(ExitCode.OK)
    if left_out:
        streams.say(f"A very long log: its first {left_out} lines were left out.")
    if not found:
        streams.say(f"No known symptom in {len(lines)} lines. The first traceback is the place to look.")
    for candidate in found:
        for line in told(candidate):
            streams.data(line)
    return int(ExitCode.OK)


def told(candidate: Candidate) -> list[str]:
    """One candidate for a person."""
    from installer.diagnostics.explain import SURE

    how_sure = "" if candidate.confidence >= SURE else "likely: " if candidate.confidence >= _LIKELY else "perhaps: "
    lines = [streams.paint(f"{how_sure}{candidate.title}", "bold", error=False)]
    lines.append(streams.paint(f"  line {candidate.line}: {candidate.evidence[:160]}", "dim", error=False))
    for sentence in (candidate.cause, candidate.fix):
        lines += textwrap.wrap(sentence, 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    if candidate.command:
        lines.append(f"    {shlex.join(candidate.command)}")
    return lines


def _moved(candidate: Candidate, lines: int) -> Candidate:
    from dataclasses import replace

    return replace(candidate, line=candidate.line + lines)
