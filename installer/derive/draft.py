"""What is being derived: choices with their reasons, and the recipe that they make. Values only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from installer.core.machine.facts import MachineFacts
from installer.core.plans.choice import Choice
from installer.core.plans.plan import Finding
from installer.core.plans.stack import ModelFacts
from installer.core.recipes.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Derived:
    """A recipe as a file, and why it is as it is."""

    name: str
    text: str
    choices: tuple[Choice, ...]
    model: ModelFacts
    """What was known of the model."""
    findings: tuple[Finding, ...] = ()
    """What prevents it and no check of a recipe sees."""


Check = Callable[[str, ModelFacts, MachineFacts], Sequence[Finding]]
"""What the checks say of the recipe of a text, for a model on a machine."""


@dataclass(frozen=True, slots=True)
class Base:
    """A recipe whose packages a derived one takes, and the release of the engine in it."""

    recipe: Recipe
    release: str

    @property
    def engine(self) -> str:
        return self.recipe.engine_name

    @property
    def distribution(self) -> str:
        """The package that provides the engine."""
        return self.recipe.engine.alternatives[0].requires[0].partition("==")[0]

    @property
    def on_cpu(self) -> bool:
        return self.recipe.requirements.gpu is False
