"""The CUDA toolkits that come as wheels: pure answers from `installer/knowledge/toolkits.yaml`.

Never says that a toolkit is there because one of its parts is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from installer.knowledge.drivers import numbers
from installer.knowledge.tables import table


@dataclass(frozen=True, slots=True)
class Toolkit:
    cuda: str
    """Its major release, such as "13"."""
    packages: tuple[str, ...]
    """All of its parts."""
    agree: tuple[str, ...]
    """Those of them that must be of one release."""
    folder: str
    """Where they lie in site-packages."""
    links: Mapping[str, str]
    """What CUDA_HOME must hold: an entry, and what it is a link to in `folder`."""
    source: str

    def apart(self, versions: Mapping[str, str]) -> str:
        """The parts that are of different releases, in words; empty where they agree."""
        releases = {name: ".".join(map(str, numbers(versions[name])[:2])) for name in self.agree}
        first = releases[self.agree[0]]
        odd = next((name for name in self.agree if releases[name] != first), None)
        return f"{self.agree[0]} is of release {first}, {odd} of {releases[odd]}" if odd else ""


def among(versions: Mapping[str, str]) -> Toolkit | None:
    """The newest toolkit of which every part is among these packages (version by normal name)."""
    whole = [toolkit for toolkit in _toolkits() if set(toolkit.packages) <= set(versions)]
    return max(whole, key=lambda toolkit: numbers(toolkit.cuda), default=None)


@cache
def _toolkits() -> tuple[Toolkit, ...]:
    known = table("toolkits")
    return tuple(
        Toolkit(
            row["cuda"],
            tuple(row["packages"]),
            tuple(row["agree"]),
            row["folder"],
            row["links"],
            known["sources"][row["source"]],
        )
        for row in known["toolkits"]
    )
