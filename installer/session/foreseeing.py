"""Lets the judges look at a stack: opens the looks, reads what is known of the model, keeps the answer for a while.

Installs and starts nothing, and never waits for the network longer than the looks allow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from installer.core.contracts.host import Host
from installer.core.machine.facts import MachineFacts
from installer.core.machine.file import to_mapping
from installer.core.plans.plan import Finding
from installer.core.plans.repair import Repair
from installer.core.plans.stack import ModelFacts, Stack
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.host.question import attempt
from installer.preflight.findings_cache import Foreseen, key_of

if TYPE_CHECKING:
    from installer.packages.wheels.inspection import WheelLooks

PATIENCE_S = 10.0
"""How long anybody outside is waited for."""
_COARSE_MIB = 4096
"""Free disk of this machine changes all the time; less than this is the same question."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What all judgements of one command share."""

    home: Home
    facts: MachineFacts
    as_of: str | None
    offline: bool
    model: ModelFacts | None = None
    """What the config says that was given; `None`: none was."""
    model_digest: str = ""

    def file(self, **more: Any) -> Path:
        """Where the answer to the question is kept that `more` and these circumstances make."""
        question = {
            "facts": _steady(self.facts), "as_of": self.as_of or date.today().isoformat(), "offline": self.offline,
            "model_config": self.model_digest, **more,
        }  # fmt: skip
        return self.home.cache / "foreseen" / f"{key_of(question)}.json"


def circumstances(request: Request, home: Home, facts: MachineFacts) -> Circumstances:
    """Those of a request. Raises `UsageError` where the model's config that it names cannot be read."""
    if request.model_config is None:
        return Circumstances(home, facts, request.as_of, request.offline)
    from installer.models import load_model

    model = load_model(Path(request.model_config))
    digest = hashlib.sha256(repr(model).encode()).hexdigest()
    return Circumstances(home, facts, request.as_of, request.offline, model, digest)


@contextmanager
def looking(host: Host, around: Circumstances) -> Iterator[WheelLooks]:
    """Looks into what is not installed, closed afterwards."""
    from installer.packages.wheels.inspection import WheelLooks

    looks = WheelLooks(host, around.home, as_of=around.as_of, offline=around.offline)
    try:
        yield looks
    finally:
        looks.close()


def judged(
    stack: Stack,
    looks: WheelLooks,
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
    from installer.session.repairing import mended, repair_of

    looks.prefetch(stack.packages.values())
    findings = assess(stack, around.facts, looks)
    memory = attempt(lambda: estimate(stack, around.facts), None) if stack.launch else None
    # A search that breaks must not cost the findings that it was to answer.
    repair = attempt(lambda: repair_of(stack, [*more, *findings], looks, around, host, other=other), None)
    return Foreseen(tuple(mended(findings, repair)), memory, repair)


def model_of(name: str, around: Circumstances, host: Host, *, revision: str = "main") -> ModelFacts | None:
    """What is known of a model: by the config that was given, else by its name or folder."""
    if around.model is not None:
        return replace(around.model, name=name or around.model.name)
    if not name:
        return None
    from installer.models import model_facts

    return model_facts(name, host, around.offline, revision)


def _steady(facts: MachineFacts) -> Mapping[str, Any]:
    """The facts without what changes from minute to minute."""
    body = to_mapping(facts)
    body.pop("ports_in_use", None)
    if facts.here:
        for disk in body.get("disks", ()):
            disk["free_mib"] = (disk.get("free_mib") or 0) // _COARSE_MIB
    return body
