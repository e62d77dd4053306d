"""The plan of the stages, in their order."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.outcomes import StageStatus
from installer.core.recipes.recipe import Model, ModelSource, RandomModel, Recipe, Server
from installer.execution.planner import plan_stages
from tests.stand_ins.context import RecordingContext
from tests.stand_ins.stages import FileStage

RECIPE = Recipe("r", "R", "sglang", Model("m", (ModelSource(random=RandomModel()),)), Server("m"))
PACKAGES = FileStage(3, "packages")
MODEL = FileStage(8, "model", changes_environment=False)
SERVER = FileStage(10, "server", changes_environment=False, again="restart it")


@pytest.fixture
def context(tmp_path: Path) -> RecordingContext:
    """A home with a model and a server that runs, and an environment in use."""
    ctx = RecordingContext(RECIPE, tmp_path, stage=1)
    ctx.environment = tmp_path / "environment"
    ctx.environment.mkdir()
    for stage in (MODEL, SERVER):
        (tmp_path / f"{stage.name}.txt").touch()
    return ctx


def statuses(ctx: RecordingContext, asked: set[int] | None = None) -> dict[str, tuple[StageStatus, str]]:
    planned = plan_stages((PACKAGES, MODEL, SERVER), lambda stage: ctx, asked)
    return {stage.name: (stage.status, stage.reason) for stage in planned}


def test_a_server_is_restarted_where_its_environment_is_replaced(context: RecordingContext) -> None:
    found = statuses(context)

    assert found["packages"][0] == StageStatus.PENDING
    assert found["model"] == (StageStatus.SATISFIED, "model is there"), "which does not live in the environment"
    assert found["server"] == (StageStatus.PENDING, "restart it")


def test_it_goes_on_where_the_environment_stays(context: RecordingContext, tmp_path: Path) -> None:
    (tmp_path / "environment" / "packages.txt").touch()
    assert {status for status, _ in statuses(context).values()} == {StageStatus.SATISFIED}


def test_it_goes_on_where_the_packages_are_not_asked_for(context: RecordingContext) -> None:
    assert statuses(context, {8, 10})["server"][0] == StageStatus.SATISFIED
