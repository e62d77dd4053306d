"""JSON into values, each checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from installer.core.files.typed import typed


@dataclass(frozen=True)
class Inner:
    name: str


@dataclass(frozen=True)
class Outer:
    count: int
    share: float
    inner: tuple[Inner, ...] = ()
    pairs: tuple[tuple[str, int], ...] = ()
    maybe: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    on: bool = False


GOOD = {"count": 1, "share": 2, "inner": [{"name": "a"}], "pairs": [["a", 1]], "data": {"x": []}, "newer": 1}


def test_values_come_back_as_they_are() -> None:
    assert typed(Outer, GOOD) == Outer(1, 2.0, (Inner("a"),), (("a", 1),), None, {"x": []})


@pytest.mark.parametrize(
    "change",
    [
        {"count": "1"}, {"count": True}, {"count": 1.0}, {"count": None}, {"count": 10**30}, {"share": float("nan")},
        {"share": float("inf")}, {"share": "2"}, {"inner": {}}, {"inner": [1]}, {"inner": [{}]}, {"pairs": [["a"]]},
        {"maybe": "x"}, {"data": []}, {"on": 1},
    ],
)  # fmt: skip
def test_what_is_of_another_type_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(change)) + "|name"):
        typed(Outer, {**GOOD, **change})


@pytest.mark.parametrize("body", [None, [], 1, "x", {}])
def test_what_is_no_such_object_is_refused(body: object) -> None:
    with pytest.raises(ValueError, match=r"not an object|missing"):
        typed(Outer, body)
