"""What the last screen says about a run that is over, as rows. Pure: the run in, rows out."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from textual.content import Content

from installer.core.errors import ExitCode
from installer.core.outcomes import RunState
from installer.core.text.languages import _, translated
from installer.core.text.quantities import duration
from installer.ui.marks import Mark, mark
from installer.ui.plain import plain, plain_content
from installer.ui.review_rows import server_line
from installer.ui.widgets.sheet import GAP, Row, row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installer.core.runs.cause import Cause
    from installer.core.runs.events import ServerReady
    from installer.core.runs.fold import RunView
    from installer.ui.messages import ServerPolled
    from installer.ui.run_model import RunModel

STAND_IN = _(
    "A stand-in answered: a tiny model with random weights, made on this machine. Its words are random; "
    "they show that the whole path from request to answer works."
)


ENDED = ("stopped", "failed")
"""The states of a server that can be started again."""


def server_state(model: RunModel, polled: ServerPolled | None) -> str:
    """The state of the server that this run proved, as it was read a moment ago; "" until it was read.

    Besides the states of a server: "replaced", where another one runs instead.
    """
    ready = model.view.ready
    if polled is None or ready is None:
        return ""
    own = polled.state.pid == ready.pid or not polled.state.running
    return polled.state.state if own else "replaced"


def headline(model: RunModel, polled: ServerPolled | None) -> Row:
    """How it ended, and the current state of its server, in one line."""
    view = model.view
    if view.state == RunState.DONE and view.ready:
        look, words = _SERVER_NOW[server_state(model, polled)]
    elif view.state == RunState.DONE:
        look = Mark("✓", _("done"), "bold $text-success")
        words = _("Every requested stage is done.") if _changed(view) else _("Everything was in place already.")
    elif view.state == RunState.CANCELLED:
        look, words = Mark("×", _("cancelled"), "bold $text-warning"), _("The run was cancelled.")
    else:
        failure = model.failure
        look = Mark("✗", _("failed"), "bold $text-error")
        words = plain(translated(failure.what)) if failure and failure.what else _("The run did not finish.")
    return Row(Content.styled(f"{look.symbol} {look.word}", look.style), Content.styled(words, "bold"))


_SERVER_NOW = {
    "": (
        Mark("✓", _("done"), "bold $text-success"),
        _("The model server answered. Checking whether it still runs …"),
    ),
    "ready": (Mark("✓", _("ready"), "bold $text-success"), _("The model server answers.")),
    "starting": (
        Mark("▸", _("starting"), "bold $text-primary"),
        _("The model server answered then; it is starting again."),
    ),
    "stopping": (
        Mark("◂", _("stopping"), "bold $text-warning"),
        _("The model server answered then; it is being stopped."),
    ),
    "stopped": (
        Mark("·", _("stopped"), "bold $text-warning"),
        _("The model server answered at the end of this run; it is stopped now."),
    ),
    "failed": (
        Mark("✗", _("gone"), "bold $text-error"),
        _("The model server answered at the end of this run; it has ended since."),
    ),
    "replaced": (
        Mark("=", _("replaced"), "bold $text-warning"),
        _("The model server answered then; another server runs here now."),
    ),
}


def success_rows(view: RunView) -> list[Row]:
    """What was proven, with the numbers that were measured."""
    rows = [GAP, *ready_rows(view.ready)] if view.ready else []
    took = duration(view.finished.seconds) if view.finished else ""
    unchanged = "" if _changed(view) else _("nothing was changed")
    environment = _("generation {generation}").format(generation=view.generation) if view.generation is not None else ""
    return [*(rows or [GAP]), row(_("took"), "  ·  ".join(part for part in (took, environment, unchanged) if part))]


def ready_rows(ready: ServerReady) -> list[Row]:
    rows = [row(_("endpoint"), ready.url, "bold $text-primary"), row(_("model"), ready.model)]
    rows.append(row(_("answer"), f"“{plain(ready.answer).strip()}”"))
    if ready.stand_in:
        rows.append(Row(Content(), plain_content(STAND_IN, "$text-warning")))
    if ready.structured:
        rows.append(row(_("as JSON"), ready.structured))
    first = _("first token {first_token_ms:.0f} ms, ready after {ready_seconds}").format(
        first_token_ms=ready.first_token_ms, ready_seconds=duration(ready.ready_seconds)
    )
    return [*rows, row(_("measured"), first)]


def failure_rows(model: RunModel, settings: Sequence[str] = (), polled: ServerPolled | None = None) -> list[Row]:
    """What happened, why, what to do, and what became of what the run had begun; a cause that is known comes first.

    `settings`: those that the key for it would put; `polled`: the server that runs now, if any.
    """
    failure, stage = model.failure, model.stage(model.view.stage)
    cause = model.cause if model.cause and model.cause.sure else None
    where = _pair(_("in stage"), f"{stage.number} {stage.name}: {_(stage.title)}" if stage else "")
    why = _pair(_("why"), translated(failure.why) if failure else "")
    server = [row(_("server now"), server_line(polled.state))] if polled and polled.state.running else []
    state = [*_pair(_("rolled back"), rollback_state(model)), *server]
    if cause is not None and failure is not None:
        known = [*_pair(_("known cause"), f"{cause.title}: {cause.why}"), *_pair(_("what to do"), cause.fix)]
        return [GAP, *known, *repair_rows(settings), *state, *where, *why]
    looking = [] if model.explained else [row(_("known cause"), _("looking …"), "$foreground-muted")]
    return [GAP, *looking, *where, *why, *_pair(_("what to do"), translated(failure.fix) if failure else ""), *state]


def _pair(label: str, text: str) -> list[Row]:
    """A row where there is anything to say; a log's line breaks and indents mean nothing here."""
    return [row(label, " ".join(text.split()))] if text else []


