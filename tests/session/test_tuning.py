"""The search: what it tries and in which order, what it refuses, when it stops. A table stands for the server here."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.errors import StageError, UsageError
from installer.core.recipes.recipe import Recipe
from installer.core.runs.home import Home
from installer.diagnostics.bench_clients import Load, Measured
from installer.session import recipes, tune_profile
from installer.session.tune_aims import AIMS, Level, level, score
from installer.session.tune_journal import Journal
from installer.session.tune_space import DEFAULTS, RECIPE, Point, defaults, dimensions, steps
from installer.session.tuning import Search, Trial, TrialActions

FAR = float("inf")
SGLANG = recipes.load("qwen2.5-3b-sglang")
SPEEDS = {16: 3235, 32: 4411, 64: 6700, 128: 6850, 256: 6800, None: 6901}
"""Tokens per second at 64 requests at a time on an H200, by how many run at once; of 16, 32 and none as measured."""


def load(speed: float, width: int = 64, ttft: float = 400, tpot: float = 6.4) -> Measured:
    return Measured(Load(width, 4 * width, 256, 100), ttft, tpot, 1.0, speed, 4 * width)


def flag(point: Point, name: str, recipe: Recipe = SGLANG) -> object:
    return dict(point.flags).get(name, recipe.server.flags.get(name))


def h200(point: Point) -> Sequence[Measured]:
    return [load(SPEEDS[flag(point, "--max-running-requests")])]  # type: ignore[index]


def search(
    measure: Callable[[Point], Sequence[Measured]] = h200, *, refuses: Callable[[Point], str] = lambda _: "",
    known: Callable[[Point], Sequence[Measured] | None] = lambda _: None, bounds: Level | None = None,
    deadline: float = FAR,
) -> Search:  # fmt: skip
    made = Search(
        SGLANG,
        dimensions(SGLANG, "throughput", 1),
        "throughput",
        bounds or Level(),
        TrialActions(refuses, measure, known),
        deadline,
    )
    for _ in made.run():
        pass
    return made


def test_the_recipe_comes_first_and_the_engines_defaults_second() -> None:
    made = search()
    assert [trial.point.name for trial in made.trials[:2]] == [RECIPE, DEFAULTS]
    assert flag(made.trials[1].point, "--max-running-requests") is None
    assert flag(made.trials[1].point, "--context-length") == 32768, "what is no dimension stays"


def test_the_best_of_a_known_table_is_found_without_being_told() -> None:
    best = search().best
    assert best is not None and best.score >= 0.95 * max(SPEEDS.values())
    assert flag(best.point, "--max-running-requests") is None


def test_no_setting_is_tried_twice_and_each_dimension_keeps_what_was_settled_before() -> None:
    made = search()
    keys = [trial.point.key for trial in made.trials]
    assert len(keys) == len(set(keys))
    last = made.trials[-1].point
    assert flag(last, "--max-running-requests") is None and flag(last, "--attention-backend") is not None


def test_what_foresight_refuses_is_never_started() -> None:
    started: list[Point] = []

    def measure(point: Point) -> Sequence[Measured]:
        started.append(point)
        return h200(point)

    made = search(measure, refuses=lambda point: "does not fit" if flag(point, "--mem-fraction-static") == 0.9 else "")
    assert [trial.why for trial in made.trials if trial.status == "refused"] == ["does not fit"]
    assert all(flag(point, "--mem-fraction-static") != 0.9 for point in started)


def test_one_that_does_not_start_is_told_and_passed_over() -> None:
    def measure(point: Point) -> Sequence[Measured]:
        if flag(point, "--attention-backend") == "flashinfer":
            raise StageError("The server ended before it was ready.")
        return h200(point)

    failed = [trial for trial in search(measure).trials if trial.status == "failed"]
    assert [trial.why for trial in failed] == ["The server ended before it was ready."]


def test_a_difference_that_chance_could_make_moves_nothing() -> None:
    made = search(lambda point: [load(100 if not point.flags else 101.5)])
    assert made.best is not None and made.best.number == 0


def test_what_breaks_the_service_level_does_not_win() -> None:
    def measure(point: Point) -> Sequence[Measured]:
        wide = flag(point, "--max-running-requests") is None
        return [load(9000, ttft=900)] if wide else h200(point)

    made = search(measure, bounds=Level(ttft_ms=500))
    assert {trial.status for trial in made.trials} == {"measured", "too slow"}
    assert made.best is not None and made.best.loads[0].ttft_ms == 400
    assert search(measure, bounds=Level(ttft_ms=1)).best is None


def test_time_that_is_up_ends_it_after_the_two_first() -> None:
    made = search(deadline=time.monotonic() - 1)
    assert [trial.point.name for trial in made.trials] == [RECIPE, DEFAULTS]


def test_what_an_earlier_search_measured_is_not_started_again(tmp_path: Path) -> None:
    journal = Journal(Home(tmp_path), {"recipe": "small", "load": [64, 256]})
    first = search()
    for trial in first.trials[:5]:
        journal.note(trial.point, trial.loads)
    (tmp_path / "tuning" / f"{journal.name}.jsonl").open("a").write('{"torn')
    started: list[str] = []
    again = search(lambda point: started.append(point.key) or h200(point), known=journal.known)  # type: ignore[func-returns-value]
    assert [trial.point for trial in again.trials] == [trial.point for trial in first.trials]
    assert started == [trial.point.key for trial in first.trials[5:]]
    assert replace(journal, question={"recipe": "small", "load": [1, 256]}).known(Point(RECIPE)) is None


@pytest.mark.parametrize(("gpus", "layouts"), [(1, set()), (2, {None, 2}), (4, {None, 2, 4})])
def test_layouts_are_those_that_the_gpus_allow(gpus: int, layouts: set[int | None]) -> None:
    known = [one for one in dimensions(SGLANG, "latency", gpus) if one.name == "layout"]
    assert {value for one in known for value in one.values} == layouts


def test_a_dimension_is_spelled_as_the_recipe_spells_it() -> None:
    server = replace(SGLANG.server, flags={"--cuda-graph-max-bs": 64})
    recipe = replace(SGLANG, server=server)
    known = dimensions(recipe, "throughput", 1)
    graphs = next(one for one in known if one.name == "graphs")
    assert graphs.flag == "--cuda-graph-max-bs"
    assert defaults(recipe, known).flags == (("--cuda-graph-max-bs", None),)
    moved = next(point for point in steps(Point(RECIPE), graphs, recipe) if dict(point.flags).get(graphs.flag) == 128)
    assert moved.settings == ("server.flags.--cuda-graph-max-bs=128",)
    assert Point("x", (("--a", None), ("--b", True))).settings == ("server.flags.--a=null", "server.flags.--b=true")


def test_each_aim_weighs_its_own_figures() -> None:
    quick, wide = load(300, 1, 20, 3), load(6000, 64)
    slow = replace(quick, ttft_ms=200.0)
    assert set(AIMS) == {"throughput", "latency", "balanced"}
    assert score("throughput", [quick, wide]) == 6000
    assert score("latency", [quick, wide]) > score("latency", [slow, wide])
    assert score("balanced", [quick, wide]) > score("balanced", [slow, wide])


def test_a_service_level_in_words() -> None:
    assert level("ttft=0.2s,tpot=20ms") == Level(200, 20)
    assert level(None) == Level()
    for wrong in ("ttft", "ttft=fast", "e2e=3s", "ttft=1ms;tpot=2ms"):
        with pytest.raises(UsageError):
            level(wrong)


def test_the_winner_is_a_profile_in_a_copy_of_the_recipe(tmp_path: Path) -> None:
    best = Trial(1, Point(DEFAULTS), "measured", loads=(load(6901),))
    text = tune_profile.described(best, "NVIDIA H200")
    flags = {"--max-running-requests": None, "--chunked-prefill-size": 8192}
    for name in ("qwen2.5-3b-sglang", "qwen2.5-0.5b-cpu"):
        recipe = recipes.load(name)
        for _ in range(2):  # the second time replaces the first
            file = tune_profile.write(Home(tmp_path), recipe, "tuned-throughput", flags, text)
        made = recipes.load(str(file), profile="tuned-throughput")
        assert made.server.flags["--chunked-prefill-size"] == 8192
        assert made.server.flags.get("--max-running-requests") is None
        assert "6,901 tokens/s" in made.profiles[0].description and "NVIDIA H200" in made.profiles[0].description
        assert len(made.profiles) == len(recipe.profiles) + 1
        assert Path(recipe.source).read_text() != file.read_text()
