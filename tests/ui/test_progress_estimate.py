"""How far a run is: it never goes back, and ends at the whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installer.core.runs import events as ev
from installer.core.runs.fold import RunView, fold
from installer.ui.progress_estimate import completed_share, seconds_left
from installer.ui.widgets.meters import machine_cells
from tests.ui.replay import A40, NO_GPU, over


@pytest.mark.parametrize(("name", "part"), [("success-gpu", 1.0), ("unchanged", 1.0), ("killed", 0.4)])
def test_the_share_ends_at_the_whole(name: str, part: float) -> None:
    assert over(name).share == pytest.approx(part)


def test_the_share_follows_what_is_fetched_and_never_goes_back() -> None:
    outlines = (ev.StageOutline(7, "engine", "E", "pending"), ev.StageOutline(8, "model", "M", "pending", bytes=10**9))
    view, parts = RunView(), []
    for event in (ev.PlanReady(outlines), ev.StageStarted(8, "model", "M"), ev.Progress(8, "a", 5 * 10**8, 10**9),
                  ev.StageFinished(8, "model", "done"), ev.StageFinished(7, "engine", "done")):  # fmt: skip
        view = fold(view, ev.Entry(1.0, event))
        parts.append(completed_share(view))
    assert parts == [0.0, 0.0, pytest.approx(0.45 * 11 / 12), pytest.approx(11 / 12), 1.0]
    assert completed_share(RunView()) is None


def test_a_stage_total_stands_still_while_it_loads() -> None:
    outline = ev.StageOutline(8, "model", "Fetch", "pending", bytes=1000)
    view = RunView()
    totals = []
    for event in (ev.PlanReady((outline,)), ev.StageStarted(8, "model", "Fetch"), ev.Progress(8, "a", 100, 400),
                  ev.Progress(8, "b", 50, 600)):  # fmt: skip
        view = fold(view, ev.Entry(1.0, event))
        totals.append(view.stages[0].bytes_total)
    assert totals == [1000] * 4
    assert seconds_left(view, 85.0) == 10.0 and seconds_left(view, 0.0) is None


def test_meters_show_the_last_minute_and_how_hot_the_gpu_is() -> None:
    hot = replace(NO_GPU, gpus=(replace(A40, temperature_c=41, power_w=70.4),))
    past = tuple(replace(hot, cpu_percent=float(number)) for number in range(0, 120, 10))
    (cells,) = machine_cells(hot, past)
    assert "▁" in cells[0].plain and "█" in cells[0].plain and "43 %" in cells[0].plain
    assert cells[-1].plain.endswith("41°  70 W")
