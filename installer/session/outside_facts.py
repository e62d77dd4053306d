"""What a plan asks of the outside next to its packages: the model, and the inside of wheels.

Begun next to the resolver, or on first use: an answer that is kept needs none of it. Touches nothing but the cache, and
never waits for an answer longer than `PATIENCE_S`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from installer.core.contracts.host import Host
from installer.core.plans.plan import PlannedStage
from installer.core.plans.stack import ModelFacts, Stack
from installer.core.recipes.recipe import Recipe
from installer.host.background_call import BackgroundCall
from installer.knowledge.engines import launch_reader
from installer.session import stacks
from installer.session.circumstances import Circumstances, circumstances, wheel_lookups
from installer.session.prepared import Prepared
from installer.session.served_model import with_served_model
from stages import models

if TYPE_CHECKING:
    from installer.packages.wheels.inspection import WheelLookups

PATIENCE_S = 10.0
"""How long an answer from outside is waited for."""


class OutsideFacts:
    """Of one prepared request."""

    def __init__(self, prepared: Prepared, host: Host, model: ModelFacts | None = None) -> None:
        """`model`: what is known of the recipe's model already; it is not looked up then."""
        self.prepared, self.host = prepared, host
        self.around = circumstances(prepared.request, prepared.home, prepared.facts)
        self._told = model or _of_deriving(prepared)
        self._open = ExitStack()
        self._wheels: WheelLookups | None = None
        self._asked: BackgroundCall[ModelFacts | None] | None = None

    def __enter__(self) -> OutsideFacts:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def begin(self) -> None:
        """Ask for the model and for what the recipe pins, while the resolver works."""
        self._ask()
        self.wheels().prefetch(stacks.pins(self.prepared.recipe))

    def model(self) -> ModelFacts | None:
        """What is known of the recipe's model; asked once, next to whatever else is going on."""
        return self._ask().answer(time.monotonic() + PATIENCE_S)

    def serve(self, stages: Sequence[PlannedStage]) -> None:
        """From now on it is about the model that the stages chose."""
        chosen = with_served_model(self.prepared, stages)
        if chosen is not self.prepared:
            self.prepared, self._told, self._asked = chosen, None, None

    def wheels(self) -> WheelLookups:
        if self._wheels is None:
            self._wheels = self._open.enter_context(wheel_lookups(self.host, self.around))
        return self._wheels

    def transferred(self) -> int:
        """Bytes that were fetched to look into wheels; none if the answer was kept."""
        return self._wheels.transferred() if self._wheels else 0

    def _ask(self) -> BackgroundCall[ModelFacts | None]:
        if self._asked is None:
            recipe = self.prepared.recipe
            self._asked = BackgroundCall(lambda: self._told or model_of_recipe(recipe, self.around, self.host), None)
        return self._asked


def model_of_recipe(recipe: Recipe, around: Circumstances, host: Host) -> ModelFacts | None:
    """What is known of the model that a recipe names first; where it has no name, by its folder in the home."""
    source = recipe.model.alternatives[0]
    if source.random is not None and around.model is None:
        from installer.models import of_random

        return of_random(source.random)
    if name := stacks.model_name(source):
        return model_of(name, around, host, revision=source.revision)
    there = models.folder(around.home, source)
    found = model_of(str(there) if models.manifest(there) else "", around, host)
    return replace(found, name=models.label(source)) if found is not None and around.model is None else found


def model_of(name: str, around: Circumstances, host: Host, *, revision: str = "main") -> ModelFacts | None:
    """What is known of a model: by the config that was given, else by its name or folder."""
    if around.model is not None:
        return replace(around.model, name=name or around.model.name)
    if not name:
        return None
    from installer.models import model_facts

    return model_facts(name, host, around.offline, revision)


def with_draft(stack: Stack, around: Circumstances, host: Host) -> Stack:
    """The stack with what is known of the draft model that its launch names."""
    from installer.models import model_facts
    from installer.models.memory.draft import draft_of

    asked = draft_of(launch_reader.of(stack))
    if asked is None:
        return stack
    wanted = BackgroundCall(lambda: model_facts(asked.model, host, around.offline, asked.revision or "main"), None)
    found = wanted.answer(time.monotonic() + PATIENCE_S)
    return replace(stack, draft=replace(found, name=asked.model) if found else None)


def _of_deriving(prepared: Prepared) -> ModelFacts | None:
    """What deriving was told of the model, unless a setting has named another one since."""
    model = prepared.derived.model if prepared.derived else None
    taken = prepared.recipe.model.alternatives[0]
    return model if model is not None and (taken.path or taken.hub == model.name) else None
