"""Kernels that stage 9's first token and the server will need, and that take long to compile: how to.

Which ones an engine needs is data (`ahead` in `installer/knowledge/first_tokens.yaml`). They are put where the
engine looks for them, under the lock that it takes itself, so the second to come waits and finds them. Runs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installer.core.contracts.stage import StageContext
from installer.disk.reboot import boot
from stages import compile_cache, engine_environment, first_token, toolkit, used_gpus

SCRIPT = Path(__file__).parent / "scripts" / "compile_kernels.py"


@dataclass(frozen=True, slots=True)
class Job:
    what: str
    """The kernels, in words; empty: not worth telling."""
    command: tuple[str, ...]
    environment: Mapping[str, str]


def job(ctx: StageContext) -> Job | None:
    """What is still to be compiled for this machine's GPU; `None` if that is nothing, or cannot be done here."""
    folder, capability = compile_cache.folder(ctx), _capability(ctx)
    if folder is None or ctx.environment is None or capability is None or not _compiler(ctx):
        return None
    if not boot():
        return None  # anyone who prepares the folder next would consider its files incomplete, and remove them
    rows = [row for row in _rows(ctx) if not any(folder.glob(row["makes"]))]
    if not rows:
        return None
    variables = {name: value for row in rows for name, value in row.get("environment", {}).items()}
    return Job(
        ", ".join(row["named"] for row in rows),
        (str(ctx.environment / "bin" / "python"), "-I", str(SCRIPT), *(row["call"] for row in rows)),
        {
            **engine_environment.variables(ctx),
            **{name: value.replace("{capability}", capability) for name, value in variables.items()},
            "CUDA_VISIBLE_DEVICES": "",  # the GPU is the others', and none is needed
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )


def _rows(ctx: StageContext) -> list[Mapping[str, Any]]:
    """What the recipe's engine needs as it is told to run."""
    row = first_token.row(ctx)
    given = {**first_token.flags(ctx), **ctx.recipe.server.environment}
    return [
        one
        for one in (row or {}).get("ahead", ())
        if not any(str(given.get(name)) == value for name, value in one.get("unless", {}).items())
    ]


def _capability(ctx: StageContext) -> str | None:
    """Of all GPUs; `None` if they differ or it is not known: an engine compiles for those that it is given."""
    found = {gpu.compute_capability for gpu in used_gpus.of(ctx)}
    return found.pop() if len(found) == 1 and ctx.facts.here else None


def _compiler(ctx: StageContext) -> bool:
    return bool(toolkit.variables(ctx)) or ctx.host.which("nvcc") is not None or "CUDA_HOME" in ctx.host.environment()
