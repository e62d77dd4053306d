"""A plan: what would happen, made without touching anything. Its JSON is an interface (docs/interfaces.md)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from installer.core.machine.file import to_mapping
from installer.core.outcomes import Code, Severity, StageStatus, Verdict
from installer.core.plans.memory import MemoryEstimate
from installer.core.plans.script_line import file_of, own_line

if TYPE_CHECKING:
    from installer.core.contracts.stage import Change
    from installer.core.machine.facts import MachineFacts
    from installer.core.packages.lock import LockedPackage
    from installer.core.plans.choice import Choice
    from installer.core.plans.procedure import NotFollowed
    from installer.core.plans.repair import Repair

SCHEMA = 1
"""Version of the JSON that `plan`, `status` and `doctor` print."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Two facts that clash, or one that is unknown."""

    code: Code
    severity: Severity
    stage: int
    subject: str
    summary: str
    evidence: str = ""
    fix: str = ""
    source: str = ""
    line: int | None = None
    """Of the script that is audited (`audit`)."""
    file: str | None = None
    """The file next to that script that contains it; `None`: in the script itself."""
    file_line: int | None = None
    """The line in `file`."""
    package: str = ""
    """The package that it is about, by its normal name; empty: none."""
    variable: str = ""
    """The environment variable of the launch whose value it is about."""
    companion: str = ""
    """A requirement that repairs it when it is installed next to everything else (PEP 508)."""
    setting: str = ""
    """A value of the recipe (`--set`) that repairs it, and leaves everything else as it is."""
    complete_answer: bool = False
    """Its fix is the whole answer: no other release, engine or machine is looked for because of it."""
    of_gpu: bool = False
    """Of memory: that of a GPU, not the machine's."""

    @property
    def cause(self) -> tuple[object, ...]:
        """What makes two findings the same one, whatever their severity."""
        return self.code, self.subject, self.line, self.evidence or self.summary

    @property
    def topic(self) -> tuple[object, ...]:
        """What it is about, whatever its figures are."""
        return self.code, self.subject

    def to_json(self) -> dict[str, Any]:
        """What is told of it (docs/interfaces.md); what only this program needs stays out."""
        return {name: getattr(self, name) for name in _TOLD}

    def located(self) -> Finding:
        """With the file that its line leads to told apart, so that it survives as JSON."""
        file, own = file_of(self.line), own_line(self.line)
        return replace(self, line=int(self.line or 0), file=file, file_line=own) if file else self


_TOLD = ("code", "severity", "stage", "subject", "summary", "evidence", "fix", "source", "line", "file", "file_line")


@dataclass(frozen=True, slots=True)
class PlannedStage:
    number: int
    name: str
    status: StageStatus
    reason: str = ""
    changes: tuple[Change, ...] = ()
    finding: Code | None = None
    """Of the finding that says the same as `reason`; `None` if none does."""


@dataclass(frozen=True, slots=True)
class Plan:
    recipe: str
    machine: str
    as_of: str
    stages: tuple[PlannedStage, ...]
    findings: tuple[Finding, ...] = ()
    packages: tuple[LockedPackage, ...] = ()
    profile: str | None = None
    profile_because: str = ""
    """Why this profile was chosen; empty if it was named, or if there is none."""
    because: str = ""
    """Why this recipe was chosen; empty if it was named."""
    disk_bytes: int | None = None
    """Disk that the recipe says a new deployment needs; 0 if it is there already, `None` if it says nothing."""
    model: str = ""
    """What is to be served, `org/name` or a folder; empty if that is not known."""
    memory: MemoryEstimate | None = None
    """`None` if nothing is known of the model."""
    repair: Repair | None = None
    """The smallest change that helps; `None` if nothing is in the way, or if none was searched for."""
    script: str = ""
    """The shell script that this is about (`audit`); empty for a recipe."""
    not_followed: tuple[NotFollowed, ...] = ()
    """What of the script could not be followed."""
    facts: MachineFacts | None = None
    """What is known of the machine that this is for; `None` if unknown."""
    derived: tuple[Choice, ...] = ()
    """The choices of a recipe that was derived for this plan; empty if it was not."""
    looked_bytes: int = 0
    """What was fetched to look into wheels and listings, beyond what the resolver fetches for itself."""
    expected_seconds: float | None = None
    """Until the server answers, by what earlier runs of this home took; `None` if they do not tell it."""
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """`fails` with any blocker; `unknown` with any probe, or a piece that was not followed; else `works`."""
        severities = {finding.severity for finding in self.findings}
        is_open = Severity.PROBE in severities or bool(self.not_followed)
        return Verdict.FAILS if Severity.BLOCKER in severities else Verdict.UNKNOWN if is_open else Verdict.WORKS

    @property
    def failed_before(self) -> Finding | None:
        """That the very same failed here, if nothing else prevents it."""
        found = (finding for finding in self.findings if finding.code == Code.FAILED_BEFORE)
        return next(found, None) if self.verdict == Verdict.WORKS else None

    @property
    def elsewhere(self) -> bool:
        """Whether it is for a machine that is not this one, so that it can be read and not be carried out here."""
        return self.facts is not None and not self.facts.here

    @property
    def in_place(self) -> bool:
        """Whether nothing is left to do and nothing is in the way."""
        return not self.pending and self.verdict != Verdict.FAILS

    @property
    def deployable(self) -> bool:
        """Whether something is to be done here, and nothing is known to be in the way."""
        return bool(self.pending) and self.verdict != Verdict.FAILS and not self.elsewhere

    @property
    def pending(self) -> tuple[PlannedStage, ...]:
        return tuple(stage for stage in self.stages if stage.status == StageStatus.PENDING)

    @property
    def download_bytes(self) -> int:
        return sum(change.bytes for stage in self.stages for change in stage.changes)

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "recipe": self.recipe,
            "profile": self.profile,
            "machine": self.machine,
            "facts": to_mapping(self.facts) if self.facts else None,
            "model": self.model,
            "as_of": self.as_of,
            "because": self.because,
            "profile_because": self.profile_because,
            "verdict": self.verdict,
            "findings": [finding.to_json() for finding in self.findings],
            "stages": [_stage(stage) for stage in self.stages],
            "packages": [_package(package) for package in self.packages],
            "download_bytes": self.download_bytes,
            "disk_bytes": self.disk_bytes,
            "memory": asdict(self.memory or MemoryEstimate()),
            "repair": asdict(self.repair) if self.repair else None,
            **({"derived": [asdict(choice) for choice in self.derived]} if self.derived else {}),
            "looked_bytes": self.looked_bytes,
            "expected_seconds": self.expected_seconds and round(self.expected_seconds),
            "seconds": round(self.seconds, 3),
            **(
                {"script": self.script, "not_followed": [n.to_json() for n in self.not_followed]} if self.script else {}
            ),
        }


def _stage(stage: PlannedStage) -> dict[str, Any]:
    """What a change is for is told by its words; the program that reads them needs no identity."""
    body = asdict(replace(stage, finding=None))
    del body["finding"]
    changes = [
        {name: change[name] for name in ("summary", "command", "bytes", "outside", "line")}
        for change in body["changes"]
    ]
    return {**body, "changes": changes}


def _package(package: LockedPackage) -> dict[str, Any]:
    return {
        "name": package.name,
        "version": package.version,
        "stage": package.stage,
        "source": package.source,
        "bytes": package.bytes,
    }
