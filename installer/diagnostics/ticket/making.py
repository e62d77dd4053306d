"""Makes a ticket in memory: cleaned, cut, searched a second time, packed. Writes nothing and sends nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from installer.core.errors import UsageError
from installer.core.machine.names import Names
from installer.core.runs.cast import written
from installer.diagnostics.ticket import markdown, packing
from installer.diagnostics.ticket.cleaning import Cleaner
from installer.diagnostics.ticket.evidence import Evidence
from installer.diagnostics.ticket.log_excerpts import Piece, cut, numbered, shares, text_of
from installer.diagnostics.ticket.page import page
from installer.diagnostics.ticket.playing import cleaning, playable
from installer.diagnostics.ticket.recording import player, recorded, rows
from installer.diagnostics.ticket.secret_scan import refuse_secrets
from installer.diagnostics.ticket.summary import summarised
from installer.host.logs import read_log

LOGS_LIMIT = 2_000_000
"""Characters of all logs together; they are in the ticket twice, as files and in the page."""
_TAIL = 15


@dataclass(frozen=True, slots=True)
class Ticket:
    content: bytes
    manifest: dict[str, Any]
    text: str
    """The short one, as Markdown."""


def make(
    evidence: Evidence, machine: Mapping[str, Any], secrets: Sequence[str], names: Names, *, limit: int = LOGS_LIMIT
) -> Ticket:
    """Raises `DeployError` if the second search finds a secret."""
    cleaner = Cleaner(secrets, names)
    summary = cleaner.value(summarised(evidence, machine))
    logs = _logs(evidence, cleaner, limit)
    cast = recorded(evidence.cast, cleaner.row)
    text = markdown.written(summary, _tail(logs.get(evidence.explained_log, ())))
    members = {
        packing.PAGE: page(summary, logs, ""),
        "ticket.md": text,
        packing.SUMMARY: json.dumps(summary, ensure_ascii=False, indent=1),
        packing.JOURNAL: "\n".join((*playable(evidence.entries, logs, cleaning(cleaner.value)), "")),
        **{f"logs/{name}": text_of(pieces) for name, pieces in logs.items()},
    }
    gone = {f"logs/{name}": _gone(pieces) for name, pieces in logs.items()}
    shown = {packing.CAST: "\n".join(rows(cast))} if cast else {}
    refuse_secrets({**members, **shown, packing.MANIFEST: json.dumps(packing.manifest(members, evidence.run, gone))})
    # What it shows was searched as text; with its colours in between it would be found as little as it would be read.
    members |= {packing.PAGE: page(summary, logs, player(cast)), **({packing.CAST: written(cast)} if cast else {})}
    listed = packing.manifest(members, evidence.run, gone)
    return Ticket(packing.packed(members, listed), listed, text)


def _logs(evidence: Evidence, cleaner: Cleaner, limit: int) -> dict[str, tuple[Piece, ...]]:
    root = evidence.explained.root if evidence.explained else None
    budgets = shares([file.stat().st_size for _, file in evidence.logs], limit)
    made = {}
    for (name, file), budget in zip(evidence.logs, budgets, strict=True):
        around = root.line if root and name == evidence.explained_log else 0
        # Some room: a log that just fits is kept whole.
        pieces = _read(str(file), budget + 2, around)
        made[name] = tuple(
            Piece(piece.first, tuple(cleaner.lines(piece.lines, torn=piece.first > 1))) for piece in pieces
        )
    return made


def _read(name: str, budget: int, around: int) -> tuple[Piece, ...]:
    try:
        return cut(numbered(read_log(name)), budget, around)
    except UsageError as error:  # blanks alone, or no text
        return (Piece(1, (f"[{error.what} {error.why}]",)),)


def _tail(pieces: Sequence[Piece]) -> list[str]:
    return [line[:300] for line in (pieces[-1].lines if pieces else ()) if line.strip()][-_TAIL:]


def _gone(pieces: Sequence[Piece]) -> int:
    """Lines that were left out between pieces."""
    last = pieces[-1].first + len(pieces[-1].lines) - 1 if pieces else 0
    return last - sum(len(piece.lines) for piece in pieces)
