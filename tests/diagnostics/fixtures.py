"""The logs of failures that `explain` is measured by, and what it says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from installer.diagnostics.explain import SURE, Explanation, explain

FOLDER = Path(__file__).parent / "failures"


@dataclass(frozen=True)
class Case:
    """One log: what it is (the id of a symptom, `root` where none can know it, `nothing` where it is healthy)."""

    name: str
    wanted: str
    log: str
    expected: dict[str, Any]

    def explained(self) -> Explanation:
        return explain(self.log.split("\n"))

    def wrong(self, told: Explanation) -> list[str]:
        """What is wrong with what is told, in words; nothing where it is right."""
        return [*self._reason(told), *self._words(told), *self._root(told)]

    def _reason(self, told: Explanation) -> Iterator[str]:
        first = told.candidates[0] if told.candidates else None
        if self.wanted == "nothing":
            if first or (told.root and not told.root.recovered):
                yield f"accused of {first.id if first else told.root}"
        elif self.wanted == "root":
            if first and first.confidence >= 0.5 and not self.expected.get("may"):
                yield f"told {first.id}, which nobody can know"
        elif first is None or first.id != self.wanted:
            yield f"told {first.id if first else 'nothing'} at {told.root}"

    def _words(self, told: Explanation) -> Iterator[str]:
        text = json.dumps([asdict(one) for one in told.candidates[:1]], ensure_ascii=False).lower()
        yield from (f"does not say {word}" for word in self.expected.get("words", ()) if word.lower() not in text)
        yield from (f"says {word}" for word in self.expected.get("never", ()) if word.lower() in text)

    def _root(self, told: Explanation) -> Iterator[str]:
        for key, value in self.expected.get("root", {}).items():
            got = getattr(told.root, key, None)
            same = (
                value in str(got)
                if key in ("text", "exception")
                else got == (tuple(value) if key == "caused" else value)
            )
            if not same:
                yield f"root.{key} is {got!r}, not {value!r}"


def cases() -> list[Case]:
    """Every log, in the order of the files."""
    found = []
    for file in sorted(FOLDER.glob("*.yaml")):
        for number, row in enumerate(yaml.safe_load(file.read_text(encoding="utf-8"))):
            rest = {key: value for key, value in row.items() if key not in ("is", "log")}
            found.append(Case(f"{file.stem}-{number}-{row['is']}", row["is"], row["log"], rest))
    return found


def is_wrong_fact(case: Case, told: Explanation) -> bool:
    """Whether something that is not so was told as a fact."""
    return any(one.confidence >= SURE and one.id != case.wanted for one in told.candidates[:1])
