"""The flags of the server, each with its reason: what memory allows, what the weights need, which parsers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from installer.core.files.document import Scalar
from installer.core.machine.facts import MachineFacts
from installer.core.plans.choice import Choice
from installer.core.plans.stack import ModelFacts
from installer.core.runs.model_request import ModelRequest
from installer.core.text.quantities import gib
from installer.derive import parsers
from installer.derive.draft import Base
from installer.derive.flags import name_of
from installer.derive.sizing import Setting
from installer.knowledge.engines import definitions
from installer.models.memory.number_format import lacking, without_half

_FEWEST, _MOST = 8, 64
"""Requests at the same time, if not given."""
_TYPICAL = 4096
"""Tokens of a request, if not given how many are used at the same time."""
_GRAMMAR = ("grammar", "grammar_spaces")
_KEPT = (*_GRAMMAR, "device")
"""Meanings that a base's flags keep, next to those that have none for the model's size."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the engine is to read the model."""

    native: bool = False
    """From Mistral's own files."""
    quantization: str = ""
    """Made of the checkpoint while it is loaded."""
    pooling: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))
    """The flags that make it serve vectors or scores; none: it writes text."""
    why: str = ""
    """What those are for."""

    @property
    def writes(self) -> bool:
        return not self.pooling


def fixed_choices(base: Base, model: ModelFacts, facts: MachineFacts, form: Form) -> Iterator[Choice]:
    """What does not depend on memory, but decides it."""
    by = definitions.engine(base.engine)
    if form.native and by:
        words = by.native_formats
        for flag, value in zip(words[::2], words[1::2], strict=True):
            yield _flag(flag, value, "the model is read from its maker's own files")
    for name, stated in form.pooling.items():
        yield _flag(name, stated, form.why)
    for row in parsers.needed(base, model):
        for name, stated in row.get("flags", {}).items():
            yield _flag(name, stated, row["why"])
    yield from _dtype(base, model, facts)
    if form.quantization:
        yield _flag(
            name_of(base, "quantization"), form.quantization, "requested; applied to the checkpoint while it is loaded"
        )
    elif model.quantization:
        yield _left_out(base, "quantization", f"the checkpoint declares that it is {model.quantization}")


