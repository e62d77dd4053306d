"""What the screen says of a server that ends by itself, or fell."""

from __future__ import annotations

from installer.core.contracts.serving import ServerState
from installer.ui.deadline_rows import deadline_rows


def said(state: ServerState) -> list[str]:
    return [f"{row.label.plain} {row.value.plain}" for row in deadline_rows(state, 1000.0)]


def test_one_that_is_kept_for_ever_says_nothing() -> None:
    assert said(ServerState(state="ready")) == []


def test_soon_is_a_warning() -> None:
    state = ServerState(state="ready", ends_at=1300.0, idle_ends_at=9000.0, restarts=2)
    assert said(state) == ["restarts 2 by itself", "ends in 5 min 0 s", "unused: in 2 h 13 min"]
    ends, idle = deadline_rows(state, 1000.0)[1:]
    assert "warning" in str(ends.value.spans) and "warning" not in str(idle.value.spans)
    assert said(ServerState(state="stopped", ends_at=1300.0)) == []
