"""One rank of several: what must be the same on each, and waiting until all are there. Used by stage 10.

It must never call a rank started while another one is missing or does not fit.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from installer.core.contracts.serving import LaunchSpec, ServerState
from installer.core.contracts.stage import StageContext
from installer.core.errors import StageError
from installer.core.outcomes import Severity
from installer.core.recipes.recipe import Recipe
from installer.disk.reading import read_json
from stages import models, ranks
from stages.error_lines import error_lines

_POLL_S = 0.3
_WHOLE_S = 1 << 20
"""A model's files up to this size are compared whole where it has no manifest; of others the size."""


def refusal(recipe: Recipe) -> tuple[str, str] | None:
    """Why this machine cannot be a rank yet, and what to do; `None` if it can, or the recipe is for one machine."""
    if recipe.topology.placed:
        return None
    return (
        f"this recipe is for {recipe.topology.nodes} machines, and it is not set which of them this is",
        "Let `deploy-tui fleet FILE up` do it, or set it on each: --set topology.rank=0 --set topology.leader=ADDRESS.",
    )


def as_rank(ctx: StageContext, spec: LaunchSpec) -> LaunchSpec:
    """The launch within the watch over the ranks; as it is where there is one machine only."""
    if ctx.recipe.topology.nodes == 1 or ctx.environment is None or not ctx.recipe.topology.placed:
        return spec
    python = ctx.environment.resolve() / "bin" / "python"
    command = ranks.watched(ctx.recipe, spec.command, python, same(ctx, Path(spec.model)), ctx.home.server)
    topology = ctx.recipe.topology
    return replace(spec, command=command, rank=topology.rank or 0, ranks=topology.nodes)


def same(ctx: StageContext, model: Path) -> dict[str, str]:
    """Digests of what all ranks must have in common."""
    packages = sorted((one.name, one.version) for one in ctx.lock.packages) if ctx.lock else []
    return {
        "lock": hashlib.sha256(json.dumps(packages).encode()).hexdigest(),
        "model": _model(model),
        "engine": f"{ctx.recipe.engine_name} {ranks.release(ctx.recipe)}".strip(),
    }


def _model(model: Path) -> str:
    """By the manifest's hashes; of a folder without one by names, sizes and the content of small files."""
    listed = models.manifest(model)
    files: list[dict[str, Any]] = listed["files"] if listed else [
        {"path": str(path.relative_to(model)), "size": path.stat().st_size, "sha256": _small(path)}
        for path in sorted(model.rglob("*")) if path.is_file()
    ]  # fmt: skip
    rows = sorted((str(one["path"]), int(one["size"]), str(one.get("sha256"))) for one in files)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _small(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.stat().st_size <= _WHOLE_S else ""


def launch(ctx: StageContext, spec: LaunchSpec) -> None:
    """Start this rank. What an earlier start found of the others counts no more."""
    (ctx.home.server / "rank.json").unlink(missing_ok=True)
    ctx.host.launch_server(ctx.home, spec)


def await_all(ctx: StageContext) -> None:
    """Wait until all ranks are there and start; say what was found. Raises `StageError` after ending this one again."""
    try:
        report = _started(ctx)
    except BaseException:
        ctx.host.stop_server(ctx.home)
        raise
    topology = ctx.recipe.topology
    summed = f"a sum over all of them right in {report['sum_s']} s" if "sum_s" in report else "no sum tried"
    ctx.notice(
        f"Rank {topology.rank} of {topology.nodes} on {report.get('interface') or 'an unknown interface'} "
        f"({report.get('address')}): reached both ways, same packages, same model, "
        f"clocks {report.get('clocks_apart_s')} s apart, {summed}."
    )
    for sentence in report.get("warnings", ()):
        ctx.notice(str(sentence), Severity.WARNING)


def _started(ctx: StageContext) -> Mapping[str, Any]:
    began, end = time.monotonic(), 0
    while True:
        piece = ctx.host.server_log(ctx.home, after=end)
        end = piece.end
        for line in piece.lines:
            ctx.output(line)
        state = ctx.host.server_state(ctx.home)
        if not state.running:
            lines = error_lines(ctx.host.server_log(ctx.home, lines=2000).lines)
            raise StageError(
                f"Rank {ctx.recipe.topology.rank} did not start.", "\n  ".join(lines) or state.reason,
                "Correct that on the machine that it names, then start all ranks again.",
            )  # fmt: skip
        report = read_json(ctx.home.server / "rank.json") or {}
        if report.get("state") == "started":
            return report
        if time.monotonic() - began > ctx.recipe.topology.patience_s + 120:
            raise StageError(
                "The other ranks did not join.", f"Waited {time.monotonic() - began:.0f} s for them.",
                "Start stage 10 on all machines at about the same time.",
            )  # fmt: skip
        ctx.host.pause(_POLL_S)


def observed(state: ServerState) -> tuple[str, ...]:
    """What can be seen of a rank that does not serve requests; nothing if it is another server."""
    launch = state.launch
    return (f"rank {launch.rank} of {launch.ranks} runs; rank 0 serves",) if launch and launch.rank else ()


def report_running(ctx: StageContext) -> None:
    """Of a rank that does not serve requests: it runs, and rank 0 says whether the server serves."""
    state = ctx.host.server_state(ctx.home)
    ctx.host.server_ready(ctx.home, round(max(0.0, time.time() - (state.started_at or time.time())), 1))
    ctx.notice(f"Rank {ctx.recipe.topology.rank} runs. Whether the model is served is asked of rank 0.")
