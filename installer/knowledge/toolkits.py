"""The CUDA toolkits that come as wheels: pure answers from `installer/knowledge/toolkits.yaml`.

Never says that a toolkit is there because some of its parts are.
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
    """Where they are in site-packages."""
    links: Mapping[str, str]
    """What CUDA_HOME must contain: an entry, and what it is a link to in `folder`."""
    extra_links: Mapping[str, str]
    """More that it contains if other packages have it: an entry, and where that is in site-packages."""
    variables: Mapping[str, str]
    """Variables for its compiler; `{cores}` means the processor cores that it may use."""
    source: str


def among(versions: Mapping[str, str]) -> Toolkit | None:
    """The newest toolkit of which every part is among these packages, all of one release."""
    complete = [toolkit for toolkit in _toolkits() if not lacking(toolkit, versions)]
    return max(complete, key=lambda toolkit: numbers(toolkit.cuda), default=None)


def why_none(versions: Mapping[str, str]) -> str:
    """Why these packages contain no whole toolkit, in words."""
    begun = [toolkit for toolkit in _toolkits() if set(toolkit.packages) & set(versions)]
    found = [lacking(toolkit, versions) for toolkit in begun]
    return f"the CUDA toolkit in the packages is incomplete: {found[0]}" if found else "no package contains a toolkit"


def lacking(toolkit: Toolkit, versions: Mapping[str, str]) -> str:
    """What these packages (version by normal name) lack of `toolkit`, in words; empty if it is whole."""
    absent = [name for name in toolkit.packages if name not in versions]
    if absent:
        return f"{', '.join(absent)} {'is' if len(absent) == 1 else 'are'} missing"
    releases = {name: ".".join(map(str, numbers(versions[name])[:2])) for name in toolkit.agree}
    first = releases[toolkit.agree[0]]
    odd = next((name for name in toolkit.agree if releases[name] != first), None)
    return f"{toolkit.agree[0]} is of release {first}, {odd} of {releases[odd]}" if odd else ""


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
            row.get("extra_links", {}),
            row.get("variables", {}),
            known["sources"][row["source"]],
        )
        for row in known["toolkits"]
    )
