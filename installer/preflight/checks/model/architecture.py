"""Whether the engine has code for the model's architecture. Pure.

Being listed is necessary, not sufficient: the configuration must be parsed as well (`types`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import MISTRAL, EngineFacts
from installer.preflight.checks.model import first_release
from installer.preflight.checks.model.subject import Subject, reads_natively

CODE = Code.MODEL_UNSUPPORTED


def findings(subject: Subject) -> Iterator[Finding]:
    """At most one."""
    names = subject.model.architectures
    if not names or (reads_natively(subject) and MISTRAL in subject.model.formats):
        # Mistral's own format names no architecture: the engine derives it from what the file describes.
        if (row := first_release.too_early(subject)) is not None:
            yield _early(subject, row)
        return
    if subject.facts is None:
        yield _not_known(subject)
    elif not subject.facts.architectures.intersection(names):
        yield _missing(subject, names[0], subject.facts)


def _missing(subject: Subject, name: str, facts: EngineFacts) -> Finding:
    last = facts.formerly.get(name)
    evidence = f"{subject.model.source}: the architecture is {name}; {subject.title} "
    if last:
        return subject.found(
            CODE, Severity.BLOCKER,
            f"{subject.title} no longer serves this model: {last} was the last release that did.",
            f"{evidence}lists it as dropped after {last}.",
            first_release.remedy(subject, f"Use {subject.engine}=={last}, or another engine."), _source(subject),
        )  # fmt: skip
    if _falls_back(subject, name):
        return subject.found(
            CODE, Severity.WARNING,
            f"{subject.title} has no implementation of this model and would use that of Transformers.",
            f"{evidence}has no such class, but Transformers {_transformers(subject)} knows {subject.model.model_type}.",
            "Expect it to be slower, and test it: not every Transformers model can run that way.",
            _source(subject),
        )  # fmt: skip
    return subject.found(
        CODE, Severity.BLOCKER,
        f"{subject.title} cannot serve this model: it fails at start-up, before loading any weights.",
        f"{evidence}has {len(facts.architectures)} architectures, and this is none of them.",
        first_release.remedy(subject, "Use a release of an engine that lists this architecture, or another model."),
        _source(subject),
    )  # fmt: skip


def _falls_back(subject: Subject, name: str) -> bool:
    """Whether the engine would run Transformers' own implementation, which must then be there."""
    facts, known = subject.facts, subject.transformers
    if facts is None or known is None or subject.model.model_type not in known.model_types:
        return False
    if subject.options.value("--model-impl") == subject.by.own_implementation:
        return False
    generic = [one for one in facts.architectures if one.startswith("Transformers")]
    if name.endswith("ForCausalLM"):
        return "TransformersForCausalLM" in generic
    return name.endswith("ForConditionalGeneration") and any("Multi" in one for one in generic)


def _early(subject: Subject, row: Mapping[str, Any]) -> Finding:
    return subject.found(
        CODE, Severity.PROBE, f"Whether {subject.title} loads this model from its maker's own files is not known.",
        f"{subject.model.source}: it is read from params.json; from {row['since']} on the engine is known to load it.",
        first_release.remedy(subject, f"Use {subject.engine} {row['since']} or newer."), subject.model.source,
    )  # fmt: skip


def _not_known(subject: Subject) -> Finding:
    return subject.found(
        CODE, Severity.PROBE, f"Which models {subject.title} serves is not known.",
        f"{subject.model.source}: the architecture is {subject.model.architectures[0]}; the contents of "
        f"{subject.title} are not known.",
        "Plan again with access to the package index, or use a published release.", subject.model.source,
    )  # fmt: skip


def _transformers(subject: Subject) -> str:
    placed = subject.stack.packages.get("transformers")
    return placed.version if placed else ""


def _source(subject: Subject) -> str:
    return "; ".join(dict.fromkeys([subject.model.source, subject.facts.source if subject.facts else ""]))
