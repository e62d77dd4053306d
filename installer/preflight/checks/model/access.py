"""Whether the hub gives access to the model. Pure: it checks what the hub answered."""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import ModelFacts, Stack

CODE = Code.CREDENTIALS
_STAGE = 8


def findings(stack: Stack, model: ModelFacts, facts: MachineFacts) -> Iterator[Finding]:
    """At most one."""
    line = stack.launch.line if stack.launch else None
    if model.refused:
        # Another machine may have another token.
        severity = Severity.BLOCKER if facts.here or not model.gated else Severity.WARNING
        yield Finding(
            code=CODE, severity=severity, stage=_STAGE, subject=model.name,
            summary="The hub denies access to this model.",
            evidence=f"The hub was asked for {model.name}: {model.refused}.", fix=_fix(model), source=model.source,
            line=line,
        )  # fmt: skip
    elif model.gated and not _has_token(stack) and model.source.startswith("shipped") and not _is_folder(model.name):
        yield Finding(
            code=CODE, severity=Severity.WARNING, stage=_STAGE, subject=model.name,
            summary="This model is gated: the hub gives it only to accounts with access.",
            evidence=f"{model.source} says that it is gated; the launch itself sets no token.", fix=_fix(model),
            source=model.source, line=line,
        )  # fmt: skip


def _is_folder(name: str) -> bool:
    """Whether it is served from a folder, which needs no access: the weights are there already."""
    return name.startswith(("/", "./", "../", "~"))


def _fix(model: ModelFacts) -> str:
    if model.gated:
        return f"Accept its terms on https://huggingface.co/{model.name}, then set HF_TOKEN to a token of that account."
    return "Check the spelling; if the model is private, set HF_TOKEN to a token that may read it."


def _has_token(stack: Stack) -> bool:
    names = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
    return bool(stack.launch and any(stack.launch.environment.get(name) for name in names))
