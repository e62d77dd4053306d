"""How a plan is made, from top to bottom. Each step takes the value that the one before returned, and makes its own:

    prepare ──► lock ────► check_stages ───► assess ───► size ───► plan
    Prepared    Locked     StagesChecked     Assessed    Sized     Plan

`prepare` (`prepare.py`) chooses and reads the recipe, and adds the facts of the machine. A run takes the same steps
(`run_execution.py`), and checks only where there is anything to do. Nothing here changes anything but the cache.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date

from installer.core.errors import PredictedError
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity, StageStatus
from installer.core.packages.lock import Lock
from installer.core.plans.memory import MemoryEstimate
from installer.core.plans.plan import Finding, Plan, PlannedStage
from installer.core.plans.repair import Repair
from installer.core.runs.request import Request
from installer.execution.generations import Generations
from installer.execution.planner import plan_stages
from installer.host.background_call import BackgroundCall
from installer.host.local import LocalHost
from installer.packages import lock_files, resolution
from installer.preflight.findings_cache import NOTHING
from installer.preflight.merging import merged
from installer.session import blocked_stages, failed_before, stated_findings
from installer.session.assessing import predicted_findings
from installer.session.expected_time import expected_here
from installer.session.outside_facts import OutsideFacts
from installer.session.overruling import overruled
from installer.session.prepared import Prepared
from installer.session.repairing import other_port
from installer.session.served_model import with_served_model
from installer.session.stacks import launch_of
from installer.session.stage_contexts import contexts
from stages import STAGES, numbers

PACKAGES = numbers(lambda traits: traits.installs_packages)
READ_ONLY = numbers(lambda traits: traits.read_only)
SIZES_S = 10.0
"""How long the sizes of wheels are waited for."""


@dataclass(frozen=True, slots=True)
class Locked:
    """With the packages that it means."""

    prepared: Prepared
    lock: Lock | None
    """`None` if an image provides them, if no requested stage needs them, or if there are none."""
    refused: tuple[Finding, ...] = ()
    """Why there are none."""


@dataclass(frozen=True, slots=True)
class StagesChecked:
    """With what each stage says is missing."""

    locked: Locked
    stages: tuple[PlannedStage, ...]

    @property
    def nothing_to_do(self) -> bool:
        """Whether every stage that was requested is in place; what is unknown here is not."""
        here = self.locked.prepared.facts.here
        unknown = any(stage.status == StageStatus.UNKNOWN and stage.number != 1 for stage in self.stages)
        return not (here and unknown) and not any(
            stage.status in (StageStatus.PENDING, StageStatus.BLOCKED) for stage in self.stages
        )

    @property
    def read_only(self) -> bool:
        """Whether nothing is to be installed, fetched or started."""
        return all(stage.number in READ_ONLY or stage.status != StageStatus.PENDING for stage in self.stages)


@dataclass(frozen=True, slots=True)
class Assessed:
    """With what prevents it, each cause once, and what helps."""

    locked: Locked
    stages: tuple[PlannedStage, ...]
    findings: tuple[Finding, ...]
    memory: MemoryEstimate | None = None
    repair: Repair | None = None
    looked_bytes: int = 0
    """What was fetched for that."""


@dataclass(frozen=True, slots=True)
class Sized:
    """With the bytes of its packages."""

    assessed: Assessed
    lock: Lock | None
    stages: tuple[PlannedStage, ...]


def make_plan(prepared: Prepared, host: LocalHost, *, sizes: bool = True) -> Plan:
    """The plan that `deploy-tui plan` prints and the screen reviews; without `sizes` they are not requested."""
    started = time.monotonic()
    made = plan(work_out(prepared, host, sizes=sizes))
    expected = expected_here(made, prepared.recipe.engine_name, prepared.home)
    return replace(made, expected_seconds=expected, seconds=time.monotonic() - started)


def work_out(prepared: Prepared, host: LocalHost, *, sizes: bool = True) -> Sized:
    """All steps but the last; what takes long outside is asked next to each other."""
    with OutsideFacts(prepared, host) as outside:
        locked = _locked(prepared, host, outside)
        asked = BackgroundCall(lambda: _with_sizes(locked, host), locked.lock) if sizes else None
        assessed = assess(check_stages(locked, host), host, outside)
    return size(assessed, host, asked.answer(time.monotonic() + SIZES_S) if asked else None)


def lock(
    prepared: Prepared, host: LocalHost, *, resolving: Callable[[], None] = lambda: None, brief: bool = False
) -> Locked:
    """The packages: kept, or resolved now if any stage requested needs them.

    `resolving` is called before that takes a while. Raises `PredictedError` if they have no solution.
    """
    locked = kept_lock(prepared, host)
    if locked.lock or prepared.recipe.container or not set(prepared.asked) & set(PACKAGES):
        return locked
    resolving()
    return Locked(prepared, resolution.resolve(question_of(prepared, host, brief=brief), host, prepared.home))


def kept_lock(prepared: Prepared, host: LocalHost) -> Locked:
    """The packages, where they were resolved before; an image provides its own."""
    container = prepared.recipe.container
    return Locked(prepared, None if container else resolution.known(question_of(prepared, host), prepared.home))


def check_stages(locked: Locked, host: LocalHost) -> StagesChecked:
    """Every stage that is requested says what is missing."""
    return StagesChecked(locked, _stages(locked.prepared, host, locked.lock, locked.prepared.asked))


def assess(checked: StagesChecked, host: LocalHost, outside: OutsideFacts | None) -> Assessed:
    """All checks, the recipe's own demands, and what keeps a stage from beginning; without `looks` only those two."""
    locked, prepared = checked.locked, checked.locked.prepared
    if outside:
        outside.serve(checked.stages)
    predicted = predicted_findings(locked.lock, outside, locked.refused) if outside else NOTHING
    found = overruled(predicted.findings, prepared.request.overruled)
    demands = [*stated_findings.requirements(prepared, host), *locked.refused, *stated_findings.of_deriving(prepared)]
    blocked = blocked_stages.findings(prepared.facts, checked.stages, {one.code for one in (*demands, *found)})
    noticed = [*stated_findings.notices(locked.lock), *stated_findings.passed_over(prepared)]
    if not checked.nothing_to_do:
        noticed += failed_before.failure(prepared, locked.lock)
    findings = merged([*found, *blocked, *noticed], demands)
    stopped = any(finding.severity == Severity.BLOCKER for finding in found)
    return Assessed(
        locked,
        tuple(blocked_stages.from_here(prepared.facts, stage, blocked) for stage in checked.stages),
        findings,
        predicted.memory,
        (predicted.repair if stopped else None) or other_port(findings, prepared.recipe.server.port, prepared.facts),
        outside.transferred() if outside else 0,
    )


