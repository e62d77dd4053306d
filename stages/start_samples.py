"""What each start of a server came to, kept in the home as one line, and the factor that follows for the next plan.

A factor is of one engine release, GPU and family of models. It must never be of one start that was something else: the
middle one of the last few counts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from installer.core.contracts.serving import StartReport
from installer.core.machine.facts import Calibration, MachineFacts
from installer.core.plans.stack import Stack
from installer.core.runs.home import Home
from installer.disk.rows import read_rows, write_rows

FORMULA = "kv_tokens_formula"
"""What the formula alone says, without earlier measurements."""
_KEPT = 200
"""Lines at most; the oldest go."""
_LAST = 5
"""Starts that a factor is made of."""


@dataclass(frozen=True, slots=True)
class Kind:
    """For what a measurement is valid."""

    engine: str
    release: str
    gpu: str
    family: str


def kind_of(what: Stack, facts: MachineFacts) -> Kind | None:
    """Of a launch on a machine; `None` if one of the four is not known."""
    from installer.models.memory.calibration import gpu_name
    from installer.models.memory.sizing import size_up

    size = size_up(what, facts)
    family = what.model.model_type if what.model else ""
    if not (size.engine and size.version and family):
        return None
    return Kind(size.engine, size.version, gpu_name(size.used), family)


def note(home: Home, kind: Kind, report: StartReport, formula: int | None) -> None:
    """Keep what a start came to, next to the tokens that the formula had said."""
    row = {
        "at": round(time.time(), 1), **asdict(kind),
        "kv_tokens": report.kv_tokens, FORMULA: formula, "weights_bytes": report.weights_bytes,
        "weights_bytes_foretold": report.weights_bytes_foretold, "parts": dict(report.parts),
    }  # fmt: skip
    rows = [*read_rows(home.measured), row][-_KEPT:]
    write_rows(home.measured, rows)


def samples(home: Home, kind: Kind) -> list[dict[str, Any]]:
    """What earlier starts of that kind came to, the newest last."""
    return [row for row in read_rows(home.measured) if kind_from(row) == kind][-_LAST:]


def usual_parts(found: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The middle of what each part of those starts took."""
    taken: dict[str, list[float]] = {}
    for row in found:
        for part, seconds in (row.get("parts") or {}).items():
            taken.setdefault(str(part), []).append(float(seconds))
    return {part: round(statistics.median(seconds), 1) for part, seconds in taken.items()}


def calibrations(home: Home) -> tuple[Calibration, ...]:
    """The factor of each kind of start that was measured in this home."""
    kinds = dict.fromkeys(kind for row in read_rows(home.measured) if (kind := kind_from(row)))
    found = []
    for kind in kinds:
        ratios = [ratio for row in samples(home, kind) if (ratio := _permille(row))]
        if ratios:
            middle = max(1, round(statistics.median(ratios)))
            found.append(Calibration(kind.engine, kind.release, kind.gpu, kind.family, len(ratios), middle))
    return tuple(found)


def _permille(row: Mapping[str, Any]) -> float | None:
    reported, formula = row.get("kv_tokens"), row.get(FORMULA)
    if not isinstance(reported, int) or not isinstance(formula, int) or formula <= 0 or reported <= 0:
        return None
    return 1000 * reported / formula


def kind_from(row: Mapping[str, Any]) -> Kind | None:
    """Of a row that was kept; `None` where one of the four is missing."""
    words = [row.get(name) for name in ("engine", "release", "gpu", "family")]
    return Kind(*map(str, words)) if all(isinstance(word, str) and word for word in words) else None
