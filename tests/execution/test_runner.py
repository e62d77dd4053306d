"""Stages on real generations: order, switch, rollback, cancel, and running beside each other."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from installer.core.contracts.stage import Check, Leftover, LeftoverKind, StageContext
from installer.core.errors import Cancelled, ExitCode, IncompleteRollbackError, PredictedError, StageError
from installer.core.machine.facts import MachineFacts
from installer.core.recipes.recipe import Model, ModelSource, RandomModel, Recipe, Server
from installer.core.runs import events as ev
from installer.core.runs.home import Home
from installer.execution.context import RunContext
from installer.execution.generations import Generations
from installer.execution.runner import Runner, exit_code_of, finished
from installer.host.local import LocalHost
from tests.stand_ins.stages import FileStage, wait_for

RECIPE = Recipe("r", "R", "vllm", Model("m", (ModelSource(random=RandomModel()),)), Server("m"))


class Bench:
    """A home, a list of stages, and the events of the last run."""

    def __init__(self, root: Path, *stages: FileStage) -> None:
        self.home = Home(root)
        self.stages = stages
        self.generations = Generations(self.home)
        self.events: list[ev.Event] = []
        self.cancel = threading.Event()

    def run(self, asked: tuple[int, ...] | None = None, parallel: FileStage | None = None) -> Runner:
        self.events.clear()
        self.prepared = list[tuple[int, str]]()
        runner = Runner(
            stages=sorted(self.stages, key=lambda stage: stage.number),
            context_for=self.context,
            generations=self.generations,
            emit=self.events.append,
            run="test",
            asked=asked or tuple(stage.number for stage in self.stages),
            cancel=self.cancel,
            parallel=parallel,
            prepared=lambda ctx: self.prepared.append((ctx.stage, ctx.environment.name if ctx.environment else "")),
        )
        runner.execute()
        return runner

    def context(self, stage: FileStage) -> RunContext:
        current = self.generations.current()
        return RunContext(
            RECIPE, MachineFacts(here=True), LocalHost(self.home.cache), self.home, stage=stage.number,
            emit=self.events.append, environment=self.generations.path(current) if current else None,
        )  # fmt: skip

    def outcomes(self) -> dict[int, str]:
        return {e.stage: e.status for e in self.events if isinstance(e, ev.StageFinished)}

    def files(self) -> set[str]:
        current = self.generations.current()
        return {f.name for f in self.generations.path(current).iterdir()} if current else set()


def base() -> FileStage:
    return FileStage(2, "environment", starts_empty=True)


def test_what_needs_a_complete_environment_is_told_of_each_stage_that_has_one(tmp_path: Path) -> None:
    model = FileStage(8, "model", changes_environment=False)
    verification = FileStage(9, "verification", changes_environment=False)
    bench = Bench(tmp_path, base(), FileStage(7, "engine"), model, verification)
    bench.run(parallel=model)
    assert bench.prepared == [(8, "0001"), (9, "0001")]
    bench.run((9,))
    assert bench.prepared == [(9, "0001")]


def test_a_run_works_on_one_draft_which_is_put_in_use_at_the_end(tmp_path: Path) -> None:
    engine = FileStage(7, "engine")
    bench = Bench(tmp_path, base(), FileStage(3, "pytorch"), engine)
    engine.before = lambda ctx: in_use.append(bench.generations.current())
    in_use: list[int | None] = []
    bench.run()
    assert in_use == [None]
    assert bench.files() == {"environment.txt", "pytorch.txt", "engine.txt"}
    assert [(seal.stage, seal.complete) for seal in bench.generations.seals().values()] == [("engine", True)]
    switched = [e for e in bench.events if isinstance(e, ev.GenerationSwitched)]
    assert switched == [ev.GenerationSwitched(7, 1, None)]
    assert {entry.name for entry in bench.home.generations.iterdir()} == {"0001", "0001.json"}


def test_an_upgrade_works_on_a_clone(tmp_path: Path) -> None:
    bench = Bench(tmp_path, base(), FileStage(7, "engine"))
    bench.run()
    bench.stages = (*bench.stages, more := FileStage(6, "dependencies"))
    more.before = lambda ctx: in_use.append(bench.generations.current())
    in_use: list[int | None] = []
    bench.run()
    assert in_use == [1] and bench.generations.current() == 2
    assert {f.name for f in bench.generations.path(1).iterdir()} == {"environment.txt", "engine.txt"}
    assert bench.files() == {"environment.txt", "engine.txt", "dependencies.txt"}


def test_what_comes_after_the_packages_sees_them_in_use(tmp_path: Path) -> None:
    proof = FileStage(9, "verification", changes_environment=False)
    bench = Bench(tmp_path, base(), FileStage(7, "engine"), proof)
    proof.before = lambda ctx: seen.append((ctx.environment, bench.generations.current()))
    seen: list[tuple[Path | None, int | None]] = []
    bench.run()
    assert seen == [(bench.generations.path(1), 1)]


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    stages = (base(), FileStage(3, "pytorch"), FileStage(8, "model", changes_environment=False))
    bench = Bench(tmp_path, *stages)
    assert bench.run().changed
    assert not bench.run().changed
    assert [stage.applied for stage in stages] == [1, 1, 1]
    assert bench.generations.current() == 1
    assert set(bench.outcomes().values()) == {"satisfied"}


def test_a_failed_stage_leaves_the_environment_as_it_was(tmp_path: Path) -> None:
    broken = FileStage(3, "pytorch", fail_with=StageError("no"))
    bench = Bench(tmp_path, base(), broken)
    with pytest.raises(StageError):
        bench.run()
    assert bench.generations.current() == 1
    assert bench.files() == {"environment.txt"}
    assert [(seal.stage, seal.complete) for seal in bench.generations.seals().values()] == [("environment", False)]
    assert bench.generations.drafts() == []
    assert len(broken.rolled_back) == 1
    assert bench.outcomes() == {2: "done", 3: "failed"}


def test_a_stage_that_replaced_something_takes_the_whole_draft_with_it(tmp_path: Path) -> None:
    def replace(ctx: StageContext) -> None:
        assert ctx.environment
        (ctx.environment / "other").write_text("another file of the same name")
        (ctx.environment / "other").replace(ctx.environment / "environment.txt")

    bench = Bench(tmp_path, base(), FileStage(3, "pytorch", before=replace, fail_with=StageError("no")))
    with pytest.raises(StageError):
        bench.run()
    assert bench.generations.current() is None
    assert list(bench.home.generations.iterdir()) == []


def test_a_stage_whose_own_check_is_not_satisfied_has_failed(tmp_path: Path) -> None:
    bench = Bench(tmp_path, base(), FileStage(3, "pytorch", forget=True))
    with pytest.raises(StageError, match="its own check"):
        bench.run()
    assert bench.generations.current() == 1


def test_deeds_outside_are_taken_back(tmp_path: Path) -> None:
    model = FileStage(8, "model", changes_environment=False, fail_with=StageError("no"))
    bench = Bench(tmp_path, base(), model)
    with pytest.raises(StageError):
        bench.run()
    assert not (tmp_path / "model.txt").exists()
    deed = next(e for e in bench.events if isinstance(e, ev.Deed))
    assert deed.data["path"] == str(tmp_path / "model.txt")


def test_what_cannot_be_taken_back_is_exit_code_6(tmp_path: Path) -> None:
    left = (Leftover(LeftoverKind.PROCESS, "a process"),)
    model = FileStage(8, "model", changes_environment=False, fail_with=StageError("no"), left=left)
    with pytest.raises(IncompleteRollbackError, match="no") as caught:
        Bench(tmp_path, base(), model).run()
    assert "a process" in caught.value.why
    assert exit_code_of(caught.value) == ExitCode.INCOMPLETE


def test_what_stays_by_intention_is_told_and_is_no_failure_to_take_back(tmp_path: Path) -> None:
    left = (Leftover(LeftoverKind.SYSTEM_PACKAGE, "libnuma1 stays"),)
    bench = Bench(
        tmp_path, base(), FileStage(8, "model", changes_environment=False, fail_with=StageError("no"), left=left)
    )
    with pytest.raises(StageError) as caught:
        bench.run()
    assert exit_code_of(caught.value) == ExitCode.FAILED
    assert ev.RollbackFinished(8, ("libnuma1 stays",)) in bench.events


def test_a_failed_upgrade_puts_the_whole_deployment_back_in_use(tmp_path: Path) -> None:
    bench = Bench(tmp_path, base(), FileStage(7, "engine"))
    bench.run()
    whole = bench.generations.current()
    bench.stages = (
        *bench.stages,
        FileStage(5, "transformers"),
        FileStage(6, "dependencies", fail_with=StageError("no")),
    )
    with pytest.raises(StageError):
        bench.run()
    assert bench.generations.current() == whole
    assert set(bench.generations.seals()) == {whole} and bench.generations.drafts() == []


def test_a_deployment_that_does_not_prove_itself_gives_way_to_the_one_before(tmp_path: Path) -> None:
    bench = Bench(tmp_path, base(), FileStage(7, "engine"))
    bench.run()
    proof = FileStage(9, "verification", changes_environment=False, fail_with=StageError("no"))
    bench.stages = (*bench.stages, FileStage(6, "dependencies"), proof)
    with pytest.raises(StageError):
        bench.run()
    assert bench.generations.current() == 1
    assert [e.generation for e in bench.events if isinstance(e, ev.GenerationSwitched)] == [2, 1]
    assert [seal.number for seal in bench.generations.seals().values() if seal.complete] == [1]


def test_a_package_stage_without_an_environment_is_foreseen(tmp_path: Path) -> None:
    with pytest.raises(PredictedError, match="needs an environment"):
        Bench(tmp_path, base(), FileStage(3, "pytorch")).run(asked=(3,))


def test_cancel_stops_before_the_next_stage(tmp_path: Path) -> None:
    bench = Bench(tmp_path, base(), FileStage(3, "pytorch"))
    bench.stages[0].before = lambda ctx: bench.cancel.set()
    with pytest.raises(Cancelled):
        bench.run()
    assert bench.stages[1].applied == 0
    assert finished(Cancelled(), None, 1.0, True).exit_code == 130


def test_the_model_runs_beside_the_package_stages(tmp_path: Path) -> None:
    fetching = threading.Event()
    model = FileStage(8, "model", changes_environment=False, before=lambda ctx: fetching.set())
    engine = FileStage(7, "engine", before=wait_for(fetching))
    bench = Bench(tmp_path, base(), engine, model)
    bench.run(parallel=model)
    assert bench.outcomes() == {2: "done", 7: "done", 8: "done"}
    started = [e.stage for e in bench.events if isinstance(e, ev.StageStarted)]
    assert started.count(8) == 1


def test_a_model_that_fails_beside_stops_the_run(tmp_path: Path) -> None:
    model = FileStage(8, "model", changes_environment=False, fail_with=StageError("no weights"))
    last = FileStage(10, "server", changes_environment=False)
    bench = Bench(tmp_path, base(), FileStage(7, "engine"), model, last)
    with pytest.raises(StageError, match="no weights"):
        bench.run(parallel=model)
    assert last.applied == 0


def test_what_cannot_be_known_stops_a_run_that_needs_it(tmp_path: Path) -> None:
    class Unknowing(FileStage):
        def check(self, ctx: object) -> Check:
            return Check(unknown="There is no environment.", needed=self.name != "cuda")

    bench = Bench(tmp_path, Unknowing(1, "cuda"), Unknowing(9, "verification"))
    bench.run(asked=(1,))
    assert bench.outcomes() == {1: "unknown"}
    with pytest.raises(PredictedError, match="no environment"):
        bench.run(asked=(9,))


def test_a_refusal_after_a_change_is_a_failure_not_foresight(tmp_path: Path) -> None:
    class Blocked(FileStage):
        def check(self, ctx: object) -> Check:
            return Check(blocked="The port is taken.")

    with pytest.raises(StageError, match="port is taken") as caught:
        Bench(tmp_path, base(), Blocked(10, "server")).run()
    assert exit_code_of(caught.value) == ExitCode.FAILED
