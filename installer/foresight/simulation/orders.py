"""One thing that a command wants, as it is put to uv. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from installer.foresight.simulation.stubs import Stub
from installer.foresight.simulation.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Order:
    """One thing that is wanted, as it is put to uv."""

    wanted: Wanted
    text: str
    stub: Stub | None = None
    """Stands for a release that no index here can show."""
    source: str = ""
    """Where it comes from, where that is not the index that answers for it."""

    def as_stub(self) -> Order | None:
        """The same, with a stand-in for the release itself; `None` where it names no single release."""
        _, _, version = self.text.partition("==")
        if self.stub or not self.source or not version or "," in version:
            return None
        return Order(self.wanted, self.text, Stub(self.wanted.name, version), self.source)
