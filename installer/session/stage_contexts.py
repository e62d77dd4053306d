"""What each stage gets: recipe, machine, home, and the generation in use at that moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from installer.core.contracts.stage import Stage
from installer.core.packages.lock import Lock
from installer.execution.context import RunContext
from installer.execution.generations import Generations
from installer.host.local import LocalHost
from installer.session.prepared import Prepared

if TYPE_CHECKING:
    from installer.core.runs import events as ev


def contexts(
    prepared: Prepared, host: LocalHost, lock: Lock | None, emit: Callable[[ev.Event], None] | None = None
) -> Callable[[Stage], RunContext]:
    """Makes the context of a stage."""
    generations = Generations(prepared.home)

    def make(stage: Stage) -> RunContext:
        current = generations.current()
        ctx = RunContext(
            recipe=prepared.recipe,
            facts=prepared.facts,
            host=host,
            home=prepared.home,
            lock=lock,
            environment=generations.path(current) if current is not None else None,
            offline=prepared.request.offline,
            overruled=prepared.request.overruled,
            stage=stage.number,
        )
        if emit:
            ctx.emit = emit
        return ctx

    return make
