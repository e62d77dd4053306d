"""Stage 7, engine: the inference engine itself, without touching what is there.

Must not know any other stage: what they share is in `stages.packages`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from installer.core.contracts.stage import Change, ChangeKind, Check, Leftover, StageContext, Traits
from stages import containers, engine_plugins, packages, toolkit

number = 7
name = "engine"
title = "Install the engine"
summary = (
    "Installs the inference engine itself, with the plugins that its release needs, or builds its container image, "
    "without touching what is there."
)
undo = "what it added to the run's draft, or the image that it built, is removed"
traits = Traits(changes_environment=True, installs_packages=True)

_check, _apply, _rollback = packages.functions(name)


def check(ctx: StageContext) -> Check:
    if ctx.recipe.container:
        return containers.check(ctx)
    found = _check(ctx)
    if found.skipped or found.unknown:
        return found
    own = toolkit.missing(ctx)
    placing = (
        (Change(ChangeKind.TOOLKIT, f"make the CUDA {own.cuda} toolkit among the packages usable"),) if own else ()
    )
    missing = (*found.changes, *placing, *map(engine_plugins.change, _lacking(ctx)))
    return replace(found, changes=missing, observed=() if missing else found.observed)


def apply(ctx: StageContext, changes: Sequence[Change]) -> None:
    if ctx.recipe.container:
        containers.apply(ctx, changes)
        return
    own = {engine_plugins.change(plugin).identity: plugin for plugin in _lacking(ctx)}
    if others := [change for change in changes if change.identity not in own]:
        _apply(ctx, others)
        toolkit.place(ctx)
    for plugin in own.values():
        ctx.begin(engine_plugins.change(plugin))
        engine_plugins.install(ctx, plugin)


def _lacking(ctx: StageContext) -> list[engine_plugins.Plugin]:
    have = packages.installed(ctx.environment)
    return [
        plugin for plugin in engine_plugins.wanted(ctx.lock) if not packages.same(have.get(plugin.name), plugin.version)
    ]


def rollback(ctx: StageContext, deeds: Sequence[Mapping[str, Any]]) -> tuple[Leftover, ...]:
    return containers.rollback(ctx, deeds) if ctx.recipe.container else _rollback(ctx, deeds)
