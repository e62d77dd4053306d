"""One thing that a command wants, as it is put to uv. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from installer.audit.simulation.requirement import Wanted
from installer.audit.simulation.stub_wheels import Stub


@dataclass(frozen=True, slots=True)
class ResolverRequirement:
    """One thing that is wanted, as it is put to uv."""

    wanted: Wanted
    text: str
    stub: Stub | None = None
    """Replaces a release that no index here can show."""
    otherwise: str = ""
    """The release to use instead if the index that answers does not have any that would do."""
    source: str = ""
    """Where it comes from, where that is not the index that answers for it."""

    def as_stub(self) -> ResolverRequirement | None:
        """The same, with a stand-in for the release itself; `None` if it names no single release."""
        if self.stub or not self.otherwise:
            return None
        extras = f"[{','.join(self.wanted.extras)}]" if self.wanted.extras else ""
        text = f"{self.wanted.name}{extras}=={self.otherwise}"
        return ResolverRequirement(self.wanted, text, Stub(self.wanted.name, self.otherwise), source=self.source)
