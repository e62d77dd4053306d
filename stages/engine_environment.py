"""The variables of a process that runs the environment's engine, or compiles for it, before there is a server.

They are those of the server in what decides which code runs. Runs nothing.
"""

from __future__ import annotations

import os

from installer.core.contracts.stage import StageContext
from installer.core.secrets.inherited import inherited
from stages import compile_cache, toolkit
from stages.system import library_path


def variables(ctx: StageContext) -> dict[str, str]:
    """All of them, once the folders that they name are there; first on PATH are the environment's own programs."""
    given = inherited(ctx.host.environment(), "engine")
    tools = toolkit.ready(ctx)
    programs = [f"{ctx.environment}/bin", *([f"{tools['CUDA_HOME']}/bin"] if tools else [])]
    return {
        **given,
        "PATH": os.pathsep.join((*programs, given.get("PATH", os.defpath))),
        **library_path(ctx),
        **tools,
        **compile_cache.ready(ctx),
        **ctx.recipe.server.environment,
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
    }
