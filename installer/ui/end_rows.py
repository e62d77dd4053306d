"""What the last screen says about a run that is over, as rows. Pure: the run in, rows out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from installer.core.errors import ExitCode
from installer.core.text.quantities import duration
from installer.ui.marks import Mark, mark
from installer.ui.plain import plain, said
from installer.ui.widgets.sheet import GAP, Row, row

if TYPE_CHECKING:
    from installer.core.runs.events import ServerReady
    from installer.core.runs.fold import RunView
    from installer.ui.run_model import RunModel

STAND_IN = (
    "A stand-in answered: a tiny model with random weights, made on this machine. Its words mean nothing; "
    "they show that the whole path from request to answer works."
)


def headline(model: RunModel) -> Row:
    """How it ended, in one line."""
    view = model.view
    if view.state == "done" and view.ready:
        look, words = Mark("✓", "ready", "bold $text-success"), "The model server answers."
    elif view.state == "done":
        look = Mark("✓", "done", "bold $text-success")
        words = "Every stage that was asked for is done." if _changed(view) else "Everything was in place already."
    elif view.state == "cancelled":
        look, words = Mark("×", "cancelled", "bold $text-warning"), "The run was cancelled."
    else:
        failure = model.failure
        look = Mark("✗", "failed", "bold $text-error")
        words = plain(failure.what) if failure and failure.what else "The run did not come to its end."
    return Row(Content.styled(f"{look.symbol} {look.word}", look.style), Content.styled(words, "bold"))


def success_rows(view: RunView) -> list[Row]:
    """What was proven, with the numbers that were measured."""
    rows = [GAP, *ready_rows(view.ready)] if view.ready else []
    took = duration(view.finished.seconds) if view.finished else ""
    unchanged = "" if _changed(view) else "nothing was changed"
    environment = f"generation {view.generation}" if view.generation is not None else ""
    return [*(rows or [GAP]), row("took", "  ·  ".join(part for part in (took, environment, unchanged) if part))]


def ready_rows(ready: ServerReady) -> list[Row]:
    rows = [row("endpoint", ready.url, "bold $text-primary"), row("model", ready.model)]
    rows.append(row("answer", f"“{plain(ready.answer).strip()}”"))
    if ready.stand_in:
        rows.append(Row(Content(), said(STAND_IN, "$text-warning")))
    if ready.structured:
        rows.append(row("as JSON", ready.structured))
    first = f"first token {ready.first_token_ms:.0f} ms, ready after {duration(ready.ready_seconds)}"
    return [*rows, row("measured", first)]


def failure_rows(model: RunModel) -> list[Row]:
    """What happened, why, what to do, and what became of what the run had begun."""
    failure, stage = model.failure, model.stage(model.view.stage)
    pairs = [("in stage", f"{stage.number} {stage.name}: {stage.title}" if stage else "")]
    if failure is not None:
        pairs += [("why", failure.why), ("what to do", failure.fix)]
    pairs.append(("taken back", taken_back(model)))
    return [GAP, *(row(label, text) for label, text in pairs if text)]


def taken_back(model: RunModel) -> str:
    """The state of the rollback, in a sentence; empty where there is nothing to say."""
    view = model.view
    if view.finished is None:
        return ""
    undone = [stage for stage in view.stages if stage.left is not None]
    left = [what for stage in undone for what in stage.left or ()]
    whole = f" Generation {view.generation} is in use." if view.generation is not None else ""
    if left:
        return f"Not everything. Left behind: {'; '.join(left)}.{whole}"
    if view.finished.exit_code == ExitCode.INCOMPLETE:
        return f"Not everything; see above.{whole}"
    if undone:
        return f"Everything that {_names([stage.name for stage in undone])} had begun.{whole}"
    return f"Nothing had to be.{whole}"


def next_rows(model: RunModel) -> list[Row]:
    """Commands that are of use now."""
    if model.view.ready and model.view.state == "done":
        return [
            row("deploy-tui server stop", "ends the server and every process of it"),
            row("deploy-tui server logs", "shows what it writes"),
            row("deploy-tui", "shows this home again"),
        ]
    if model.view.state == "done":
        return [
            row("deploy-tui server status", "says whether the model server runs"),
            row("deploy-tui", "shows this home again"),
        ]
    return [
        row("deploy-tui", "plans again and continues from what is in place"),
        row("deploy-tui rollback", "goes back to an earlier generation"),
    ]


def _changed(view: RunView) -> bool:
    return view.finished is None or view.finished.changed


def _names(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def took(model: RunModel) -> Content:
    """How it ended and how long it took, for the title."""
    view = model.view
    look = mark(view.state if view.finished else "failed")
    seconds = view.finished.seconds if view.finished else view.at - view.started_at
    return Content.assemble((f"{look.symbol} {look.word}", look.style), (f"  {duration(seconds)}", "$foreground-muted"))
