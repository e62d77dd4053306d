"""What a launch says about memory: the flags of both engines that decide it, by their meaning. Pure.

Whether a flag exists in that version is not asked here; a value that cannot be read counts as not given.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from installer.core.plans.procedure import Launch
from installer.knowledge.engines import definitions

_SHORT = {
    "-tp": "tensor-parallel-size",
    "-pp": "pipeline-parallel-size",
    "-dp": "data-parallel-size",
    "-q": "quantization",
}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([kKmMgG]?)")
_SCALE = {"": 1, "k": 1000, "K": 1024, "m": 10**6, "M": 1 << 20, "g": 10**9, "G": 1 << 30}


@dataclass(frozen=True, slots=True)
class Options:
    """Flags by their meaning, as words; `flags` holds the name that was used for each."""

    values: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    switches: frozenset[str] = frozenset()
    """Every other flag, without its dashes."""
    unclear: frozenset[str] = frozenset()
    """Meanings whose value could not be worked out."""

    def text(self, meaning: str) -> str:
        return self.values.get(meaning, "")

    def amount(self, meaning: str) -> int | None:
        """A whole number, with vLLM's suffixes ("32k", "32K"); `None` where it is not given, or is none."""
        found = _AMOUNT.fullmatch(self.text(meaning))
        return int(float(found[1]) * _SCALE[found[2]]) if found else None

    def share(self, meaning: str) -> float | None:
        try:
            share = float(self.text(meaning))
        except ValueError:
            return None
        return share if math.isfinite(share) and share > 0 else None

    def flag(self, meaning: str, otherwise: str) -> str:
        """The name under which it was given, to speak of it in the launch's own words."""
        return self.flags.get(meaning, otherwise)


def options_of(launch: Launch | None) -> Options:
    """The options of a launch; none of them for no launch."""
    values: dict[str, str] = {}
    flags: dict[str, str] = {}
    switches: set[str] = set()
    for flag, value in _pairs(launch.arguments if launch else ()):
        name = _SHORT.get(flag, flag.lstrip("-").replace("_", "-"))
        meaning = definitions.meanings().get(name)
        if meaning is None:
            switches.add(name)
        elif value:
            values[meaning], flags[meaning] = value, flag
    unclear = frozenset(meaning for meaning, value in values.items() if "\0" in value)
    if launch and _anything(launch.arguments):
        unclear |= frozenset(definitions.meanings().values()).difference(values)
    clear = {meaning: value for meaning, value in values.items() if meaning not in unclear}
    return Options(clear, flags, frozenset(switches), unclear)


def _anything(arguments: Sequence[str]) -> bool:
    """Whether a word that could not be worked out may hold any flags: it is neither the model nor a flag's value."""
    return any(
        word == "\0" and place > 0 and ("=" in arguments[place - 1] or not arguments[place - 1].startswith("-"))
        for place, word in enumerate(arguments)
    )


def _pairs(arguments: Sequence[str]) -> list[tuple[str, str]]:
    """Each flag with the word that stands behind it or after its `=`; empty where none does."""
    found: list[tuple[str, str]] = []
    for position, word in enumerate(arguments):
        if not word.startswith("-") or _AMOUNT.fullmatch(word.lstrip("-")):
            continue
        flag, equals, value = word.partition("=")
        after = arguments[position + 1] if position + 1 < len(arguments) else ""
        found.append((flag, value if equals else "" if after.startswith("--") else after))
    return found
