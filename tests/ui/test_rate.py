"""Bytes per second from the events' own times."""

from __future__ import annotations

from installer.ui.rate import WINDOW_S, Rate


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
