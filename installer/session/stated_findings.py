"""What prevents a plan by what is stated: the recipe's demands, a resolver's refusal, what deriving left open."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from installer.core.errors import PredictedError
from installer.core.outcomes import Code, Severity
from installer.core.packages.lock import Lock
from installer.core.plans.plan import Finding
from installer.execution.generations import Generations
from installer.host.local import LocalHost
from installer.knowledge.engines import definitions
from installer.preflight.checks import gpu_users, machine_fit
from installer.session.overruling import overruled
from installer.session.prepared import Prepared


def requirements(prepared: Prepared, host: LocalHost) -> list[Finding]:
    """What the recipe requires and the machine lacks. What this home has already does not count against it."""
    server = host.server_state(prepared.home)
    findings = machine_fit.unmet_requirements(
        prepared.recipe,
        prepared.facts,
        home=prepared.home.root,
        own_port=server.launch.port if server.running and server.launch else None,
    )
    deployed = Generations(prepared.home).current() is not None
    open_ones = [finding for finding in findings if not (deployed and finding.code == Code.DISK)]
    return overruled(open_ones, prepared.request.overruled)


def refusal(prepared: Prepared, error: PredictedError) -> Finding:
    """Without a network, it is open whether the packages fit; on this machine the run would stop there."""
    unasked = error.code == Code.NETWORK and (prepared.request.offline or not prepared.facts.here)
    return Finding(
        code=Code(error.code or Code.DEPENDENCY_CONFLICT),
        severity=Severity.PROBE if unasked else Severity.BLOCKER,
        stage=3,
        subject=prepared.recipe.name,
        summary=error.what,
        evidence=error.why,
        fix=error.fix,
    )


def of_deriving(prepared: Prepared) -> Sequence[Finding]:
    """What prevents a derived recipe, unless a template was set that answers it."""
    named = definitions.flag_of(prepared.recipe.engine_name, "chat_template") in prepared.recipe.server.flags
    return prepared.derived.findings if prepared.derived and not named else ()


def passed_over(prepared: Prepared) -> list[Finding]:
    """That free GPUs were taken in place of others, and who uses those."""
    if not prepared.passed_over:
        return []
    taken = prepared.recipe.server.gpus
    return [
        Finding(
            code=Code.GPU_HELD, severity=Severity.INFO, stage=10, subject=f"server.gpus={taken}",
            summary=f"Other programs use GPUs of this machine, so the server takes {taken}, which is free.",
            evidence=gpu_users.usage(prepared.passed_over),
            fix=f"Set server.gpus to take others; --set server.gpus={taken} keeps this choice.",
        )
    ]  # fmt: skip


def notices(packages: Lock | None) -> list[Finding]:
    """What was noticed while the packages were resolved."""
    return [
        Finding(code=Code.INDEX_MISSING, severity=Severity.INFO, stage=3, subject="sources", summary=notice)
        for notice in (packages.notices if packages else ())
    ]


def refuse(findings: Sequence[Finding], asked: Collection[int] | None = None) -> None:
    """Raises `PredictedError` if a blocker prevents a requested stage; `None`: any stage."""
    for finding in findings:
        if finding.severity == Severity.BLOCKER and (asked is None or finding.stage in asked):
            raise PredictedError(finding.summary, finding.evidence, finding.fix, code=finding.code)
