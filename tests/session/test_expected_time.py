"""How long a plan takes here: what runs of this home took, told by nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.outcomes import StageStatus
from installer.core.runs import events as ev
from installer.core.runs.home import Home
from installer.session.expected_time import expected_here, expected_seconds
from installer.session.stage_times import RunTimes, run_times, stage_times
from tests.ui.plans import MB, blocked_plan, cpu_plan, satisfied_plan

OWN = RunTimes("qwen2.5-0.5b-cpu", {2: 1.0, 3: 3.0, 5: 12.0, 6: 42.0, 7: 18.0, 8: 100.0, 9: 44.0, 10: 113.0})
OTHER = RunTimes("another", {2: 1.0, 3: 10.0, 6: 20.0, 7: 10.0, 8: 50.0, 9: 40.0, 10: 60.0}, {3: 400 * MB, 8: 500 * MB})


def told(*runs: RunTimes, alike: bool = True) -> float | None:
    return expected_seconds(cpu_plan(), runs, lambda recipe: alike)


def test_the_same_recipe_takes_what_it_took_the_model_beside_the_packages() -> None:
    assert told(OWN) == pytest.approx(1 + max(3 + 12 + 42 + 18, 100) + 44 + 113)
    longer = replace(OWN, seconds={**OWN.seconds, 6: 142.0})
    assert told(longer) == pytest.approx(1 + (3 + 12 + 142 + 18) + 44 + 113)


def test_another_recipe_takes_its_bytes_over_the_speed_of_what_was_fetched_here() -> None:
    packages = (191 + 12 + 176 + 133) * MB / (400 * MB / 40)
    model = 988 * MB / (500 * MB / 50)
    assert told(OTHER) == pytest.approx(1 + max(packages, model) + 40 + 60)


@pytest.mark.parametrize(
    "runs",
    [
        (),
        (replace(OTHER, fetched={}),),
        (replace(OTHER, fetched={3: 400 * MB, 8: 50 * MB}),),
        (replace(OTHER, seconds={n: s for n, s in OTHER.seconds.items() if n != 9}),),
    ],
)
def test_what_no_run_tells_is_not_known(runs: tuple[RunTimes, ...]) -> None:
    assert told(*runs) is None


def test_the_start_of_another_engine_tells_nothing() -> None:
    assert told(OTHER, alike=False) is None and told(OWN, alike=False) is not None


def test_where_nothing_is_done_there_is_no_time() -> None:
    assert expected_seconds(satisfied_plan(), [OWN], lambda recipe: True) is None
    assert expected_seconds(blocked_plan(), [OWN, replace(OWN, recipe="x")], lambda recipe: True) is None


def test_a_journal_tells_times_and_bytes(tmp_path: Path) -> None:
    home = Home(tmp_path)
    started = ev.RunStarted("r", "qwen2.5-3b-vllm", "", "", 1, "")
    done = StageStatus.DONE
    written = [
        [started, ev.Progress(3, "torch", 5, 9), ev.Progress(3, "torch", 9, 9), ev.Progress(3, "numpy", 4),
         ev.StageFinished(3, "pytorch", done, seconds=2.0), ev.StageFinished(6, "dependencies", done, seconds=8.0)],
        [started, ev.StageFinished(3, "pytorch", done, seconds=1.0),
         ev.StageFinished(6, "dependencies", StageStatus.FAILED, seconds=99.0)],
    ]  # fmt: skip
    for number, events in enumerate(written):
        run = home.run(f"2026010{number}-000000-1")
        run.root.mkdir(parents=True)
        lines = [ev.to_json(ev.Entry(0.0, event)) for event in events]
        run.journal.write_text("\n".join(lines) + "\n", encoding="utf-8")

    runs = run_times(home)

    assert [run.fetched for run in runs] == [{}, {3: 13}]
    assert stage_times(runs, "qwen2.5-3b-vllm") == {3: 1.0, 6: 8.0}
    assert stage_times(runs, "another") == {}
    assert expected_here(cpu_plan(), "vllm", home) is None