def size(assessed: Assessed, host: LocalHost, sized: Lock | None = None) -> Sized:
    """With the same packages as far as their sizes are known by now; what each stage would fetch follows from them."""
    prepared, known = assessed.locked.prepared, assessed.locked.lock
    if sized is None or sized is known:
        return Sized(assessed, known, assessed.stages)
    rechecked = {stage.number: stage for stage in _stages(prepared, host, sized, {*PACKAGES} & {*prepared.asked})}
    stages = (rechecked[stage.number] if stage.number in PACKAGES else stage for stage in assessed.stages)
    return Sized(assessed, sized, tuple(stages))


def plan(sized: Sized) -> Plan:
    """All of it as the value that is shown, printed and kept."""
    assessed = sized.assessed
    prepared = assessed.locked.prepared
    return Plan(
        recipe=prepared.recipe.name,
        profile=prepared.recipe.profile,
        machine=prepared.facts.name,
        facts=prepared.facts,
        as_of=prepared.request.as_of or date.today().isoformat(),
        stages=sized.stages,
        findings=assessed.findings,
        packages=sized.lock.packages if sized.lock else (),
        because=prepared.because,
        profile_because=prepared.profile_because,
        disk_bytes=_disk_bytes(prepared),
        model=launch_of(with_served_model(prepared, sized.stages).recipe).model,
        memory=assessed.memory,
        derived=prepared.derived.choices if prepared.derived else (),
        repair=assessed.repair,
        looked_bytes=assessed.looked_bytes,
    )


def nothing(request: Request, facts: MachineFacts, why: PredictedError) -> Plan:
    """What a request comes to for which there is no recipe: that is its one finding."""
    model = request.wish.model if request.wish else request.recipe or ""
    code = Code(why.code) if why.code in list(Code) else Code.MODEL_UNSUPPORTED
    found = Finding(
        code=code, severity=Severity.BLOCKER, stage=10, subject=model, summary=why.what, evidence=why.why, fix=why.fix
    )
    day = request.as_of or date.today().isoformat()
    return Plan(request.recipe or "", facts.name, day, (), (found,), model=model, facts=facts)


def question_of(prepared: Prepared, host: LocalHost, *, brief: bool = False) -> resolution.Question:
    """What this deployment asks the indexes; `brief`: without waiting for those that do not answer."""
    request = prepared.request
    return resolution.ask(
        prepared.recipe, prepared.facts, host, as_of=request.as_of, offline=request.offline, brief=brief
    )


def _locked(prepared: Prepared, host: LocalHost, outside: OutsideFacts) -> Locked:
    """The packages, or the finding that says why there are none."""

    def resolving() -> None:
        outside.begin()
        # Only for the hub's answer, which the host keeps: index and hub shall be asked at the same time.
        BackgroundCall(lambda: check_stages(Locked(prepared, None), host), None)

    try:
        return lock(prepared, host, resolving=resolving, brief=True)
    except PredictedError as error:
        return Locked(prepared, None, (stated_findings.refusal(prepared, error),))


def _stages(
    prepared: Prepared, host: LocalHost, packages: Lock | None, asked: Collection[int]
) -> tuple[PlannedStage, ...]:
    return plan_stages(STAGES, contexts(prepared, host, packages), asked)


def _with_sizes(locked: Locked, host: LocalHost) -> Lock | None:
    """The same packages with the sizes of wheels that the index has not said; kept for the next time."""
    found, prepared = locked.lock, locked.prepared
    if found is None or prepared.request.offline:
        return found
    urls = [package.url for package in found.packages if package.bytes is None and package.url.startswith("http")]
    if urls and (sizes := host.sizes(urls)):
        found = found.with_sizes(sizes)
        lock_files.keep(found, prepared.home.locks / f"{found.key}.json")
    return found


def _disk_bytes(prepared: Prepared) -> int | None:
    if Generations(prepared.home).current() is not None:
        return 0
    needed = prepared.recipe.requirements.disk_mib
    return needed * 2**20 if needed is not None else None
