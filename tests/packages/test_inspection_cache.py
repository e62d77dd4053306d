"""What was read out of a wheel is kept whole, whatever fields its facts have."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any

import pytest

from installer.core.plans.flag import Flag
from installer.core.plans.stack import Binary, EngineFacts, TransformersFacts, WheelFacts
from installer.packages.wheels import inspection_cache

_BY_TYPE: dict[str, Any] = {
    "str": "a word", "bool": True, "frozenset[str]": frozenset({"a", "b"}), "tuple[str, ...]": ("a", "b"),
    "Mapping[str, str]": MappingProxyType({"a": "b"}), "tuple[Flag, ...]": (Flag(("--port",), kind="int"),),
    "tuple[Binary, ...]": (Binary("a.so"),),
}  # fmt: skip
KINDS: list[tuple[type[Any], Callable[[Any], Any]]] = [
    (EngineFacts, inspection_cache.engine), (TransformersFacts, inspection_cache.transformers),
    (WheelFacts, inspection_cache.wheel),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "load"), KINDS)
@pytest.mark.parametrize("filled", [False, True])
def test_facts_are_kept_and_read_again_as_they_were(kind: type[Any], load: Callable[[Any], Any], filled: bool) -> None:
    needed = [f for f in fields(kind) if filled or (f.default is MISSING and f.default_factory is MISSING)]
    facts = kind(**{f.name: _BY_TYPE[str(f.type)] for f in needed})
    assert load(json.loads(json.dumps(inspection_cache.to_json(facts)))) == facts
