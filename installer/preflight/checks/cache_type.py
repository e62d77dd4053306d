"""Whether an attention backend of the release takes the number format of the KV cache on these GPUs. Pure.

The rows are the lists in the sources of each release. A release, backend or format that no row names is not known, and
nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Lookups, Placed, Stack
from installer.knowledge import cuda_code, extensions, gpus
from installer.knowledge.engines import definitions, launch_reader
from installer.knowledge.extensions import CacheBackend
from installer.knowledge.versions import fits

_DEPENDS = ("index_topk",)
"""Keys of a config with which a model has backends of its own."""


@dataclass(frozen=True, slots=True)
class _Question:
    stack: Stack
    engine: Placed
    asked: str
    named: str
    """The backend that the launch sets; empty: the engine chooses."""
    rows: Sequence[CacheBackend]
    """Those that may be used."""

    def takes(self, capability: str) -> bool:
        return any(self.asked in row.types and fits(capability, row.capabilities) is not False for row in self.rows)


def check(stack: Stack, facts: MachineFacts, _: Lookups) -> Iterator[Finding]:
    """At most one finding: the first GPU on which no backend takes the format."""
    question = _question(stack)
    for gpu in facts.gpus or () if question and question.rows else ():
        capability = gpus.capability(gpu)
        shown = cuda_code.shown(capability) if capability is not None else ""
        if question and shown and not question.takes(shown):
            yield _finding(question, f"{gpu.name} (compute capability {shown})")
            return


def _question(stack: Stack) -> _Question | None:
    """`None` if none is set, or it is not known which backends the release has for such a model."""
    engine, given = definitions.engine_package(stack), stack.launch.environment if stack.launch else {}
    asked = launch_reader.of(stack).value("--kv-cache-dtype") or ""
    latent = _latent(stack.model.config if stack.model else {})
    if engine is None or latent is None:
        return None
    by, without_latent = extensions.cache_variables(engine.name)
    if given.get(without_latent, "0") != "0":
        return None
    rows = [
        row for row in extensions.cache_backends()
        if row.engine == engine.name and fits(engine.version, row.versions) is True
    ]  # fmt: skip
    if not any(asked in row.types for row in rows):
        return None
    named = (launch_reader.of(stack).value("--attention-backend") or given.get(by, "")).upper()
    usable = [row for row in rows if row.latent == latent and named in ("", row.backend)]
    return _Question(stack, engine, asked, named, usable)


def _latent(config: Mapping[str, Any]) -> bool | None:
    """Whether a model has multi-head latent attention; `None`: not known, or it has backends of its own."""
    inner = config.get("text_config")
    text = inner if isinstance(inner, dict) else config
    return None if not text or any(key in text for key in _DEPENDS) else bool(text.get("kv_lora_rank"))


def _finding(question: _Question, gpu: str) -> Finding:
    engine, asked, stack = question.engine, question.asked, question.stack
    taking = [row for row in question.rows if asked in row.types]
    listed = "; ".join(dict.fromkeys(f"{row.backend} ({row.capabilities})" for row in taking))
    title = f"{definitions.title_of(engine.name)} {engine.version}"
    who = f"the attention backend {question.named}" if question.named else "any attention backend"
    return Finding(
        code=Code.GPU_ARCH if taking else Code.FLAG_VALUE, severity=Severity.BLOCKER, stage=10,
        subject=f"--kv-cache-dtype {asked}",
        summary=f"{title} does not start with --kv-cache-dtype {asked} on {gpu}: it is not supported by {who} there.",
        evidence=f"Support for {asked}: {listed}." if taking else f"No backend that may be used here supports {asked}.",
        fix=f"Leave out {'--attention-backend or ' if question.named else ''}--kv-cache-dtype.",
        source=question.rows[0].source, line=stack.launch.line if stack.launch else None,
    )  # fmt: skip
