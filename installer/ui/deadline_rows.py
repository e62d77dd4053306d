"""How long a server is still kept, as rows of the screen; a warning where it ends soon."""

from __future__ import annotations

from collections.abc import Sequence

from installer.core.contracts.serving import ServerState
from installer.core.text.languages import _
from installer.core.text.quantities import duration
from installer.ui.widgets.sheet import Row, row

_SOON_S = 600.0


def deadline_rows(state: ServerState, now: float) -> Sequence[Row]:
    """`now`: seconds since the epoch. Nothing for a server that is kept for ever and never fell."""
    rows = []
    if state.restarts:
        rows.append(row(_("restarts"), _("{restarts} by itself").format(restarts=state.restarts), "$text-warning"))
    if state.running and state.unjudged:
        rows.append(row(_("not watched"), state.unjudged, "$text-warning"))
    for name, at in ((_("ends in"), state.ends_at), (_("unused: in"), state.idle_ends_at)):
        if at is not None and state.running:
            left = max(0.0, at - now)
            rows.append(row(name, duration(left), "$text-warning" if left < _SOON_S else ""))
    if state.running and state.idle_unknown:
        rows.append(row(_("unused"), _("its engine does not report it, so --idle-stop has no effect"), "$text-warning"))
    return rows
