"""The Python environments of a procedure after the steps so far, and all that was found on the way.

Holds what was simulated; touches no environment that exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from installer.audit.simulation.origins import Origins
from installer.audit.simulation.requirement import Reader, Wanted
from installer.audit.simulation.resolver_query import Answer, ResolverQuery
from installer.audit.simulation.solver import Solver
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Install, Step
from installer.core.plans.stack import Lookups, Placed
from installer.packages.pylock import requirement_name


@dataclass(frozen=True, slots=True)
class Pin:
    """A version that a step requested by name."""

    wanted: Wanted
    step: Step
    placed: Placed


@dataclass(frozen=True, slots=True)
class Override:
    """A version that was requested, and what a later step made of it."""

    pin: Pin
    step: Install
    after: Placed
    because: str
    """Who wants the other version, as a requirement of it; empty if that is not known."""


@dataclass(frozen=True, slots=True)
class FailedStep:
    """A step that fails, and after which the script continues."""

    step: Install
    names: frozenset[str]


@dataclass(slots=True)
class EnvironmentState:
    packages: dict[str, Placed] = field(default_factory=dict)
    pins: dict[str, Pin] = field(default_factory=dict)
    overrides: list[Override] = field(default_factory=list)
    without_deps: set[str] = field(default_factory=set)
    """Packages that were installed without what they need."""
    failed_steps: list[FailedStep] = field(default_factory=list)
    supposed: set[str] = field(default_factory=set)
    """Packages that do not arrive; they are there so that the rest of the procedure can be checked all the same."""
    open: bool = False
    """Whether more may be there than is known, since someone could not be asked."""
    unread: bool = False
    """Whether it is that of an image whose content is not known."""
    failed: set[str] = field(default_factory=set)
    """Packages whose installation fails, and that was said already."""


@dataclass(slots=True)
class Course:
    """One simulation under way."""

    solver: Solver
    lookups: Lookups
    facts: MachineFacts
    origins: Origins
    reader: Reader
    reachable: Mapping[str, bool]
    """For each index that the procedure names, whether it can be asked."""
    as_of: str | None = None
    worlds: dict[str, EnvironmentState] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    failing: bool = False
    """Whether the install step that was taken last fails."""
    unasked: list[str] = field(default_factory=list)
    """What could not be looked up."""
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Requirements of every release that uv looked at, by "name==version"."""
    files: dict[str, str] = field(default_factory=dict)
    """File names of these releases."""

    def world(self, interpreter: str) -> EnvironmentState:
        return self.worlds.setdefault(interpreter, EnvironmentState())

    def solve(self, query: ResolverQuery) -> Answer:
        """Ask, and remember what was seen on the way."""
        answer = self.solver.solve(query if query.as_of or not self.as_of else replace(query, as_of=self.as_of))
        for release, needs in ({} if query.no_deps else answer.needs).items():
            self.needs[release] = tuple(sorted({*self.needs.get(release, ()), *needs}))
        self.files.update(answer.files)
        return answer

    def fails(self, step: Install, names: Iterable[str]) -> None:
        """Remember what is not there because `step` fails; if that is tolerated, its absence must still be reported."""
        world, self.failing = self.world(step.interpreter), True
        named = frozenset(names)
        if continues(step):
            world.failed_steps.append(FailedStep(step, named.union(map(requirement_name, step.requires))))
        if not step.tolerated:
            world.failed.update(named)

    def found(self, step: Step, code: Code, subject: str, *text: str) -> None:
        """Note a finding about `step`; `text` is its summary, its evidence, its fix and its source."""
        summary, evidence, fix, source = text
        severity = severity_of(step)
        self.findings.append(
            Finding(
                code=code,
                severity=severity,
                stage=step.stage,
                subject=subject,
                summary=summary,
                evidence=evidence,
                fix=fix,
                source=source,
                line=step.line,
            )
        )


def continues(step: Step) -> bool:
    """Whether what comes after `step` runs although it fails."""
    return step.tolerated or (isinstance(step, Install) and not step.ends)


def severity_of(step: Step) -> Severity:
    """How much a failure of `step` weighs: one that the script survives, or that may never run, does not stop the rest.

    What is needed in the end makes the former grave after all (`ignored_failures`).
    """
    if continues(step):
        return Severity.WARNING
    return Severity.PROBE if step.condition else Severity.BLOCKER
