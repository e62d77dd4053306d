"""More of the machine's own GPUs, where those that it has are too small. Proposes nothing that was not checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from installer.knowledge.engines import definitions
from installer.models.memory.parallelism import SIZES
from installer.models.memory.remedies import SMALL_CONTEXT, Remedies
from installer.models.memory.sizing import size_up
from installer.preflight.checks.parallel import tensor_parallel
from installer.preflight.repair.search import Candidate, Search

_MOST = 8
"""GPUs of one machine."""


def several(search: Search, candidate: Candidate) -> str:
    """How many of them would do, and with which words, such as "2 of these GPUs (--tp-size 2)"; empty if none do."""
    gpus = search.facts.gpus or ()
    if candidate.stack.launch is None or not gpus:
        return ""
    smallest = min(gpus, key=lambda gpu: gpu.memory_mib or 0)
    for count in (size for size in SIZES if len(gpus) < size <= _MOST):
        facts = replace(search.facts, gpus=(smallest,) * count)
        for words in _words(replace(search, facts=facts), candidate, count):
            if search.late:
                return ""
            if search.works(_with(candidate, words), facts):
                return f"{count} of these GPUs ({smallest.name}; {' '.join(words)})"
    return ""


def _words(search: Search, candidate: Candidate, count: int) -> Iterator[tuple[str, ...]]:
    """What the launch is given for so many GPUs: to share the model, more of each GPU's memory, shorter requests."""
    launch = candidate.stack.launch
    engine = definitions.engine(launch.engine) if launch else None
    if engine is None:
        return
    shared = (engine.flag("tensor_parallel"), str(count))
    yield shared
    sizing = size_up(_with(candidate, shared).stack, search.facts)
    for asked in dict.fromkeys((sizing.asked_context if sizing.asks else SMALL_CONTEXT, SMALL_CONTEXT)):
        share = Remedies(replace(sizing, asked_context=asked)).fraction()
        more = (engine.flag("fraction"), f"{share:g}") if share is not None else ()
        shorter = () if asked == sizing.asked_context else (engine.flag("context"), str(asked))
        if more or shorter:
            yield (*shared, *more, *shorter)


def _with(candidate: Candidate, words: tuple[str, ...]) -> Candidate:
    launch = candidate.stack.launch
    assert launch is not None
    longer = replace(launch, arguments=(*launch.arguments, *words))
    stack = replace(candidate.stack, launch=longer, tensor_parallel=tensor_parallel(longer.arguments))
    return replace(candidate, stack=stack, added=words)
