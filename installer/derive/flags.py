"""How a release spells a flag with a meaning. Pure; of one that is not known, the engine's newest spelling is taken."""

from __future__ import annotations

from functools import cache

from installer.derive.draft import Base
from installer.knowledge.engines import definitions
from installer.knowledge.engines.shipped import knowledge_engine


def name_of(base: Base, meaning: str) -> str:
    """The flag to write; empty if that engine, or this release of it, has none."""
    by = definitions.engine(base.engine)
    spelled = by.flags.get(meaning, ()) if by else ()
    known = spellings(base.engine, base.release)
    return next((name for name in spelled if not known or name in known), "")


def has(base: Base, flag: str) -> bool:
    """Whether the release takes a flag."""
    return flag in spellings(base.engine, base.release)


@cache
def spellings(engine: str, release: str) -> frozenset[str]:
    """Every flag of a release; none if nothing is known of it."""
    known = knowledge_engine(engine, release)
    return frozenset(name for flag in known.flags for name in flag.names) if known else frozenset()
