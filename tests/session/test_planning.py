"""What a plan says of another machine: what this one cannot reach is no fact about that one."""

from __future__ import annotations

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.plans.plan import PlannedStage
from installer.session.blocked_stages import from_here

HUB = PlannedStage(8, "model", "blocked", "No model can be had: the hub cannot be reached.")


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
