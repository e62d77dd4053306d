"""What a launch says about memory: the flags of both engines that decide it, by their meaning. Pure.

Whether a flag exists in that version is not asked here; a value that cannot be read counts as not given.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from installer.core.plans.launch_arguments import UNKNOWN_WORD, LaunchArguments
from installer.knowledge.engines import definitions

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([kKmMgG]?)")
_SCALE = {"": 1, "k": 1000, "K": 1024, "m": 10**6, "M": 1 << 20, "g": 10**9, "G": 1 << 30}


@dataclass(frozen=True, slots=True)
class Options:
    """Flags by their meaning, as words; `flags`: the name that was used for each."""

    values: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    switches: frozenset[str] = frozenset()
    """Every other flag, without its dashes."""
    unclear: frozenset[str] = frozenset()
    """Meanings whose value could not be calculated."""

    def text(self, meaning: str) -> str:
        return self.values.get(meaning, "")

    def amount(self, meaning: str) -> int | None:
        """A whole number, with the suffixes of engines ("32k", "32K"); `None` if it is missing or not a number."""
        found = _AMOUNT.fullmatch(self.text(meaning))
        return int(float(found[1]) * _SCALE[found[2]]) if found else None

    def share(self, meaning: str) -> float | None:
        try:
            share = float(self.text(meaning))
        except ValueError:
            return None
        return share if math.isfinite(share) and share > 0 else None

    def flag(self, meaning: str, otherwise: str) -> str:
        """The name under which it was given, to name it in the launch's own words."""
        return self.flags.get(meaning, otherwise)


def options_of(arguments: LaunchArguments) -> Options:
    """The options of a launch by their meaning; none of them for no launch."""
    values: dict[str, str] = {}
    flags: dict[str, str] = {}
    switches: set[str] = set()
    for use in arguments.uses:
        names = [name.lstrip("-").replace("_", "-") for name in (use.word, *use.names)]
        meaning = next((known[name] for known in [definitions.meanings()] for name in names if name in known), None)
        if meaning is None:
            switches.update(names)
        elif use.values and use.values[0]:
            values[meaning], flags[meaning] = use.values[0], use.word
    unclear = frozenset(meaning for meaning, value in values.items() if UNKNOWN_WORD in value)
    if any(arguments.unclear):  # the word at place 0 is the model
        unclear |= frozenset(definitions.meanings().values()).difference(values)
    clear = {meaning: value for meaning, value in values.items() if meaning not in unclear}
    return Options(clear, flags, frozenset(switches), unclear)
