"""From which release on an engine's own pins load a model, as shipped knowledge has it. Pure; it guesses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from installer.knowledge.engines import definitions
from installer.knowledge.versions import fits
from installer.models.shipped import first_releases
from installer.preflight.checks.model.subject import Subject


def rows(subject: Subject) -> Sequence[Mapping[str, Any]]:
    """What is known for this model, by its name or for its architecture and types."""
    return first_releases(subject.model)


def remedy(subject: Subject, otherwise: str) -> str:
    """The cheapest change that is known to load the model, the same engine first; `otherwise` where none is known."""
    known = sorted(rows(subject), key=lambda row: row["engine"] != subject.engine)
    ways = [way for row in known if (way := _way(row, subject))]
    return f"Install {', or '.join(ways)}." if ways else otherwise


def too_early(subject: Subject) -> Mapping[str, Any] | None:
    """The row that names a later release of this engine than the one at hand."""
    own = [row for row in rows(subject) if row["engine"] == subject.engine]
    return next((row for row in own if fits(subject.version, f"<{row['since']}")), None)


def _way(row: Mapping[str, Any], subject: Subject) -> str:
    title = definitions.title_of(row["engine"])
    until = f" to {row['until']}" if row.get("until") else " or newer"
    flags = " ".join(row.get("flags", ()))
    suited = row["engine"] == subject.engine and fits(subject.version, f">={row['since']}")
    late = row.get("until") and not fits(subject.version, f"<={row['until']}")
    if suited and not late:
        return f"the flags {flags}" if flags else ""
    return f"{title} {row['since']}{until}{f' with {flags}' if flags else ''}"
