"""Whether model and GPUs have the number format that is computed in. Pure; the table says who refuses what."""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.knowledge import gpus, tables
from installer.knowledge.versions import fits
from installer.models.memory.number_format import HALF, lacking, without_half
from installer.preflight.checks.model.subject import Subject


def findings(subject: Subject, facts: MachineFacts) -> Iterator[Finding]:
    """At most one. Nothing where the engine takes another format by itself."""
    asked = subject.options.value("--dtype")
    if subject.options.value("--device") == "cpu":
        return
    if asked in HALF and without_half(subject.model, (subject.engine, subject.version)):
        yield _unstable(subject, facts, asked or "")
        return
    taken = asked if asked not in (None, "auto") else subject.model.dtype
    row = lacking(subject.engine, taken or "", facts.gpus or ())
    if row is None or (taken != asked and fits(subject.version, f">={row['auto_from']}") is not False):
        return
    known = [(found, gpu) for gpu in facts.gpus or () if (found := gpus.capability(gpu)) is not None]
    have, gpu = min(known, key=lambda pair: pair[0])
    wanted = f"{row['capability'] // 10}.{row['capability'] % 10}"
    origin = f"--dtype {asked} is given" if taken == asked else f"{subject.model.source}: the weights are {taken}"
    yield subject.found(
        Code.GPU_ARCH, Severity.BLOCKER, f"{subject.title} refuses {taken} on {gpu.name} and fails at start-up.",
        f"{origin}; {subject.title} requires compute capability {wanted} for it, and {gpu.name} has "
        f"{have // 10}.{have % 10}.",
        f"Give --dtype {row['instead']}.",
        f"{subject.model.source}; {tables.table('quantization')['sources'][row['source']]}",
    )  # fmt: skip


def _unstable(subject: Subject, facts: MachineFacts, asked: str) -> Finding:
    """float16 for a model that the engine does not compute in it."""
    other = "float32" if lacking(subject.engine, "bfloat16", facts.gpus or ()) else "bfloat16"
    return subject.found(
        Code.FLAG_VALUE, Severity.BLOCKER,
        f"{subject.title} does not compute a {subject.model.model_type} model in float16, and fails at start-up.",
        f"--dtype {asked} is given; its own list of models without float16 names {subject.model.model_type} "
        "(numerical instability).",
        f"Give --dtype {other}.",
        f"{subject.model.source}; {tables.table('quantization')['sources']['half']}",
    )  # fmt: skip
