"""Weights that are on the GPU in 16 bits first, before an engine turns them into the requested format. Pure."""

from __future__ import annotations

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Stack
from installer.core.text.quantities import gib
from installer.knowledge.engines import definitions, launch_reader
from installer.knowledge.tables import table
from installer.knowledge.versions import fits
from installer.models.memory.sizing import Sizing, usable_mib

_STAGE = 10
_WIDTH = 2
"""Bytes of a weight before."""


def finding(stack: Stack, sizing: Sizing) -> Finding | None:
    """That they do not fit like that, although they would afterwards."""
    launch, model, engine = stack.launch, stack.model, definitions.engine_package(stack)
    method = sizing.options.text("quantization").lower()
    weights, memory = sizing.weights, sizing.used.memory_mib
    if not (launch and model and engine and method and weights.bytes and weights.parameters and memory):
        return None
    offloads = any(use.word.startswith("--cpu-offload") for use in launch_reader.of(stack).uses)
    row = _row(engine.name, method, engine.version)
    if row is None or model.quantization or model.derived or offloads or sizing.gpu_weights is None:
        return None
    first = sizing.gpu_weights * weights.parameters * _WIDTH / weights.bytes
    if first < usable_mib(memory) * (1 << 20):
        return None
    flag = sizing.options.flag("quantization", "--quantization")
    return Finding(
        code=Code.MEMORY, severity=Severity.BLOCKER if sizing.spread_is_known and weights.exact else Severity.PROBE,
        stage=_STAGE, subject=model.name,
        summary="The weights do not fit into the GPU's memory in 16 bits, in which this release loads them before it "
        "quantizes them: it fails with `CUDA out of memory`.",
        evidence=f"{flag} {method} makes {gib(sizing.gpu_weights)} on each GPU of {gib(first)}; a GPU has "
        f"{gib(memory * (1 << 20))}.",
        fix=f"Use a checkpoint that is quantized already, more GPUs, or {engine.name} {row['until']} or newer.",
        source=str(table("memory")["sources"][row["source"]]), line=launch.line,
    )  # fmt: skip


def _row(engine: str, method: str, version: str) -> dict[str, str] | None:
    rows = (row for row in table("memory")["full_first"] if (row["engine"], row["method"]) == (engine, method))
    return next((row for row in rows if fits(version, f"<{row['until']}")), None)