def at_once(base: Base, setting: Setting, wish: ModelRequest) -> int | None:
    """How many requests are answered at the same time; `None`: that is left to the engine."""
    if not wish.users and (base.on_cpu or setting.keeps_nothing):
        return None
    return wish.users or min(_MOST, max(_FEWEST, (setting.sizing.kv_tokens or 0) // _typical(setting)))


def _typical(setting: Setting) -> int:
    return min(_TYPICAL, setting.context or _TYPICAL)


def sequences(base: Base, many: int) -> Mapping[str, Scalar]:
    """The flags that say so."""
    names = (name_of(base, "sequences"), name_of(base, "graphs"))
    return {name: many for name in names if name}


def sized(base: Base, form: Form, setting: Setting, wish: ModelRequest, many: int | None) -> Iterator[Choice]:
    """What the memory of the machine allows."""
    if not base.on_cpu:
        yield from _parallel(base, setting)
    yield _context(base, setting, wish)
    if not base.on_cpu:
        yield _share(base, setting)
    if many is not None:
        yield from _sequences(base, setting, wish, many)
    if not base.on_cpu and name_of(base, "chunk") not in form.pooling:
        yield _left_out(base, "chunk", "the prefill chunk size is left to the engine, which knows the GPU")


def base_flags(base: Base, form: Form) -> Iterator[Choice]:
    """The flags of the base that say nothing of a model."""
    known, by = definitions.meanings(), definitions.engine(base.engine)
    grammar = {name.partition(".")[0] for name in by.flags.get("grammar", ())} if by else set()
    for flag, value in base.recipe.server.flags.items():
        meaning = known.get(flag.lstrip("-"), "")
        of_grammar = meaning in _GRAMMAR or flag.partition(".")[0] in grammar
        if value is None or (meaning and meaning not in _KEPT and not (meaning == "dtype" and base.on_cpu)):
            continue
        if not of_grammar or (form.writes and not form.native):
            yield _flag(flag, value, "")


def model_flags(base: Base, model: ModelFacts, form: Form) -> Iterator[Choice]:
    """What the model writes, and what it may do."""
    if form.writes:
        yield from parsers.choices(base, model)
    if model.needs_remote_code:
        yield _left_out(
            base, "trust", "the model includes its own code, which is not allowed to run; once you have read it, you "
            f"can allow it: --set server.flags.{name_of(base, 'trust')}=true",
        )  # fmt: skip


def _dtype(base: Base, model: ModelFacts, facts: MachineFacts) -> Iterator[Choice]:
    if base.on_cpu:
        return
    row = lacking(base.engine, model.dtype, facts.gpus or ())
    if row and without_half(model, (base.engine, base.release)):
        why = f"this GPU lacks {model.dtype}, and the engine computes no {model.model_type} model in {row['instead']}"
        yield _flag(name_of(base, "dtype"), "float32", why)
    elif row:
        yield _flag(name_of(base, "dtype"), row["instead"], f"this GPU lacks {model.dtype}, the type of the weights")
    elif model.dtype:
        yield _left_out(base, "dtype", f"the checkpoint's own type: {model.dtype}")


def _parallel(base: Base, setting: Setting) -> Iterator[Choice]:
    parallel, sizing = setting.parallel, setting.sizing
    each = f"{gib(sizing.gpu_weights)} of weights on each" if sizing.gpu_weights else "the weights' size is not known"
    if parallel.gpus == 1:
        yield _left_out(base, "tensor_parallel", f"it fits on one GPU: {each}")
    if parallel.tensor > 1:
        yield _flag(name_of(base, "tensor_parallel"), parallel.tensor, f"it does not fit on fewer GPUs; {each}")
    if parallel.pipeline > 1:
        because = "its attention heads or blocks cannot be split over more GPUs, so the layers are"
        yield _flag(name_of(base, "pipeline_parallel"), parallel.pipeline, because)


def _context(base: Base, setting: Setting, wish: ModelRequest) -> Choice:
    allowed = setting.sizing.context
    own = f"the model's own is {allowed:,}" if allowed else "the model's own limit is not known"
    if setting.context is None:
        nothing = ", and a request takes no memory that a shorter one would save" if setting.keeps_nothing else ""
        return _left_out(base, "context", f"{own}{nothing}")
    if wish.context:
        return _flag(name_of(base, "context"), setting.context, f"requested; {own}")
    return _flag(name_of(base, "context"), setting.context, f"{own}{_held(setting)}; --context N sets another")


def _held(setting: Setting) -> str:
    tokens, cost = setting.sizing.kv_tokens, setting.sizing.cost
    if not tokens:
        return ""
    held = f"; the cache holds {tokens:,} tokens"
    if cost is None or not cost.sliding_per_token:
        return held
    return f"{held}, more where layers with a sliding window keep only the last {cost.window:,}"


def _share(base: Base, setting: Setting) -> Choice:
    rule = setting.sizing.fraction
    if setting.share is not None:
        because = "the weights and that context would not fit into the engine's default share of the GPU's memory"
        return _flag(name_of(base, "fraction"), setting.share, because)
    return _left_out(
        base, "fraction", f"the engine's own share ({rule.value:g}) is enough" if rule else "left to the engine"
    )


def _sequences(base: Base, setting: Setting, wish: ModelRequest, many: int) -> Iterator[Choice]:
    size = (setting.context if wish.users else None) or _typical(setting)
    tokens = setting.sizing.kv_tokens
    holds = (
        f"the cache holds {tokens // size} of {size:,} tokens each" if tokens else "the size of the cache is not known"
    )
    asked = "asked for" if wish.users else f"{_FEWEST}-{_MOST}"
    yield _flag(name_of(base, "sequences"), many, f"requests at the same time: {asked}; {holds}; the others wait")
    if graphs := name_of(base, "graphs"):
        yield _flag(graphs, many, "graphs for as many requests as there can be, and no memory for more")


def _flag(flag: str, value: Scalar, because: str) -> Choice:
    return Choice(f"server.flags.{flag}", value, because)


def _left_out(base: Base, meaning: str, because: str) -> Choice:
    return Choice(f"server.flags.{name_of(base, meaning) or meaning}", None, because)


def written(choices: Iterator[Choice] | tuple[Choice, ...]) -> Mapping[str, Scalar]:
    """The flags that a recipe states."""
    found = {one.key.removeprefix("server.flags."): one.value for one in choices if one.key.startswith("server.flags.")}
    return {flag: value for flag, value in found.items() if value is not None}
