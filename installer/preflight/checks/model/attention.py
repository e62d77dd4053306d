"""Whether there are kernels of the model's attention for the GPUs. Pure; the table says of which families."""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.knowledge import gpus, tables
from installer.preflight.checks.model.subject import Subject


def findings(subject: Subject, facts: MachineFacts) -> Iterator[Finding]:
    """At most one, and an open question: what is older may have a way of its own that is not documented."""
    table = tables.table("families")
    types = {subject.model.model_type, *subject.model.nested_types.values()}
    row = next((row for row in table["attention"] if types.intersection(row["model_types"])), None)
    known = [(found, gpu) for gpu in facts.gpus or () if (found := gpus.capability(gpu)) is not None]
    if row is None or not known or subject.options.value("--device") == "cpu":
        return
    have, gpu = min(known, key=lambda pair: pair[0])
    if have < row["capability"]:
        yield subject.found(
            Code.GPU_ARCH, Severity.PROBE, f"Whether {row['what']} of this model runs on {gpu.name} is not known.",
            f"Its kernels are for compute capability {_dotted(row['capability'])} and newer; {gpu.name} has "
            f"{_dotted(have)}.",
            "Use a newer GPU, or test it.", f"{subject.model.source}; {table['sources'][row['source']]}",
        )  # fmt: skip


def _dotted(capability: int) -> str:
    return f"{capability // 10}.{capability % 10}"
