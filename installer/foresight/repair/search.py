"""One search for a repair: judges candidates one after the other until one is without blockers, or time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from installer.core.facts import MachineFacts
from installer.core.plan import Finding
from installer.core.stack import EngineFacts, Looks, ModelFacts, Stack

LIMIT_S = 2.0
LONGEST_S = 6.0
"""Of the clock on the wall."""

_OF_THE_PLACE = frozenset({"disk", "shm", "port", "credentials", "network"})
"""Codes with a fix of their own, which no release or machine of another kind changes."""

Judgement = Callable[[Stack, MachineFacts], Sequence[Finding]]
Promising = Callable[[str, str, "ModelFacts | None"], bool]
"""Whether a release of an engine (name, version) is worth judging for a model."""


@dataclass(frozen=True, slots=True)
class Candidate:
    kind: str
    stack: Stack
    engine: EngineFacts | None = None
    dropped: tuple[str, ...] = ()
    """Options of the command line that it has to do without."""
    renamed: tuple[tuple[str, str], ...] = ()
    """Options that have another name there: the old one, the new one."""

    @property
    def unfinished(self) -> str:
        """The release candidate that it rests on, such as "transformers 5.0.0rc0"; empty where there is none."""
        from packaging.version import InvalidVersion, Version

        for name in ("torch", "transformers"):
            if package := self.stack.packages.get(name):
                try:
                    if Version(package.version).is_prerelease:
                        return f"{name} {package.version}"
                except InvalidVersion:
                    continue
        return ""


@dataclass
class Search:
    """One search, with what it counts."""

    stack: Stack
    facts: MachineFacts
    looks: Looks
    judge: Judgement
    sound: bool = True
    """Whether the packages of `stack` can stay as they are."""
    without: frozenset[str] = frozenset()
    """Releases that are not to be proposed."""
    promising: Promising = lambda *_: True
    """A quick look at a release before anything of it is judged."""
    begun: tuple[float, float] = field(default_factory=lambda: (time.process_time(), time.monotonic()))
    tried: int = 0
    unsettled: list[Candidate] = field(default_factory=list)
    """Candidates that would work, and rest on a release candidate of torch or Transformers: the second choice."""

    def works(self, candidate: Candidate, facts: MachineFacts | None = None) -> bool:
        """Whether nothing that is known stands against the candidate."""
        self.tried += 1
        found = self.judge(candidate.stack, facts or self.facts)
        return not any(finding.severity == "blocker" and finding.code not in _OF_THE_PLACE for finding in found)

    def more_time(self) -> None:
        """Begin to count anew, for a step that must not go short because those before it found nothing."""
        self.begun = (time.process_time(), time.monotonic())

    def first(self, candidates: Iterable[Candidate]) -> Candidate | None:
        """The first that works and rests on final releases, while there is time."""
        waiting = iter(candidates)
        while not self.late and (one := next(waiting, None)) is not None:
            if not self.works(one):
                continue
            if not one.unfinished:
                return one
            self.unsettled.append(one)
        return None

    @property
    def late(self) -> bool:
        """Counted in work done, because a machine that is busy otherwise must not change the answer."""
        worked, passed = time.process_time() - self.begun[0], time.monotonic() - self.begun[1]
        return worked > LIMIT_S or passed > LONGEST_S
