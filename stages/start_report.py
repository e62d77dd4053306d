"""What a start came to: what each part of it took, and what the engine says of memory next to what was predicted.

Read from what the engine prints, by data (`installer/knowledge/starts.yaml`); what it does not print stays unknown.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from installer.core.contracts.serving import LaunchSpec, StartReport
from installer.core.contracts.stage import StageContext
from installer.core.errors import DeployError
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Severity
from installer.core.plans.memory import MemoryEstimate
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import Placed, Stack
from installer.core.runs.home import Home
from installer.core.text.quantities import duration
from installer.knowledge.engines import definitions
from installer.knowledge.tables import table
from stages import start_samples
from stages.packages import installed

_GIB = 1 << 30
_LARGE = 0.05
"""A difference that is reported."""
_ALLOCATED = 128 << 20
"""Bytes by which what an engine measures of its weights differs from them: it counts in what its libraries allocate."""
_REST = "until a token came"
_SECONDS = 3.0
"""By which a part may differ from earlier starts before that is reported."""


def report(ctx: StageContext, spec: LaunchSpec, lines: Sequence[str], began: float, seconds: float) -> StartReport:
    """Of a server that was launched at `began` (epoch) and generated its first token `seconds` later."""
    what = _started(ctx, spec)
    expected, formula = _predicted(what, ctx.facts), _predicted(what, replace(ctx.facts, calibrations=None))
    kind = start_samples.kind_of(what, ctx.facts) if what else None
    prediction = StartReport(
        kv_tokens_foretold=expected.kv_tokens if expected else None,
        weights_bytes_foretold=expected.gpu_weights_bytes if expected else None,
        measured_starts=len(start_samples.samples(ctx.home, kind)) if kind else 0,
        measured_as={**asdict(kind), start_samples.FORMULA: formula.kv_tokens if formula else None} if kind else {},
    )
    return measured(ctx.home, prediction, spec.engine, lines, began, seconds)


def measured(  # noqa: PLR0917 - the order is that of `report`
    home: Home, prediction: StartReport, engine: str, lines: Sequence[str], began: float, seconds: float
) -> StartReport:
    """What a start came to of which that was predicted. It is kept for the next plan."""
    reported = figures(engine, lines)
    weights, kind = reported.get("weights_gib"), start_samples.kind_from(prediction.measured_as)
    found = replace(
        prediction,
        parts=parts(engine, lines, began, seconds),
        kv_tokens=int(reported["kv_tokens"]) if "kv_tokens" in reported else None,
        weights_bytes=int(weights * _GIB) if weights is not None else None,
        parts_before=start_samples.usual_parts(start_samples.samples(home, kind) if kind else []),
    )
    if kind:
        start_samples.note(home, kind, found, prediction.measured_as.get(start_samples.FORMULA))
    return found


def sentences(report: StartReport) -> Iterator[tuple[Severity, str]]:
    """What to tell of it, and how grave each is."""
    if report.parts:
        parts = ", ".join(_part(report, part, took) for part, took in report.parts.items())
        yield Severity.INFO, f"Start-up times: {parts}."
    for what, unit, reported, predicted, least in (
        ("The key-value cache", "tokens", report.kv_tokens, report.kv_tokens_foretold, 0),
        ("The weights", "bytes on each GPU", report.weights_bytes, report.weights_bytes_foretold, _ALLOCATED),
    ):
        if reported and predicted and abs(reported - predicted) > max(_LARGE * predicted, least):
            off = 100 * (reported - predicted) / predicted
            yield (
                Severity.WARNING,
                (f"{what}: the engine reports {reported:,} {unit}, {predicted:,} were predicted ({off:+.0f} %)."),
            )


def _part(report: StartReport, part: str, took: float) -> str:
    """A part of the start, and what it took before where that was clearly something else."""
    before = report.parts_before.get(part)
    far = before is not None and abs(took - before) > max(_SECONDS, _LARGE * 4 * before)
    return f"{part} {duration(took)}" + (f" (before: {duration(before)})" if far and before is not None else "")


def parts(engine: str, lines: Sequence[str], began: float, seconds: float) -> dict[str, float]:
    """Seconds by part, in order; parts of less than a second, which is how fine the lines tell time, are left out."""
    found: dict[str, float] = {}
    before, end = began, began + seconds
    for part, at in _milestones(engine, lines, began):
        if before < at <= end + 1 and at - before >= 1:
            found[part] = round(at - before, 1)
        before = max(before, min(at, end))
    if found and end - before >= 1:
        found[_REST] = round(end - before, 1)
    return found


def begun_by(engine: str, line: str, *, gpu: bool) -> str | None:
    """The part of a start that begins once this was printed, where there is a `gpu` or not; `None` if none does."""
    parts = _rows("milestones", engine)
    for at, row in enumerate(parts):
        if re.search(row["until"], line):
            return next((str(later["part"]) for later in parts[at + 1 :] if gpu or not later.get("gpu")), _REST)
    return None


def figures(engine: str, lines: Sequence[str]) -> dict[str, float]:
    """The last number that the engine said of each thing."""
    found = {}
    for row in _rows("figures", engine):
        matches = [match[1] for line in lines if (match := re.search(row["pattern"], line))]
        if matches:
            found[row["means"]] = float(matches[-1].replace(",", ""))
    return found


def _milestones(engine: str, lines: Sequence[str], began: float) -> Iterator[tuple[str, float]]:
    """Each part that ended, and when (epoch)."""
    clock = next(iter(_rows("clocks", engine)), None)
    if clock is None:
        return
    at, times = None, []
    for line in lines:
        at = _time(clock, line, began) or at
        times.append(at)
    for row in _rows("milestones", engine):
        ended = [when for line, when in zip(lines, times, strict=True) if when and re.search(row["until"], line)]
        if ended:
            yield row["part"], ended[-1]


def _time(clock: Mapping[str, Any], line: str, began: float) -> float | None:
    """When a line was printed; lines that do not say it were printed after the one before."""
    match = re.search(clock["pattern"], line[:200])
    if match is None:
        return None
    try:
        # Some do not tell the year, and 29 February is in none that is not told.
        year = "" if "%Y" in clock["format"] else f"{time.localtime(began).tm_year} "
        moment = datetime.strptime(f"{year}{match[1]}", f"{'%Y ' if year else ''}{clock['format']}")
    except ValueError:
        return None
    return moment.timestamp()


def _started(ctx: StageContext, spec: LaunchSpec) -> Stack | None:
    """This very launch, as the plan's own calculation takes it; `None` if it is not known what was started."""
    from pathlib import Path

    from installer.models import load_model

    have = installed(ctx.environment)
    engine = definitions.engine(spec.engine)
    name = next((found for found in (engine.distributions if engine else ()) if found in have), None)
    if name is None:
        return None
    launch = Launch(10, engine=spec.engine, arguments=_arguments(spec), environment=dict(spec.environment))
    try:
        return Stack("", "", {name: Placed(name, have[name], 7)}, launch, load_model(Path(spec.model)))
    except DeployError:
        return None


def _predicted(what: Stack | None, facts: MachineFacts) -> MemoryEstimate | None:
    from installer.models.memory import estimate

    try:
        return estimate(what, facts) if what else None
    except Exception:  # a comparison is no reason to lose a server that answers
        return None


def _arguments(spec: LaunchSpec) -> tuple[str, ...]:
    """The words after `python -m MODULE`."""
    return spec.command[3:]


def _rows(section: str, engine: str) -> list[Mapping[str, Any]]:
    return [row for row in table("starts")[section] if row["engine"] == engine]
