"""What to write instead of a flag that a release does not take: by knowledge, the engine's own words, or likeness.

Never proposes a flag that the release itself would refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any

from installer.core.plans.launch_arguments import Use, UseProblem
from installer.core.plans.stack import EngineFacts
from installer.knowledge import tables
from installer.knowledge.engines import shipped
from installer.knowledge.engines.parser import CommandLine

_BRACES = re.compile(r"\{([^}]*)\}")
_ALIKE = 0.8
_LONG = 6
"""Characters from which on a flag is told from another by its letters."""


@dataclass(frozen=True, slots=True)
class Replacement:
    words: str
    """What to write; empty: nothing, it can be left out."""
    source: str = ""
    """Where that is known from; empty: from the engine itself."""


def replacement(use: Use, facts: EngineFacts) -> Replacement | None:
    """What to write instead of `use`; `None` if unknown."""
    return next(_candidates(use, facts), None)


def same_meaning(word: str, names: tuple[str, ...], engine: str) -> bool:
    """Whether a flag which is there now is what another one was or became, as a release or a row says."""
    if not shipped.synonyms(engine).get(word, frozenset()).isdisjoint(names):
        return True
    replacement = shipped.renames(engine).get(word, "")
    rows = [use for row in table()["renames"] if row["engine"] == engine and row["flag"] == word for use in row["use"]]
    return any(name in one.replace("=", " ").split() for name in names for one in (replacement, *rows))


def _candidates(use: Use, facts: EngineFacts) -> Iterator[Replacement]:
    for row in table()["renames"]:
        if row["engine"] == facts.engine and row["flag"] == use.word:
            for words in filter(partial(takes, facts), row["use"]):
                yield Replacement(words, str(table()["sources"].get(row["source"], row["source"])))
    replacement = use.flag.replacement if use.flag else ""
    for text in filter(None, (replacement, shipped.renames(facts.engine).get(use.word, ""))):
        for words in filter(partial(takes, facts), _alternatives(text)):
            yield Replacement(words)
    for name in sorted(shipped.synonyms(facts.engine).get(use.word, frozenset()), key=len, reverse=True):
        if use.problem == UseProblem.UNKNOWN and takes(facts, name):
            yield Replacement(name)
    if use.problem == UseProblem.UNKNOWN and len(use.word) >= _LONG:
        close = get_close_matches(use.word, [name for flag in facts.flags for name in flag.names], 1, _ALIKE)
        if close:
            yield Replacement(close[0])


def takes(facts: EngineFacts, words: str) -> bool:
    """Whether a release takes these words as flags by their full names, without being told to stop using them."""
    names = [word for word in words.split() if word.startswith("-")]
    for use in CommandLine(facts).read(names):
        if (
            use.problem in (UseProblem.UNKNOWN, UseProblem.AMBIGUOUS)
            or not use.exact
            or (use.flag and use.flag.refused)
        ):
            return False
    return True


def table() -> Mapping[str, Any]:
    return tables.table("flags")


def _alternatives(text: str) -> Iterator[str]:
    """`--a-{x,y}=z` means both: "--a-x=z --a-y=z"."""
    text = text.partition(" ")[0]
    found = _BRACES.search(text)
    if found is None:
        yield text
    else:
        yield " ".join(text[: found.start()] + one + text[found.end() :] for one in found[1].split(","))
