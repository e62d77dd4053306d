"""The state of the model server, as rows next to what it does. Pure: values in, rows out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installer.core.text.languages import _
from installer.core.text.quantities import duration
from installer.ui.deadline_rows import deadline_rows
from installer.ui.server_history_rows import history_rows
from installer.ui.widgets.sheet import Row, row

if TYPE_CHECKING:
    from installer.core.contracts.server_history import ServerHistory
    from installer.ui.messages import ServerPolled


def state_rows(server: ServerPolled, past: ServerHistory | None, now: float, key: str) -> list[Row]:
    """`key`: what is shown of its key; empty: hidden."""
    state = server.state
    rows = [*deadline_rows(state, now), *history_rows(past, state)]
    rows.append(row(_("checked"), _("{at} s ago").format(at=max(0, round(now - server.at)))))
    if state.running and state.started_at:
        rows.append(row(_("up"), duration(max(0.0, now - state.started_at))))
    if state.generation is not None:
        rows.append(row(_("generation"), str(state.generation)))
    if state.running and state.launch and (state.launch.key_file or key):
        rows.append(row(_("key"), key or _("hidden; K shows it")))
    if state.launch:
        rows += [row(_("engine"), state.launch.engine), row(_("process"), str(state.pid or "–"))]
    if not state.running:
        words = _("R starts it again; 1 goes to the plan.") if state.launch else _("1 shows the plan or the run.")
        rows.append(row(_("what to do"), words))
    return rows
