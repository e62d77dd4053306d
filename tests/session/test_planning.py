"""The steps of a plan: each taken in one place, each cause told once, and nothing said of another machine from here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.core.contracts.stage import Change, ChangeKind
from installer.core.machine.facts import MachineFacts
from installer.core.packages.lock import Lock
from installer.core.plans.plan import PlannedStage
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.host.local import LocalHost
from installer.session import recipes
from installer.session.blocked_stages import from_here
from installer.session.outside_facts import OutsideFacts
from installer.session.planning import Locked, StagesChecked, assess, plan, size
from installer.session.prepared import Prepared
from stages import models

ROOT = Path(__file__).parents[2]

HUB = PlannedStage(8, "model", "blocked", "No model is available: the hub cannot be reached.")


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (MachineFacts("this", here=True), "blocked"),
        (MachineFacts("pod", here=False, online=True), "unknown"),
        (MachineFacts("pod", here=False), "unknown"),
    ],
)
def test_a_stage_that_only_this_machine_blocks_is_unknown_elsewhere(facts: MachineFacts, status: str) -> None:
    seen = from_here(facts, HUB, ())
    assert seen.status == status
    assert HUB.reason in seen.reason


def test_a_stage_that_the_facts_block_stays_so() -> None:
    stage = PlannedStage(3, "pytorch", "blocked", "no wheel for this Python")
    assert from_here(MachineFacts("pod", here=False), stage, ()) == stage


STEPS = {
    "Plan": {"planning", "auditing"},
    "plan_stages": {"planning"},
    "merged": {"planning", "assessing", "auditing"},
    "all_findings": {"assessing", "repairing", "servers"},
    "predicted_findings": {"planning"},
}
"""Who may take a step of the pipeline by itself: everybody else hands on what the steps made."""


def calls(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_taken_in_one_place(step: str) -> None:
    found = {module.stem for folder in ("installer", "stages") for module in (ROOT / folder).rglob("*.py")
             if "ui" not in module.parts and step in calls(module)}  # fmt: skip
    assert found == STEPS[step]


def test_what_is_judged_holds_each_cause_once_and_its_gravest_word(tmp_path: Path) -> None:
    """The recipe's own demand gives way, a blocked stage and a notice come in, and what is overruled is a warning."""
    recipe = recipes.load("qwen2.5-3b-vllm")
    request = Request(recipe=recipe.name, overruled=("gpu-arch",))
    facts = MachineFacts("pod", gpus=(), here=False, online=True)
    prepared = Prepared(request, Home(tmp_path), recipe, facts, "")
    noticed = Lock("k", "3.12", "x86_64-manylinux_2_35", (), notices=("The index x cannot be used.",))
    checked = StagesChecked(Locked(prepared, noticed), (HUB,))

    assessed = assess(checked, LocalHost(tmp_path), None)

    told = [(one.code, one.severity) for one in assessed.findings]
    assert told.count(("gpu-arch", "warning")) == 1 and ("gpu-arch", "blocker") not in told
    assert ("network", "info") in told and ("index-missing", "info") in told
    assert [one.stage for one in assessed.findings] == sorted(one.stage for one in assessed.findings)
    assert assessed.stages[0].status == "unknown", "what only this machine cannot reach is open there"
    assert size(assessed, LocalHost(tmp_path)).stages == assessed.stages


def test_a_plan_is_about_the_model_that_would_be_served(tmp_path: Path) -> None:
    """The one that is complete on this disk, else the one that stage 8 would fetch; elsewhere the recipe's first."""
    recipe, home, host = recipes.load("qwen2.5-0.5b-cpu"), Home(tmp_path), LocalHost(tmp_path)
    first, packed, _ = recipe.model.alternatives
    fetch = Change(ChangeKind.FETCH_MODEL, "fetch it", (), about=str(models.folder(home, packed)))
    nothing, fetching = PlannedStage(8, "model", "unknown"), PlannedStage(8, "model", "pending", changes=(fetch,))

    def planned(stage: PlannedStage, *, here: bool = True) -> tuple[str, str]:
        prepared = Prepared(Request(recipe.name, offline=True), home, recipe, MachineFacts("pod", here=here), "")
        checked = StagesChecked(Locked(prepared, None), (stage,))
        with OutsideFacts(prepared, host) as outside:
            assessed = assess(checked, host, outside)
            known = outside.model()
        return plan(size(assessed, host)).model, known.name if known else ""

    assert planned(nothing) == (first.hub, first.hub)
    assert planned(fetching) == (packed.package.holds, packed.package.holds)
    assert planned(fetching, here=False)[0] == first.hub
    models.folder(home, packed).mkdir(parents=True)
    models.write_manifest(models.folder(home, packed), packed, (), run=None)
    assert planned(nothing)[0] == packed.package.holds
