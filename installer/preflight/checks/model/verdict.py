"""Checks the model against the engine, the pinned Transformers, the tokenizer's readers and the GPUs.

Each finding says where the model's facts come from. Where nothing is known of the model it says what would tell; it
never takes a listed architecture for a proof that the model can be loaded.
"""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Lookups, ModelFacts, Stack
from installer.preflight.checks.model import access, architecture, attention, dtype, quantization, tokenizer, types
from installer.preflight.checks.model.subject import subject_of

_CODE = Code.MODEL_UNSUPPORTED


def check(stack: Stack, facts: MachineFacts, lookups: Lookups) -> Iterator[Finding]:
    """Everything that prevents the model on the engine."""
    model = stack.model
    if model is None:
        if stack.launch is not None:
            yield _no_model(stack)
        return
    yield from access.findings(stack, model, facts)
    if not (model.architectures or model.model_type):
        if stack.launch is not None and not model.refused:
            yield _no_model(stack)
        return
    yield from _on_engine(stack, model, facts, lookups)


def _on_engine(stack: Stack, model: ModelFacts, facts: MachineFacts, lookups: Lookups) -> Iterator[Finding]:
    subject = subject_of(stack, model, lookups)
    if subject is None:
        # Where something is installed and the engine is not among it, its own absence is what is reported.
        if stack.launch is not None and not stack.packages:
            yield _no_engine(stack, model)
        return
    yield from architecture.findings(subject)
    of_types = list(types.findings(subject))
    yield from of_types
    yield from tokenizer.findings(subject, type_unknown=bool(of_types))
    yield from quantization.findings(subject, facts)
    yield from dtype.findings(subject, facts)
    yield from attention.findings(subject, facts)


def _no_model(stack: Stack) -> Finding:
    launch = stack.launch
    named = launch.model if launch else ""
    return Finding(
        code=_CODE, severity=Severity.PROBE, stage=10, subject=named or "the model",
        summary="The model is not known, so whether the engine can serve it is not known either.",
        evidence=f"Neither a folder here, the hub nor shipped knowledge describes {named or 'it'}.",
        fix="Plan again with `--model-config` and the model's config.json.", source="no source",
        line=launch.line if launch else None,
    )  # fmt: skip


def _no_engine(stack: Stack, model: ModelFacts) -> Finding:
    engine = (stack.launch.engine if stack.launch else "") or "the engine"
    return Finding(
        code=_CODE, severity=Severity.PROBE, stage=10, subject=model.name,
        summary=f"Which release of {engine} would run is not known, so whether it serves the model is not known "
        "either.",
        evidence=f"{model.source}: the architecture is {', '.join(model.architectures) or 'not named'}; no {engine} "
        f"is among "
        "the packages.",
        fix=f"Pin {engine} to a release.", source=model.source, line=stack.launch.line if stack.launch else None,
    )  # fmt: skip
