"""A plan says that the very same failed here, until it is another recipe or machine, or a later run got past it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, RunState, Severity, StageStatus
from installer.core.runs import events as ev
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.session import failed_before, recipes
from installer.session.prepared import Prepared

WHAT = "The server ended before it was ready."


@pytest.fixture
def prepared(tmp_path: Path) -> Prepared:
    recipe = recipes.load("qwen2.5-0.5b-cpu")
    facts = MachineFacts(name="this-machine", memory_mib=4096, here=True)
    return Prepared(Request(), Home(tmp_path), recipe, facts, because="")


def ran(prepared: Prepared, name: str, state: RunState, stage: int | None = None, only: int | None = None) -> None:
    """A run of this home; `only` one stage of it was asked for."""
    stages = tuple(
        ev.StageOutline(n, f"s{n}", f"S{n}", StageStatus.SKIPPED if only not in (None, n) else StageStatus.PENDING)
        for n in (3, 10)
    )
    end = ev.RunFinished(state, 1, 2.0, stage, WHAT if stage else "", "It printed: no block size.", "Choose another.")
    told = (
        ev.RunStarted(name, "r", "R", "/h", 1, "m"),
        ev.PlanReady(stages, attempt=failed_before.attempt(prepared, None)), end,
    )  # fmt: skip
    run = prepared.home.run(name)
    run.root.mkdir(parents=True)
    run.journal.write_text("".join(ev.to_json(ev.Entry(1e9, event)) + "\n" for event in told), encoding="utf-8")


def test_it_says_when_and_why(prepared: Prepared) -> None:
    assert failed_before.failure(prepared, None) == ()
    ran(prepared, "20261130-1", RunState.FAILED, 10)
    (found,) = failed_before.failure(prepared, None)
    assert (found.code, found.severity, found.stage) == (Code.FAILED_BEFORE, Severity.WARNING, 10)
    assert found.summary.startswith("The same failed here on 2001-09-") and found.summary.endswith(f"stage 10: {WHAT}")
    assert (found.evidence, found.fix) == ("It printed: no block size.", "Choose another.")


def test_it_goes_with_another_recipe_machine_or_success(prepared: Prepared) -> None:
    ran(prepared, "20261130-1", RunState.FAILED, 10)
    server = replace(prepared.recipe.server, port=9001)
    assert failed_before.failure(replace(prepared, recipe=replace(prepared.recipe, server=server)), None) == ()
    assert failed_before.failure(replace(prepared, facts=replace(prepared.facts, memory_mib=8192)), None) == ()
    fuller = replace(prepared.facts, ports_in_use=(8888,))
    assert failed_before.failure(replace(prepared, facts=fuller), None), "a port says nothing of why it failed"
    ran(prepared, "20261130-2", RunState.CANCELLED)
    ran(prepared, "20261130-3", RunState.DONE, only=3)
    assert failed_before.failure(prepared, None), "neither went as far"
    ran(prepared, "20261130-4", RunState.DONE)
    assert failed_before.failure(prepared, None) == ()
    ran(prepared, "20261130-5", RunState.FAILED, 3)
    assert failed_before.failure(prepared, None)[0].stage == 3
