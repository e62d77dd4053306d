"""Whether the model allows the context that is requested, on GPUs and the CPU. Part of the check of memory; pure."""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Stack
from installer.knowledge.engines import definitions
from installer.models.memory import remedies
from installer.models.memory.sizing import Sizing

STAGE = 10
_OVERRIDES = frozenset({"json-model-override-args", "hf-overrides", "rope-scaling", "rope-theta"})


def findings(stack: Stack, sizing: Sizing) -> Iterator[Finding]:
    """A context that is longer than the model's config allows; nothing if the launch lifts that limit."""
    asked, allowed = sizing.options.amount("context"), sizing.context
    if not asked or not allowed or asked <= allowed or _lifted(stack, sizing):
        return
    names, launch, model = remedies.names(sizing), stack.launch, stack.model
    yield Finding(
        code=Code.FLAG_VALUE, severity=Severity.BLOCKER, stage=STAGE,
        subject=model.name if model else launch.model if launch else "the model",
        summary="The requested context is longer than the model allows; the engine "
        "refuses to start.",
        evidence=f"{names.context} is {asked:,}; the model's config allows {allowed:,}.",
        fix=f"Give {names.context} {allowed} or less.",
        source=f"{model.source}; machine facts" if model else "launch and machine facts",
        line=launch.line if launch else None,
    )  # fmt: skip


def _lifted(stack: Stack, sizing: Sizing) -> bool:
    engine = definitions.engine(sizing.engine)
    variable = engine.variables.get("long_context", "") if engine else ""
    value = stack.launch.environment.get(variable, "") if stack.launch else ""
    return value.lower() in ("1", "true", "yes") or bool(sizing.options.switches & _OVERRIDES)
