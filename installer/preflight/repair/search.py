"""One search for a repair: checks candidates one after the other until one is without blockers, or time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, RepairKind, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import EngineFacts, Lookups, ModelFacts, Stack
from installer.knowledge import packages
from installer.packages.pylock import requirement_name

LIMIT_S = 2.0
LONGEST_S = 6.0
"""Of the clock on the wall."""

OF_THE_PLACE = frozenset({Code.DISK, Code.SHM, Code.PORT, Code.CREDENTIALS, Code.NETWORK})
"""Codes with a fix of their own, which no release or machine of another kind changes."""

OF_THE_MODEL = frozenset({Code.MODEL_UNSUPPORTED, Code.MODEL_TYPE_UNKNOWN, Code.TOKENIZER_UNSUPPORTED})
"""Codes that say that a release cannot load the model, whatever the machine."""

OF_REMOTE_CODE = frozenset({Code.MODEL_TYPE_UNKNOWN, Code.TOKENIZER_UNSUPPORTED})
"""Those that the model's own code may answer, if it is allowed to run."""

Assessment = Callable[[Stack, MachineFacts], Sequence[Finding]]
Promising = Callable[[str, str, "ModelFacts | None"], bool]
"""Whether a release of an engine (name, version) is worth checking for a model."""


def _open(finding: Finding) -> bool:
    """Whether it says that it is unknown if torch itself runs on the machine: nothing to propose."""
    asked = finding.code in (Code.GPU_ARCH, Code.DRIVER_CUDA) and finding.package == "torch"
    return asked and finding.severity == Severity.PROBE


@dataclass(frozen=True, slots=True)
class Candidate:
    kind: RepairKind
    stack: Stack
    engine: EngineFacts | None = None
    dropped: tuple[str, ...] = ()
    """Options of the command line that it has to do without."""
    renamed: tuple[tuple[str, str], ...] = ()
    """Options that have another name there: the old one, the new one."""
    added: tuple[str, ...] = ()
    """Words that its command line has in addition."""

    @property
    def loose(self) -> bool:
        """Whether its engine leaves open which torch or which kernels come with it, so that nothing sure is checked."""
        if self.engine is None:
            return False
        pinned = {requirement_name(line) for line in self.engine.requires if "==" in line.partition(";")[0]}
        return any(name in self.stack.packages and name not in pinned for name in packages.having("compiled"))

    @property
    def unfinished(self) -> str:
        """The release candidate that it rests on, such as "transformers 5.0.0rc0"; empty if there is none."""
        from packaging.version import InvalidVersion, Version

        for name in ("torch", "transformers"):
            if package := self.stack.packages.get(name):
                try:
                    if Version(package.version).is_prerelease:
                        return f"{name} {package.version}"
                except InvalidVersion:
                    continue
        return ""


def alike(pins: Iterable[str]) -> str:
    """The pins of torch and Transformers: what fails with them fails in the releases around for the same cause."""
    return " ".join(sorted(pin for pin in pins if requirement_name(pin) in ("torch", "transformers")))


@dataclass
class Search:
    """One search, with what it counts."""

    stack: Stack
    facts: MachineFacts
    lookups: Lookups
    assess: Assessment
    sound: bool = True
    """Whether the packages of `stack` can stay as they are."""
    without: frozenset[str] = frozenset()
    """Releases that are not to be proposed, and versions of torch with Transformers that are not (`alike`)."""
    promising: Promising = lambda *_: True
    """A quick check of a release before anything else."""
    begun: tuple[float, float] = field(default_factory=lambda: (time.process_time(), time.monotonic()))
    tried: int = 0
    on_candidates: list[Candidate] = field(default_factory=list)
    """Candidates that would work, and rest on a release candidate of torch or Transformers: the second choice."""
    loose: list[Candidate] = field(default_factory=list)
    """Candidates that would work, and do not pin what decides that: the second choice, too."""
    stopped: frozenset[str] = frozenset()
    """Codes of what prevented the candidate that was checked last."""
    rejections: dict[str, list[frozenset[str]]] = field(default_factory=dict)
    """For each engine, what prevented each of its releases."""

    def works(self, candidate: Candidate, facts: MachineFacts | None = None) -> bool:
        """Whether nothing that is known prevents the candidate."""
        self.tried += 1
        found = self.assess(candidate.stack, facts or self.facts)
        blockers = {finding.code for finding in found if finding.severity == Severity.BLOCKER or _open(finding)}
        self.stopped = frozenset(blockers - OF_THE_PLACE)
        if self.stopped and candidate.engine:
            self.out(candidate.engine.engine, self.stopped)
        return not self.stopped

    def refuses(self, stack: Stack) -> bool:
        """Whether what it comes to is known to fail for another release with the same torch and Transformers."""
        pins = alike(f"{package.name}=={package.version}" for package in stack.packages.values())
        return bool(pins) and pins in self.without

    def out(self, engine: str, codes: frozenset[str]) -> None:
        """Remember why a release is not to be had."""
        self.rejections.setdefault(engine, []).append(codes)

    def for_the_model(self, engine: str) -> bool:
        """Whether no release of an engine can load the model, as far as is known."""
        found = self.rejections.get(engine, [])
        return bool(found) and all(codes & OF_THE_MODEL for codes in found)

    def more_time(self) -> None:
        """Begin to count again, for a step that must not go short because those before it found nothing."""
        self.begun = (time.process_time(), time.monotonic())

    def first(self, candidates: Iterable[Candidate]) -> Candidate | None:
        """The first that works, rests on final releases and pins what decides, while there is time."""
        waiting = iter(candidates)
        while not self.late and (one := next(waiting, None)) is not None:
            if not self.works(one):
                continue
            if not one.unfinished and not one.loose:
                return one
            (self.on_candidates if one.unfinished else self.loose).append(one)
        return None

    @property
    def late(self) -> bool:
        """Counted in work done, because a machine that is busy otherwise must not change the answer."""
        worked, passed = time.process_time() - self.begun[0], time.monotonic() - self.begun[1]
        return worked > LIMIT_S or passed > LONGEST_S
