"""Lets the checks look at a stack, and reads what is known of the model.

Installs and starts nothing, and never waits for the network longer than the looks allow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from installer.core.contracts.host import Host
from installer.core.plans.plan import Finding
from installer.core.plans.repair import Repair
from installer.core.plans.stack import ModelFacts, Stack
from installer.host.background_call import attempt
from installer.knowledge.engines import launch_reader
from installer.preflight.findings_cache import Foreseen
from installer.session.circumstances import Circumstances
from installer.session.repairing import mended, repair_of

if TYPE_CHECKING:
    from installer.packages.wheels.inspection import WheelLookups

PATIENCE_S = 10.0
"""How long anybody outside is waited for."""


def judged(
    stack: Stack,
    lookups: WheelLookups,
    around: Circumstances,
    host: Host,
    *,
    more: Sequence[Finding] = (),
    other: Callable[[], Repair | None] = lambda: None,
) -> Foreseen:
    """What all judges say of `stack`, the memory it needs, and the repair where something stands against it.

    `more` are findings that are known already: they count for whether a repair is looked for. `other` is asked for one
    before anything is searched.
    """
    from installer.models.memory import estimate
    from installer.preflight.assessment import assess

    lookups.prefetch(stack.packages.values())
    read = attempt(lambda: launch_reader.looked_up(stack, lookups), stack)
    findings = assess(read, around.facts, lookups)
    memory = attempt(lambda: estimate(read, around.facts), None) if stack.launch else None
    # A search that breaks must not cost the findings that it was to answer.
    repair = attempt(lambda: repair_of(read, [*more, *findings], lookups, around, host, other=other), None)
    return Foreseen(tuple(mended(findings, repair)), memory, repair)


def model_of(name: str, around: Circumstances, host: Host, *, revision: str = "main") -> ModelFacts | None:
    """What is known of a model: by the config that was given, else by its name or folder."""
    if around.model is not None:
        return replace(around.model, name=name or around.model.name)
    if not name:
        return None
    from installer.models import model_facts

    return model_facts(name, host, around.offline, revision)
