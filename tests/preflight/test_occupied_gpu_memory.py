"""GPU memory that another program holds: foreseen, with who holds it, and never taken for a matter of size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.machine.facts import Gpu, GpuProcess, MachineFacts
from installer.core.machine.loader import parse
from installer.core.plans.plan import Finding
from installer.core.plans.stack import ModelFacts, Placed, Stack
from installer.host.own_gpu_memory import without
from installer.models.memory import estimate
from installer.preflight.checks import machine_fit, memory
from installer.session import recipes
from installer.session.stacks import launch_of
from tests.preflight.test_gpu_memory import LOOKS, MODELS

HELD = parse((Path(__file__).parents[1] / "machines/h200-held.yaml").read_text(encoding="utf-8"), "h200-held")
assert HELD.gpus is not None
CARD = HELD.gpus[0]
SGLANG, VLLM = "qwen2.5-3b-sglang", "qwen2.5-3b-vllm"


def with_free(*free: int | None) -> MachineFacts:
    return replace(HELD, gpus=tuple(replace(CARD, free_mib=mib) for mib in free))


def assessed(name: str, facts: MachineFacts) -> list[Finding]:
    return [found for found in memory.check(stack(name), facts, LOOKS) if found.code == "gpu-held"]


def stack(name: str) -> Stack:
    recipe = recipes.load(name)
    model = ModelFacts("Qwen/Qwen2.5-3B-Instruct", "a file", config=MODELS["qwen2.5-3b"]["config"])
    return Stack(
        "3.12", "x86_64-manylinux_2_35", {recipe.engine_name: Placed(recipe.engine_name, "0.5.23", 7)},
        launch_of(recipe), model,
    )  # fmt: skip


@pytest.mark.parametrize("name", [SGLANG, VLLM])
def test_a_gpu_that_is_held_is_a_blocker_that_names_who_holds_it(name: str) -> None:
    (finding,) = assessed(name, HELD)

    assert finding.severity == "blocker"
    assert "python3 (process 812, 136.6 GiB)" in finding.evidence and "3.2 GiB of 140.4 GiB" in finding.evidence
    assert "kill 812" in finding.fix


@pytest.mark.parametrize("name", [SGLANG, VLLM])
@pytest.mark.parametrize("free", [None, 143156, 140000])
def test_a_gpu_that_is_free_or_unknown_is_not(name: str, free: int | None) -> None:
    assert assessed(name, with_free(free)) == []


@pytest.mark.parametrize("other", [None, 143156], ids=["unknown", "free"])
def test_one_gpu_that_is_held_is_enough_and_the_others_are_not_accused(other: int | None) -> None:
    two = replace(stack(SGLANG), tensor_parallel=2)
    assert two.launch is not None
    two = replace(two, launch=replace(two.launch, arguments=(*two.launch.arguments, "--tp-size", "2")))
    (finding,) = [found for found in memory.check(two, with_free(3277, other), LOOKS) if found.code == "gpu-held"]

    assert finding.evidence.count("NVIDIA H200 has") == 1 and "not visible" not in finding.evidence
    assert finding.fix == "Stop the programs that use it (`kill 812`), or use another machine."


def test_a_gpu_that_is_free_is_named_for_pasting() -> None:
    (finding,) = assessed(SGLANG, with_free(3277, 3277, 143156))

    setting = finding.fix.partition("--set ")[2].rstrip(".")
    assert setting == "server.gpus=2"
    assert recipes.load(SGLANG, settings=[setting]).server.gpus == 2


def test_vllm_takes_its_share_of_the_whole_gpu_sglang_of_what_is_free() -> None:
    half = with_free(70000)

    (finding,) = assessed(VLLM, half)
    assert "--gpu-memory-utilization 0.48" in finding.fix
    assert assessed(SGLANG, half) == []
    whole = estimate(stack(SGLANG), with_free(143156)).kv_tokens
    assert estimate(stack(SGLANG), with_free(None)).kv_tokens == pytest.approx(whole, rel=0.001)
    free = estimate(stack(SGLANG), half)
    assert free.kv_tokens == pytest.approx((whole or 0) * 0.47, rel=0.03)
    assert any("70000 MiB" in told for told in free.assumed)


def test_the_recipes_own_demand_is_held_against_what_is_free_and_rules_no_recipe_out() -> None:
    chosen, _ = recipes.choose(HELD, recipes.shipped())
    (finding,) = machine_fit.unmet_requirements(chosen, HELD)

    assert chosen.name == SGLANG
    assert finding.code == "gpu-held" and "process 812" in finding.evidence


@pytest.mark.parametrize(
    ("server", "whose", "command"),
    [
        ("chat", "server chat of this home", "`deploy-tui --server chat server stop`"),
        ("", "the first server of this home", "`deploy-tui server stop`"),
    ],
)
def test_another_server_of_the_home_is_stopped_and_not_killed(server: str, whose: str, command: str) -> None:
    """It is watched: its supervisor starts again what is killed."""
    processes = (GpuProcess(812, "VLLM::EngineCore", 60_000, server), GpuProcess(7, "python3", 13_000))
    (finding,) = assessed(VLLM, replace(HELD, gpus=(replace(CARD, free_mib=70_000, processes=processes),)))

    assert f"VLLM::EngineCore ({whose}, process 812, 58.6 GiB), python3 (process 7, 12.7 GiB)" in finding.evidence
    assert f"({command}, `kill 7`)" in finding.fix and "812" not in finding.fix
    assert finding.fix.startswith("Give --gpu-memory-utilization 0.48 to share the GPU.")


def test_what_is_not_shown_is_said() -> None:
    hidden = replace(HELD, gpus=(replace(CARD, processes=()),))

    (finding,) = assessed(SGLANG, hidden)

    assert "another container or the host" in finding.evidence and "kill" not in finding.fix


def test_the_homes_own_server_is_in_nobodys_way() -> None:
    assert without(CARD, {812}) == replace(CARD, free_mib=3277 + 139878, processes=())
    assert without(CARD, {1}) == CARD
    assert without(replace(CARD, processes=(GpuProcess(812),)), {812}).free_mib is None
    assert without(Gpu("NVIDIA H200"), {812}) == Gpu("NVIDIA H200")
