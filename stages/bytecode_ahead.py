"""Bytecode that stages 8 to 10 will need, compiled before imports compile it one module after the other: how to.

It is what those imports would write, in the same places; the first to come writes it. Runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from installer.core.contracts.stage import StageContext
from installer.core.secrets.inherited import inherited
from installer.knowledge.engines import definitions
from stages.kernels_ahead import Job

SCRIPT = Path(__file__).parent / "scripts" / "compile_bytecode.py"
_LEAST_CORES = 4
"""Looking for what will be imported costs a third of what it saves (docs/evidence/compiling.md): too much for two."""
_MOST_PROCESSES = 16


def job(ctx: StageContext) -> Job | None:
    """`None` if there is no environment, or there are too few cores for it to pay."""
    cores = ctx.facts.cpu.cores
    if ctx.environment is None or (cores or 0) < _LEAST_CORES:
        return None
    python = str(ctx.environment / "bin" / "python")
    processes = f"--processes={min((cores or 0) - 1, _MOST_PROCESSES)}"
    command = (python, "-I", "-W", "ignore", str(SCRIPT), processes, *_imported(ctx))
    return Job("", command, inherited(ctx.host.environment(), "engine"))


def _imported(ctx: StageContext) -> Iterator[str]:
    """What stage 9 imports, and the module that is the server."""
    yield from ctx.recipe.verification.imports
    known = definitions.engine(ctx.recipe.engine_name)
    yield from known.modules[:1] if known else ()