def settings_of(cause: Cause) -> tuple[str, ...]:
    """Those that repair it, else what the repairing command sets with `--set`; empty if it is another command."""
    if cause.settings:
        return cause.settings
    words = cause.command
    pairs = [word for before, word in itertools.pairwise(words) if before == "--set"]
    return tuple(pairs) if words[:1] == ("deploy-tui",) else ()


def repair_rows(settings: Sequence[str]) -> list[Row]:
    """What the key for it would do; nothing if no setting is known to repair it."""
    names = " ".join(setting.removeprefix("server.flags.") for setting in settings)
    words = _("sets {settings} and deploys again").format(settings=plain(names))
    return [Row(Content.styled("a", "bold $text-primary"), Content.styled(words, "bold"))] if settings else []


def failure_text(model: RunModel) -> str:
    """The same as text, to be passed on."""
    rows = [headline(model, None), *failure_rows(model)]
    return "\n".join(f"{row.label.plain}  {row.value.plain}".strip() for row in rows if row is not GAP)


def rollback_state(model: RunModel) -> str:
    """The state of the rollback, in a sentence; empty if there is nothing to say."""
    view = model.view
    if view.finished is None:
        return ""
    undone = [stage for stage in view.stages if stage.left is not None]
    left = [translated(what) for stage in undone for what in stage.left or ()]
    whole = (
        _(" Generation {generation} is in use.").format(generation=view.generation)
        if view.generation is not None
        else ""
    )
    if left:
        return _("Not everything. Left behind: {left}.{whole}").format(left="; ".join(left), whole=whole)
    if view.finished.exit_code == ExitCode.INCOMPLETE:
        return _("Not everything; see above.{whole}").format(whole=whole)
    if undone:
        return _("Everything that {names} had begun.{whole}").format(
            names=", ".join(stage.name for stage in undone), whole=whole
        )
    return _("Nothing had to be.{whole}").format(whole=whole)


def next_rows(model: RunModel, polled: ServerPolled | None) -> list[Row]:
    """Keys and commands that are of use now, and nothing that would find nothing to do."""
    if model.view.ready and model.view.state == RunState.DONE and server_state(model, polled) in ENDED:
        return [_key("R", _("starts it again and proves that it answers")), _SHOWN_AGAIN]
    if model.view.ready and model.view.state == RunState.DONE:
        return [
            _key("2", _("a chat, the engine's metrics, the log")),
            row("deploy-tui server stop", _("stops the server with all its processes")),
            _SHOWN_AGAIN,
        ]
    if model.view.state == RunState.DONE:
        return [_key("2", _("shows whether the model server runs")), _SHOWN_AGAIN]
    again = _key("r", _("tries again, and continues from what is in place"))
    older = max(model.generations, default=None)
    back = _key("b", _("goes back to generation {generation}").format(generation=older))
    return [again, *([back] if older is not None else [])]


_SHOWN_AGAIN = row("deploy-tui", _("shows this home again after you left it"))


def _key(key: str, does: str) -> Row:
    return Row(Content.styled(key, "bold $text-primary"), Content(does))


def _changed(view: RunView) -> bool:
    return view.finished is None or view.finished.changed


def took(model: RunModel) -> Content:
    """How it ended and how long it took, for the title."""
    view = model.view
    look = mark(view.state if view.finished else "failed")
    seconds = view.finished.seconds if view.finished else view.at - view.started_at
    return Content.assemble((f"{look.symbol} {look.word}", look.style), (f"  {duration(seconds)}", "$foreground-muted"))
