"""What is said about the selected stage, below the list of stages. Pure: a folded run in, rows out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.content import Content

from installer.core.outcomes import Severity, StageStatus
from installer.core.text.languages import _, translated
from installer.core.text.quantities import clock, round_size, size
from installer.ui.log.line import ALL
from installer.ui.plain import plain_content
from installer.ui.widgets.sheet import GAP, Row

if TYPE_CHECKING:
    from installer.core.runs.events import Notice
    from installer.core.runs.fold import RunView, StageView

Speeds = Mapping[tuple[int, str], float]
"""Bytes per second, by stage and file."""
NO_SPEEDS: Speeds = MappingProxyType({})
_NUMBER = re.compile(r"\d")
COLUMN = 2
MOST_FETCHED = 4
MOST_NOTICES = 3
MOST_STEPS = 8


def detail_rows(view: RunView, chosen: int, speeds: Speeds = NO_SPEEDS) -> list[Row]:
    """What is in progress, and the newest notices, for all stages; for one stage its title, reason and downloads."""
    if chosen == ALL:
        waited = [row for stage in view.stages if stage.state == StageStatus.RUNNING for row in _steps(stage)]
        running = [stage for stage in view.stages if stage.state == StageStatus.RUNNING]
        fetching = [row for stage in running for row in _fetching(stage, speeds)]
        return [*([GAP, *fetching] if fetching else []), *([GAP, *waited] if waited else []), *_notices(view, None)]
    stage = next((stage for stage in view.stages if stage.number == chosen), None)
    if stage is None:
        return []
    rows = [GAP, _row("", plain_content(_(stage.title), "bold"))]
    if stage.reason:
        rows.append(_row("", plain_content(translated(stage.reason), "$foreground-muted")))
    return [*rows, *_steps(stage), *_fetching(stage, speeds), *_notices(view, chosen)]


def _steps(stage: StageView) -> list[Row]:
    """What it did, each with how long that took, where it is more than one thing: the parts of a server's start."""
    if len(stage.steps) < 2:
        return []
    ends = [at for _, at in stage.steps[1:]]
    end = (stage.started_at or 0.0) + stage.seconds if stage.seconds else None
    rows = []
    for (what, began), ended in list(zip(stage.steps, [*ends, end], strict=True))[-MOST_STEPS:]:
        took = clock(ended - began) if ended is not None else "…"
        rows.append(Row(Content(), plain_content(translated(what), "$foreground-muted"), took, single=True))
    return rows


def _fetching(stage: StageView, speeds: Speeds) -> list[Row]:
    """The files with most left to come: how far each is, how fast, and how long it still takes at that speed."""
    open_ones = [
        (subject, done, total) for subject, (done, total) in stage.progress.items() if total is None or done < total
    ]
    open_ones.sort(key=lambda entry: -((entry[2] or entry[1]) - entry[1]))
    rows = []
    for subject, done, total in open_ones[:MOST_FETCHED]:
        amount = f"{done / total:.0%}" if total else size(done)
        if speed := speeds.get((stage.number, subject)):
            amount += f" {round_size(speed)}/s" + (f" {clock((total - done) / speed)}" if total else "")
        rows.append(Row(Content(), plain_content(subject, "$foreground-muted"), amount, single=True))
    return rows


def _notices(view: RunView, stage: int | None) -> list[Row]:
    found = _newest([notice for notice in view.notices if stage is None or notice.stage == stage])
    rows = []
    for notice in found[: -MOST_NOTICES - 1 : -1]:  # the newest first: in a small window the others have no room
        warning = notice.severity == Severity.WARNING
        style = "$text-warning" if warning else "$text-primary"
        rows.append(_row("!" if warning else "i", plain_content(translated(notice.text)), style))
    return [GAP, *rows] if rows else []


def _newest(notices: Sequence[Notice]) -> list[Notice]:
    """Of those that say the same with other numbers ("waiting for 10 s", "… for 20 s") the last."""
    kept: dict[str, Notice] = {}
    for notice in notices:
        begin = _NUMBER.split(notice.text, maxsplit=1)[0] or notice.text
        kept.pop(begin, None)
        kept[begin] = notice
    return list(kept.values())


def _row(label: str, value: Content, style: str = "") -> Row:
    return Row(Content.styled(label, style), value)
