"""What the wheel of an engine or of Transformers says about its release. Never installs or imports an engine."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from installer.core.plans.stack import EngineFacts, TransformersFacts
from installer.knowledge.engines import definitions, transformers
from installer.knowledge.engines.sources import Members


class Reader(Protocol):
    """Reads an engine's wheel: `facts` of the module that its definition names."""

    def __call__(self, version: str, archive: Members, source: str, *, thorough: bool = False) -> EngineFacts: ...


def engine_facts(engine: str, version: str, archive: Members, *, thorough: bool = False) -> EngineFacts | None:
    """What the wheel of an engine says, by its name or that of a distribution; `None` if no engine is called so."""
    known = definitions.engine(engine)
    if known is None or not known.reader:
        return None
    reader: Reader = import_module(f"{__package__}.{known.reader}").facts
    return reader(version, archive, getattr(archive, "url", "") or engine, thorough=thorough)


def transformers_facts(version: str, archive: Members, *, thorough: bool = False) -> TransformersFacts | None:
    """What the wheel of Transformers says."""
    return transformers.facts(version, archive, getattr(archive, "url", "") or "transformers", thorough=thorough)
