"""Whether the GPUs have the number format that the model is computed in. Pure; the table says who refuses what."""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.knowledge import gpus, tables
from installer.knowledge.versions import fits
from installer.preflight.checks.model.subject import Subject


def findings(subject: Subject, facts: MachineFacts) -> Iterator[Finding]:
    """At most one. Nothing where the engine takes another format by itself."""
    asked = subject.options.value("--dtype")
    taken = asked if asked not in (None, "auto") else subject.model.dtype
    table = tables.table("quantization")
    rows = (row for row in table["dtypes"] if (row["engine"], row["dtype"]) == (subject.engine, taken))
    row = next(rows, None)
    known = [(found, gpu) for gpu in facts.gpus or () if (found := gpus.capability(gpu)) is not None]
    if row is None or not known or subject.options.value("--device") == "cpu":
        return
    have, gpu = min(known, key=lambda pair: pair[0])
    by_itself = taken != asked and fits(subject.version, f">={row['auto_from']}") is not False
    if have < row["capability"] and not by_itself:
        wanted = f"{row['capability'] // 10}.{row['capability'] % 10}"
        origin = f"--dtype {asked} is given" if taken == asked else f"{subject.model.source}: the weights are {taken}"
        yield subject.found(
            Code.GPU_ARCH, Severity.BLOCKER, f"{subject.title} refuses {taken} on {gpu.name} and stops at start.",
            f"{origin}; {subject.title} wants compute capability {wanted} for it, and {gpu.name} has "
            f"{have // 10}.{have % 10}.",
            f"Give --dtype {row['instead']}.", f"{subject.model.source}; {table['sources'][row['source']]}",
        )  # fmt: skip
