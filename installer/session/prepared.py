"""A request with everything that a plan needs: home, recipe, machine. A value; nothing is read here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.recipes.recipe import Recipe
from installer.core.runs.home import Home
from installer.core.runs.request import Request

if TYPE_CHECKING:
    from installer.derive import Derived


@dataclass(frozen=True, slots=True)
class Prepared:
    request: Request
    home: Home
    recipe: Recipe
    facts: MachineFacts
    because: str
    """Why this recipe, if none was named."""
    profile_because: str = ""
    """Why this profile, if none was named."""
    passed_over: tuple[Gpu, ...] = ()
    """GPUs that others use, in whose place free ones were taken."""
    derived: Derived | None = None
    """How the recipe was derived, where a model was named."""
    text: str = ""
    """The recipe's file, as it was read."""

    @property
    def asked(self) -> tuple[int, ...]:
        """The numbers of the stages that are requested: all, where none is named."""
        from stages import STAGES

        return self.request.stages or tuple(stage.number for stage in STAGES)
