"""The smallest change that turns a plan which fails into one without blockers. A value only; searches nothing."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from installer.core.outcomes import RepairKind


@dataclass(frozen=True, slots=True)
class Repair:
    kind: RepairKind
    """What has to change."""
    sentence: str
    """What to do, for a person."""
    engine: str = ""
    """The engine to use; empty if that stays."""
    version: str = ""
    """The release of the engine that was checked to work; empty if that stays."""
    requires: tuple[str, ...] = ()
    """Requirements to install instead (PEP 508)."""
    pins: tuple[str, ...] = ()
    """The versions of other packages that come with it, as far as they are known."""
    python: str = ""
    """The Python to install it for, where that changes."""
    flags: tuple[str, ...] = ()
    """The words of the server's command line, where they change."""
    recipe: str = ""
    """Another recipe that is included, to be named with `--recipe`."""
    settings: tuple[str, ...] = ()
    """What to give to `--set` for a recipe, where that is enough."""
    confirmed: bool = False
    """Whether the packages were really resolved; false: checked from what is known of that release."""
    tried: int = 0
    """How many candidates were checked."""

    @property
    def options(self) -> tuple[str, ...]:
        """What to add to the command that was given, quoted for a shell; none if that is not enough."""
        named = (f"--recipe {shlex.quote(self.recipe)}",) if self.recipe else ()
        return (*named, *(f"--set {shlex.quote(setting)}" for setting in self.settings))
