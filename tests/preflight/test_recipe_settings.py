"""A repair of a recipe is something that can be pasted, and what is pasted is what was meant."""

from __future__ import annotations

import shlex

import pytest

from installer.core.machine.facts import Driver, Gpu, MachineFacts
from installer.core.outcomes import RepairKind
from installer.core.plans.repair import Repair
from installer.preflight.repair.recipe_settings import with_settings
from installer.session import recipes
from installer.session.stacks import launch_of

OLD = MachineFacts(driver=Driver("550.127.05"), gpus=(Gpu("NVIDIA A40", "8.6", 46068),))


@pytest.mark.parametrize("name", ["qwen2.5-3b-vllm", "qwen2.5-3b-sglang"])
def test_another_release_is_put_into_every_way_of_a_recipe(name: str) -> None:
    recipe = recipes.load(name)
    engine = recipe.engine_name
    release = Repair(
        RepairKind.RELEASE, "Use an older release.", engine=engine, version="0.1.0", requires=(f"{engine}==0.1.0",),
        pins=("torch==2.10.0",),
    )  # fmt: skip

    mended = with_settings(release, recipe, OLD, launch_of(recipe).arguments)

    words = shlex.split(" ".join(mended.options))
    assert words[::2] == ["--set"] * len(mended.options) and words
    changed = recipes.load(name, settings=words[1::2])
    assert all(way.requires == (f"{engine}==0.1.0",) for way in changed.engine.alternatives)
    assert [way.requires for way in changed.pytorch.alternatives] == [("torch==2.10.0",)]
    assert changed.requirements.driver is None


def test_another_recipe_is_named() -> None:
    assert Repair(RepairKind.RECIPE, "Take another.", recipe="qwen2.5-3b-vllm").options == ("--recipe qwen2.5-3b-vllm",)
    assert Repair(RepairKind.MACHINE, "Take another machine.").options == ()
