"""Which two demands pip could not meet together, by the list under its message. Pure.

Names a pair only if the list contains one: two packages, or you and a package, that require the same one differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

_RELEASE = r"[A-Za-z][\w.-]*(?:\[[\w,-]+\])? \d\S*"
_DEPENDS = re.compile(
    rf"(?P<by>{_RELEASE}) depends on (?P<what>.+?)(?= {_RELEASE} depends on | The user requested | To fix this|$)"
)
_REQUESTED = re.compile(r"The user requested (?:\(constraint\) )?(?P<what>\S+)")


@dataclass(frozen=True, slots=True)
class _Demand:
    by: str
    what: Requirement


def conflict(text: str, engine: str, version: str) -> Mapping[str, str] | None:
    """The two demands that contradict each other, of what was requested differently."""
    pairs = [
        (one, two)
        for one, two in combinations(_demands(text), 2)
        if one.by.split(" ")[0] != two.by.split(" ")[0] and _name(one) == _name(two) and str(one.what) != str(two.what)
    ]
    pair = next((pair for pair in pairs if _contradict(*pair)), pairs[0] if pairs else None)
    if pair is None:
        return None
    one, two = pair
    return {
        "name": one.what.name,
        "one": one.by,
        "first": _plain(one),
        "two": two.by,
        "second": _plain(two),
    }


def missing(text: str, engine: str, version: str) -> Mapping[str, str] | None:
    """What every release that was tried requires alike: it is not available at all."""
    demands = list(_demands(text))
    names = {str(one.what) for one in demands}
    if len(names) != 1 or len({one.by.split(" ")[0] for one in demands}) != 1:
        return None
    return {"name": names.pop(), "by": demands[0].by.split(" ")[0]}


def _demands(text: str) -> Iterator[_Demand]:
    found = [(match["by"], match["what"]) for match in _DEPENDS.finditer(text)]
    asked = [("you", match["what"]) for match in _REQUESTED.finditer(text)]
    for by, what in [*asked, *found]:
        try:
            yield _Demand(by, Requirement(what.replace(" and ", ",").strip()))
        except InvalidRequirement:
            continue


def _name(demand: _Demand) -> str:
    return canonicalize_name(demand.what.name)


def _plain(demand: _Demand) -> str:
    return f"{demand.what.name}{demand.what.specifier}"


def _contradict(one: _Demand, two: _Demand) -> bool:
    """Whether no version named in either would do for both."""
    versions = [Version(spec.version.rstrip(".*")) for demand in (one, two) for spec in demand.what.specifier]
    return bool(versions) and not any(
        one.what.specifier.contains(each, True) and two.what.specifier.contains(each, True) for each in versions
    )
