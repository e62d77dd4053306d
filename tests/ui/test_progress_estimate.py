"""How far a run is: it never goes back, and ends at the whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installer.core.runs import events as ev
from installer.core.runs.fold import RunView, fold
from installer.ui.progress_estimate import completed_share, seconds_left, seconds_left_by, share_of_time
from installer.ui.widgets.meters import machine_cells
from installer.ui.widgets.stage_list import StageList
from tests.ui.replay import A40, NO_GPU, over


@pytest.mark.parametrize(("name", "part"), [("success-gpu", 1.0), ("unchanged", 1.0), ("killed", 1 / 3)])
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


def test_the_time_left_is_what_the_stages_took_before() -> None:
    """The model (8) is fetched next to the packages; stage 4 is skipped, and is not waited for."""
    outlines = tuple(ev.StageOutline(n, f"s{n}", f"S{n}", "skipped" if n == 4 else "pending") for n in (3, 4, 6, 8, 10))
    usual = {3: 20.0, 6: 40.0, 8: 90.0, 10: 60.0}
    view, left = RunView(), []
    for at, event in (
        (0.0, ev.PlanReady(outlines)), (0.0, ev.StageStarted(3, "s3", "S3")), (0.0, ev.StageStarted(8, "s8", "S8")),
        (10.0, ev.StageFinished(3, "s3", "done")), (10.0, ev.StageStarted(6, "s6", "S6")),
        (70.0, ev.StageFinished(8, "s8", "done")), (100.0, ev.StageFinished(6, "s6", "done")),
        (100.0, ev.StageStarted(10, "s10", "S10")), (200.0, ev.Notice(10, "info", "still waiting")),
    ):  # fmt: skip
        view = fold(view, ev.Entry(at, event))
        left.append(seconds_left_by(usual, view, at))
    assert left == [210.0, 210.0, 150.0, 140.0, 140.0, 60.0, 60.0, 60.0, 0.0]
    assert seconds_left_by({3: 20.0}, view, 200.0) is None and seconds_left_by({}, RunView(), 0.0) is None


def test_a_run_of_one_stage_is_not_almost_done_when_it_begins() -> None:
    outlines = (ev.StageOutline(7, "engine", "E", "skipped"), ev.StageOutline(10, "server", "S", "pending"))
    view = RunView()
    began = ev.RunStarted("r", "x", "X", "/home", 1, "m")
    for event in (began, ev.PlanReady(outlines), ev.StageStarted(10, "server", "S")):
        view = fold(view, ev.Entry(100.0, event))
    assert completed_share(view) == 0.0 and share_of_time({}, view, 130.0) is None
    assert [share_of_time({10: 120.0}, view, now) for now in (100.0, 130.0, 190.0, 500.0)] == [None, 0.25, 0.75, 0.99]


def test_the_list_says_what_each_stage_took_before_where_there_is_room() -> None:
    outlines = tuple(ev.StageOutline(n, name, name, "pending") for n, name in ((9, "verification"), (10, "server")))
    view = RunView()
    for event in (ev.PlanReady(outlines), ev.StageStarted(9, "verification", "Verify")):
        view = fold(view, ev.Entry(0.0, event))
    stages = StageList()
    stages.view, stages.now, stages.usual = view, 20.0, {9: 89.0, 10: 106.0}
    wide, narrow = ([block[0].plain for _, block in stages.blocks(width)] for width in (48, 30))
    assert wide[1].endswith("0:20 of ~1:29") and wide[2].endswith("~1:46")
    assert narrow[1].endswith("running 0:20") and narrow[2].endswith("~1:46")


def test_a_stage_total_stands_still_while_it_loads() -> None:
    outline, later = (ev.StageOutline(n, name, "Fetch", "pending", bytes=1000) for n, name in ((8, "a"), (9, "b")))
    skipped = ev.StageOutline(10, "c", "Fetch", "skipped", bytes=1000)
    view = RunView()
    totals = []
    for event in (ev.PlanReady((outline, later, skipped)), ev.StageStarted(8, "model", "Fetch"),
                  ev.Progress(8, "a", 100, 400), ev.Progress(8, "b", 50, 600)):  # fmt: skip
        view = fold(view, ev.Entry(1.0, event))
        totals.append(view.stages[0].bytes_total)
    assert totals == [1000] * 4
    assert seconds_left(view, 85.0) == (850 + 1000) / 85, "with what a later stage is to download"
    assert seconds_left(view, 0.0) is None


def test_meters_show_the_last_minute_and_how_hot_the_gpu_is() -> None:
    hot = replace(NO_GPU, gpus=(replace(A40, temperature_c=41, power_w=70.4),))
    past = tuple(replace(hot, cpu_percent=float(number)) for number in range(0, 120, 10))
    (cells,) = machine_cells(hot, past)
    assert "▁" in cells[0].plain and "█" in cells[0].plain and "43 %" in cells[0].plain
    assert cells[-1].plain.endswith("41°  70 W")
