"""Makes the plan of a prepared request: resolved packages, what each stage would do, what stands against it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from installer.core.contracts.stage import Stage
from installer.core.errors import ForeseenError
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity, StageStatus
from installer.core.packages.lock import Lock
from installer.core.plans.plan import Finding, Plan, PlannedStage
from installer.core.plans.stack import ModelFacts
from installer.execution.context import RunContext
from installer.execution.generations import Generations
from installer.execution.planner import plan_stages
from installer.host.background_call import BackgroundCall
from installer.host.local import LocalHost
from installer.knowledge.engines import definitions
from installer.packages import lock_files, resolution
from installer.preflight.checks import machine_fit
from installer.preflight.findings_cache import NOTHING, Foreseen
from installer.preflight.merging import distinct, without_doubles
from installer.session.overruling import overruled
from installer.session.prepared import Prepared
from installer.session.recipe_foresight import RecipeForesight
from installer.session.repairing import other_port
from installer.session.stacks import launch_of
from stages import STAGES, numbers

if TYPE_CHECKING:
    from installer.core.runs import events as ev

ALL = tuple(stage.number for stage in STAGES)
BUILDING = numbers(lambda traits: traits.changes_environment)
PACKAGES = numbers(lambda traits: traits.installs_packages)
LOOKING = numbers(lambda traits: traits.only_looks)
SIZES_S = 10.0
"""How long the sizes of wheels are waited for."""


def requirements(prepared: Prepared, host: LocalHost) -> list[Finding]:
    """What the machine lacks of what the recipe asks for. What this home holds already is not held against it."""
    server = host.server_state(prepared.home)
    findings = machine_fit.unmet_requirements(
        prepared.recipe,
        prepared.facts,
        home=prepared.home.root,
        own_port=server.launch.port if server.running and server.launch else None,
    )
    settled = Generations(prepared.home).current() is not None
    open_ones = [finding for finding in findings if not (settled and finding.code == Code.DISK)]
    return overruled(open_ones, prepared.request.overruled)


def refuse(findings: Sequence[Finding], asked: Collection[int]) -> None:
    """Raises `ForeseenError` where a blocker stands against a stage that was asked for."""
    for finding in findings:
        if finding.severity == Severity.BLOCKER and finding.stage in asked:
            raise ForeseenError(finding.summary, finding.evidence, finding.fix, code=finding.code)


def question_of(prepared: Prepared, host: LocalHost, *, brief: bool = False) -> resolution.Question:
    """What this deployment asks the indexes; `brief`: without waiting for those that do not answer."""
    request = prepared.request
    return resolution.ask(
        prepared.recipe, prepared.facts, host, as_of=request.as_of, offline=request.offline, brief=brief
    )


def lock_of(
    prepared: Prepared,
    host: LocalHost,
    asked: Collection[int],
    *,
    resolving: Callable[[], None] = lambda: None,
    brief: bool = False,
) -> Lock | None:
    """The packages of this deployment: kept, or resolved now if any stage asked for needs them.

    `resolving` is called before that takes a while. Raises `ForeseenError` where they have no solution.
    """
    if prepared.recipe.container:
        return None  # the image brings its packages
    question = question_of(prepared, host, brief=brief)
    lock = resolution.known(question, prepared.home)
    if lock is None and any(number in asked for number in PACKAGES):
        resolving()
        lock = resolution.resolve(question, host, prepared.home)
    return lock


def with_sizes(prepared: Prepared, host: LocalHost, lock: Lock | None) -> Lock | None:
    """The same packages with the sizes of wheels that the index has not said; kept for the next time."""
    if lock is None or prepared.request.offline:
        return lock
    urls = [package.url for package in lock.packages if package.bytes is None and package.url.startswith("http")]
    if urls and (sizes := host.sizes(urls)):
        lock = lock.with_sizes(sizes)
        lock_files.keep(lock, prepared.home.locks / f"{lock.key}.json")
    return lock


def contexts(
    prepared: Prepared, host: LocalHost, lock: Lock | None, emit: Callable[[ev.Event], None] | None = None
) -> Callable[[Stage], RunContext]:
    """Makes the context of each stage, looking at the generation in use at that moment."""
    generations = Generations(prepared.home)

    def make(stage: Stage) -> RunContext:
        current = generations.current()
        ctx = RunContext(
            recipe=prepared.recipe,
            facts=prepared.facts,
            host=host,
            home=prepared.home,
            lock=lock,
            environment=generations.path(current) if current is not None else None,
            offline=prepared.request.offline,
            overruled=prepared.request.overruled,
            stage=stage.number,
        )
        if emit:
            ctx.emit = emit
        return ctx

    return make


@dataclass(frozen=True, slots=True)
class Outlook:
    """A prepared request, the packages it means, and what each stage says about it now."""

    prepared: Prepared
    lock: Lock | None
    stages: tuple[PlannedStage, ...]

    @property
    def nothing_to_do(self) -> bool:
        """Whether every stage that was asked for is in place; what is unknown here is not."""
        here = self.prepared.facts.here
        unknown = any(stage.status == StageStatus.UNKNOWN and stage.number != 1 for stage in self.stages)
        return not (here and unknown) and not any(
            stage.status in (StageStatus.PENDING, StageStatus.BLOCKED) for stage in self.stages
        )


def look(prepared: Prepared, host: LocalHost, lock: Lock | None) -> Outlook:
    """Ask every stage that is asked for."""
    asked = prepared.request.stages or ALL
    return Outlook(prepared, lock, plan_stages(STAGES, contexts(prepared, host, lock), asked))


def make_plan(prepared: Prepared, host: LocalHost, *, sizes: bool = True) -> Plan:
    """The plan that `deploy-tui plan` prints and the screen reviews."""
    started = time.monotonic()
    with RecipeForesight(prepared, host, _asked(prepared)) as foresight:
        lock, refused = _resolved(prepared, host, foresight)
        sized = BackgroundCall(lambda: with_sizes(prepared, host, lock), lock) if sizes else None
        foreseen = foresight.answer(lock, refused)
        looked = foresight.transferred()
    lock = sized.answer(time.monotonic() + SIZES_S) if sized else lock
    outlook = look(prepared, host, lock)
    more = _of_deriving(prepared)
    plan = plan_of(outlook, [*requirements(prepared, host), *refused, *more], foreseen)
    return replace(plan, looked_bytes=looked, seconds=time.monotonic() - started)


def _asked(prepared: Prepared) -> ModelFacts | None:
    """What deriving was told of the model, unless a setting has named another one since."""
    model = prepared.derived.model if prepared.derived else None
    taken = prepared.recipe.model.alternatives[0]
    return model if model is not None and (taken.path or taken.hub == model.name) else None


def _of_deriving(prepared: Prepared) -> Sequence[Finding]:
    """What stands against a derived recipe, unless a template was set that answers it."""
    named = definitions.flag_of(prepared.recipe.engine_name, "chat_template") in prepared.recipe.server.flags
    return prepared.derived.findings if prepared.derived and not named else ()


def _resolved(prepared: Prepared, host: LocalHost, foresight: RecipeForesight) -> tuple[Lock | None, list[Finding]]:
    """The packages, or the finding that says why there are none."""

    def resolving() -> None:
        foresight.begin()
        # Only for the hub's answer, which the host keeps: nobody shall wait for the index and the hub in turn.
        BackgroundCall(lambda: look(prepared, host, None), None)

    try:
        return lock_of(prepared, host, prepared.request.stages or ALL, resolving=resolving, brief=True), []
    except ForeseenError as error:
        return None, [_refusal(prepared, error)]


def _refusal(prepared: Prepared, error: ForeseenError) -> Finding:
    """Where nobody could be asked, it is open whether the packages fit; on this machine the run would stop there."""
    unasked = error.code == Code.NETWORK and (prepared.request.offline or not prepared.facts.here)
    code = Code(error.code or Code.DEPENDENCY_CONFLICT)
    severity = Severity.PROBE if unasked else Severity.BLOCKER
    return Finding(
        code=code,
        severity=severity,
        stage=3,
        subject=prepared.recipe.name,
        summary=error.what,
        evidence=error.why,
        fix=error.fix,
    )


def plan_of(outlook: Outlook, findings: Sequence[Finding], foreseen: Foreseen = NOTHING) -> Plan:
    """An outlook and what stands against it, as a plan."""
    prepared, lock = outlook.prepared, outlook.lock
    found = [*without_doubles(findings, foreseen.findings), *foreseen.findings]
    blocked = _blocked(prepared, outlook.stages, {finding.code for finding in found})
    found += blocked
    if lock:
        found += [
            Finding(code=Code.INDEX_MISSING, severity=Severity.INFO, stage=3, subject="sources", summary=notice)
            for notice in lock.notices
        ]
    return Plan(
        recipe=prepared.recipe.name,
        profile=prepared.recipe.profile,
        machine=prepared.facts.name,
        facts=prepared.facts,
        as_of=prepared.request.as_of or date.today().isoformat(),
        stages=tuple(_from_here(prepared.facts, _told(stage, blocked)) for stage in outlook.stages),
        findings=tuple(distinct(found)),
        packages=lock.packages if lock else (),
        because=prepared.because,
        profile_because=prepared.profile_because,
        disk_bytes=_disk_bytes(prepared),
        model=launch_of(prepared.recipe).model,
        memory=foreseen.memory,
        derived=prepared.derived.choices if prepared.derived else (),
        repair=foreseen.repair or other_port(found, prepared.recipe.server.port, prepared.facts),
    )


def _disk_bytes(prepared: Prepared) -> int | None:
    if Generations(prepared.home).current() is not None:
        return 0
    stated = prepared.recipe.requirements.disk_mib
    return stated * 2**20 if stated is not None else None


def _severity(facts: MachineFacts, code: Code) -> Severity:
    """What only this machine cannot reach says nothing of one that is known to be online."""
    if facts.here:
        return Severity.BLOCKER
    return Severity.INFO if code == Code.NETWORK and facts.online else Severity.PROBE


_BLOCKED = {8: Code.NETWORK, 10: Code.PORT}
"""What a stage says that asks the world outside and not the machine's facts, by the code of its finding."""


