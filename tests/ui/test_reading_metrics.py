"""The engine is asked seldom what it counts: where it writes an access log, each question is a line of that."""

from __future__ import annotations

from typing import cast

import pytest

from installer.core.contracts.figures import ServingFigures
from installer.ui import messages
from installer.ui.background import Background
from installer.ui.board import Board
from installer.ui.controllers import serving
from installer.ui.controllers.shell import Shell
from installer.ui.serving_model import MINUTE, Charts
from tests.ui.replay import READY, ReplaySession

PAUSE_S = serving.COUNT_S
"""As it is outside of tests, which do not wait for it."""


def test_it_is_asked_again_only_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "COUNT_S", 1e6)
    session, board = ReplaySession(), Board(lambda: 0.0)
    reader = serving.Serving(session, board, cast(Background, None), cast(Shell, None))
    assert reader._count() is None and not session.called("figures"), "nobody looked at the server yet"
    board.server = messages.ServerPolled(READY, 0.0)
    first, second = reader._count(), reader._count()
    assert isinstance(first, messages.Counted) and second is None and session.called("figures") == 1


def test_a_chart_spans_a_minute() -> None:
    assert (MINUTE - 1) * PAUSE_S == 60
    charts = Charts()
    for number in range(40):
        charts.take(ServingFigures(running=float(number), at=PAUSE_S * number))
    requests = charts.rows(ready=True)[0].value.plain
    assert len(requests.split("  ")[0]) == MINUTE and requests.endswith("  39")
