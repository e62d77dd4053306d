"""Bytes per second from the events' own times."""

from __future__ import annotations

from pathlib import Path

from installer.core.runs.fold import RunView
from installer.core.runs.home import RunFolder
from installer.ui.messages import RunAdvanced
from installer.ui.rate import WINDOW_S, Rate, Sample
from installer.ui.run_model import RunModel


def test_steady_bytes_give_their_speed() -> None:
    rate = Rate()
    rate.add((100.0 + second, second * 1000) for second in range(5))
    assert rate.per_second(104.0) == 1000.0


def test_a_pause_slows_down_and_then_stops() -> None:
    rate = Rate()
    rate.add([(100.0, 0), (101.0, 4000)])
    assert rate.per_second(104.0) == 1000.0
    assert rate.per_second(101.0 + WINDOW_S + 1) == 0.0


def test_a_stage_that_begins_again_starts_anew() -> None:
    rate = Rate()
    rate.add([(100.0, 0), (101.0, 9000), (102.0, 1000), (103.0, 2000)])
    assert rate.per_second(103.0) == 1000.0


def test_one_sample_is_no_speed() -> None:
    rate = Rate()
    assert rate.per_second(5.0) == 0.0
    rate.add([(100.0, 5)])
    assert rate.per_second(100.0) == 0.0


def test_each_file_has_a_speed_of_its_own_until_the_run_is_over(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    model = RunModel(run, lambda: 104.0)
    samples = [
        Sample(100.0 + n, 3000 * n, 8, name, rate * n) for n in range(5) for name, rate in (("a", 1000), ("b", 2000))
    ]
    model.take(RunAdvanced(run, RunView(), tuple(samples), False))
    assert model.speeds == {(8, "a"): 1000.0, (8, "b"): 2000.0} and model.speed == 3000.0
    model.take(RunAdvanced(run, RunView(), (), True))
    assert model.speeds == {}