def _told(stage: PlannedStage, findings: Collection[Finding]) -> PlannedStage:
    """With the code of the finding that was made of its reason."""
    return replace(stage, finding=next((one.code for one in findings if one.stage == stage.number), None))


def _from_here(facts: MachineFacts, stage: PlannedStage) -> PlannedStage:
    """A stage that only this machine keeps from beginning is open on another one."""
    code = _BLOCKED.get(stage.number)
    if stage.status != StageStatus.BLOCKED or code is None or _severity(facts, code) == Severity.BLOCKER:
        return stage
    return replace(
        stage, finding=None, status=StageStatus.UNKNOWN, reason=f"Not known from here for {facts.name}: {stage.reason}"
    )


def _blocked(prepared: Prepared, stages: Collection[PlannedStage], told: Collection[str]) -> list[Finding]:
    """Stages that could not begin. What cannot be reached from here may well be reached from another machine."""
    facts = prepared.facts
    return [
        Finding(
            code=_BLOCKED[stage.number],
            severity=_severity(facts, _BLOCKED[stage.number]),
            stage=stage.number,
            subject=stage.name,
            summary=stage.reason,
        )
        for stage in stages
        if stage.status == StageStatus.BLOCKED and stage.number in _BLOCKED and _BLOCKED[stage.number] not in told
    ]
