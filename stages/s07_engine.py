"""Stage 7, engine: the inference engine itself, without touching what is there.

Must not know any other stage: what they share is in `stages.packages`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from installer.core.contracts.stage import Change, Check, StageContext
from stages import containers, packages, toolkit

number = 7
name = "engine"
title = "Install the engine"
summary = "Installs the inference engine itself, or builds its container image, without touching what is there."
undo = "what it added to the run's draft, or the image that it built, is removed"
changes_environment = True

_check, _apply, _rollback = packages.functions(name)


def check(ctx: StageContext) -> Check:
    if ctx.recipe.container:
        return containers.check(ctx)
    found = _check(ctx)
    own = None if found.skipped or found.unknown else toolkit.missing(ctx)
    placing = (Change(f"make the CUDA {own.cuda} toolkit among the packages usable"),) if own else ()
    return replace(found, changes=(*found.changes, *placing), seen=() if placing else found.seen)


def apply(ctx: StageContext, changes: Sequence[Change]) -> None:
    if ctx.recipe.container:
        containers.apply(ctx, changes)
    else:
        _apply(ctx, changes)
        toolkit.place(ctx)


def rollback(ctx: StageContext, deeds: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return containers.rollback(ctx, deeds) if ctx.recipe.container else _rollback(ctx, deeds)
