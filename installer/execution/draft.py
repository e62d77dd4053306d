"""The environment that one run works on: a draft next to the one in use, which is put into use when it is done.

After each stage the files of the draft are listed. So a later one that fails, or is killed, is rolled back
by itself; where it replaced anything, the whole draft is dropped. Never touches a generation that is in use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from installer.core.contracts.stage import Stage
from installer.core.errors import PredictedError
from installer.core.outcomes import Severity
from installer.core.runs import events as ev
from installer.execution.context import RunContext
from installer.execution.generations import Draft, Generations, Seal, new_seal


class Building:
    """One run's draft, from the first stage that changes the environment on."""

    def __init__(self, generations: Generations, emit: Callable[[ev.Event], None], run: str, last: int) -> None:
        """`last` is the number of the stage after which the draft is put into use."""
        self._generations, self._emit, self._run, self._last = generations, emit, run, last
        self._draft: Draft | None = None
        self._done: Seal | None = None
        """For what is complete in the draft."""

    @property
    def path(self) -> Path | None:
        """The environment as far as this run has come; `None` if that is the one in use."""
        return self._draft.path if self._draft else None

    def begin(self, stage: Stage, ctx: RunContext) -> Path:
        """Where `stage` may write. Raises `PredictedError` if there is no environment to work on."""
        if self._draft is None:
            self._draft = self._new(stage, ctx)
        return self._draft.path

    def keep(self, stage: Stage, ctx: RunContext) -> None:
        """What `stage` wrote is complete."""
        assert self._draft is not None
        lock = ctx.lock.key if ctx.lock else None
        self._done = new_seal(
            self._draft, stage=stage.name, run=self._run, recipe=ctx.recipe.name, lock=lock, complete=False
        )
        if stage.number != self._last:
            self._generations.mark(self._done)

    def roll_back(self) -> None:
        """What was written since the last stage that is complete."""
        if self._draft and self._done:
            self._done = self._generations.restore(self._draft.number)
        if self._done is None:
            self.drop()

    def put_in_use(self, stage: int | None, *, complete: bool) -> None:
        """Seal the draft, if there is one, and switch to it."""
        if self._draft and self._done:
            self._generations.seal(replace(self._done, complete=complete))
            self._emit(ev.GenerationSwitched(stage, self._draft.number, self._generations.current()))
            self._generations.switch(self._draft.number)
            self._draft = self._done = None

    def drop(self) -> None:
        """Nothing of this run stays."""
        if self._draft:
            self._generations.drop(self._draft.number)
        self._draft = self._done = None

    def _new(self, stage: Stage, ctx: RunContext) -> Draft:
        current = self._generations.current()
        empty = stage.traits.starts_empty
        if current is None and not empty:
            raise PredictedError(
                f"Stage {stage.number} needs an environment, and this home has none.",
                "Stage 2 creates it.",
                f"Run `--stage 2-{stage.number}` or `--stage all`.",
            )
        draft = self._generations.draft(None if empty else current, ctx.host.clone)
        if draft.copied_bytes:
            ctx.notice(
                f"This filesystem has no hard links: {draft.copied_bytes / 1e9:.1f} GB were copied instead of linked.",
                Severity.WARNING,
            )
        return draft
