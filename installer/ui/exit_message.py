"""What is said once the screen is gone, and the exit code. Text only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installer.core.errors import ExitCode
from installer.core.outcomes import RunState, Verdict
from installer.core.text.languages import _
from installer.core.text.quantities import duration
from installer.ui.plain import plain

if TYPE_CHECKING:
    from installer.ui.board import Board
    from installer.ui.run_model import RunModel


def exit_code(board: Board) -> int:
    """As the command line would end: of the run that was shown to its end, or of the plan that was not to be had.

    Leaving a run in progress is 0.
    """
    if (model := board.run) is not None:
        finished = model.view.finished
        return finished.exit_code if finished else int(ExitCode.FAILED if model.ended else ExitCode.OK)
    if board.error is not None:
        return int(board.error.exit_code)
    failing = board.planned is not None and board.planned.plan.verdict == Verdict.FAILS
    return int(ExitCode.PREDICTED if failing else ExitCode.OK)


def exit_message(model: RunModel | None) -> str:
    """What someone who left the screen should know; empty if there is nothing."""
    if model is None:
        return ""
    if not model.over:
        return _(
            "The run continues in the background.\n"
            "  deploy-tui          shows it again\n"
            "  deploy-tui cancel   stops it and rolls back the running stage"
        )
    view = model.view
    if view.ready and view.state == RunState.DONE:
        return _("{model} answers at {url}\n  {curl}").format(
            model=plain(view.ready.model), url=plain(view.ready.url), curl=plain(view.ready.curl)
        )
    if model.failure:
        return "\n".join(map(plain, str(model.failure).splitlines()))
    return _("Done in {seconds}.").format(seconds=duration(view.finished.seconds)) if view.finished else ""
