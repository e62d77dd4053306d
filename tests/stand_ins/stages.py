"""Small real stages for testing the engine: they write real files into real generations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from installer.core.contracts.stage import Change, ChangeKind, Check, Leftover, StageContext, Traits


@dataclass
class FileStage:
    """Wants one file in the environment (or in the home, if it does not change the environment)."""

    number: int
    name: str
    changes_environment: bool = True
    starts_empty: bool = False
    again: str = ""
    title: str = "A stage"
    summary: str = ""
    undo: str = ""
    fail_with: BaseException | None = None
    forget: bool = False
    """Pretend to apply, so that the check after it fails."""
    before: Callable[[StageContext], None] | None = None
    left: tuple[Leftover, ...] = ()
    applied: int = 0
    rolled_back: list[Sequence[Mapping[str, Any]]] = field(default_factory=list)

    @property
    def traits(self) -> Traits:
        return Traits(
            changes_environment=self.changes_environment,
            starts_empty=self.starts_empty,
            installs_packages=self.changes_environment and not self.starts_empty,
            again=self.again,
        )

    def _file(self, ctx: StageContext) -> Path | None:
        root = ctx.environment if self.changes_environment else ctx.home.root
        return root / f"{self.name}.txt" if root else None

    def check(self, ctx: StageContext) -> Check:
        file = self._file(ctx)
        if file and file.exists():
            return Check(observed=(f"{self.name} is there",))
        return Check(changes=(Change(ChangeKind.PACKAGES, f"write {self.name}"),))

    def apply(self, ctx: StageContext, changes: Sequence[Change]) -> None:
        self.applied += 1
        if self.before:
            self.before(ctx)
        file = self._file(ctx)
        assert file
        file.parent.mkdir(parents=True, exist_ok=True)
        if not self.changes_environment:
            ctx.deed("file", {"path": str(file)})
        if not self.forget:
            file.write_text(self.name)
        if self.fail_with:
            raise self.fail_with

    def rollback(self, ctx: StageContext, deeds: Sequence[Mapping[str, Any]]) -> tuple[Leftover, ...]:
        self.rolled_back.append(deeds)
        for deed in deeds:
            Path(deed["path"]).unlink(missing_ok=True)
        return self.left


def wait_for(event: threading.Event) -> Callable[[StageContext], None]:
    """A hook that waits (at most five seconds) for another stage to get somewhere."""

    def wait(ctx: StageContext) -> None:
        assert event.wait(5)

    return wait
