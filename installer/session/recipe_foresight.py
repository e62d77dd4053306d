"""What is foreseen of a recipe on a machine: begun beside the resolver, finished when the packages are known.

One for each command; close it afterwards. Touches nothing but the cache.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from installer.core.contracts.host import Host
from installer.core.outcomes import Severity
from installer.core.packages.lock import Lock
from installer.core.plans.plan import Finding
from installer.core.plans.repair import Repair
from installer.core.plans.stack import ModelFacts, Placed, Stack
from installer.core.recipes.file import PACKAGE_STAGES
from installer.host.background_call import BackgroundCall, attempt
from installer.packages import pylock, target
from installer.preflight import findings_cache
from installer.preflight.checks.parallel import tensor_parallel
from installer.preflight.findings_cache import Foreseen
from installer.preflight.merging import OWN
from installer.session import foreseeing, stacks
from installer.session.alternative_recipes import sibling
from installer.session.circumstances import circumstances, looking
from installer.session.overruling import overruled
from installer.session.prepared import Prepared
from stages import STAGES

if TYPE_CHECKING:
    from installer.packages.wheels.inspection import WheelLookups


class RecipeForesight:
    """Opens its looks on first use, because an answer that is kept needs none."""

    def __init__(self, prepared: Prepared, host: Host, model: ModelFacts | None = None) -> None:
        """`model`: what is known of the recipe's model already; nobody is asked then."""
        self._prepared, self._host, self._told = prepared, host, model
        self._around = circumstances(prepared.request, prepared.home, prepared.facts)
        self._open = ExitStack()
        self._looks: WheelLookups | None = None
        self._asked: BackgroundCall[ModelFacts | None] | None = None

    def __enter__(self) -> RecipeForesight:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def begin(self) -> None:
        """Look ahead at what the recipe pins, while the resolver works."""
        self._asked = BackgroundCall(self._ask_model, None)
        self._looking().prefetch(self._pins())

    def answer(self, lock: Lock | None, more: Sequence[Finding] = ()) -> Foreseen:
        """What the judges say of these packages; without a lock, of what the recipe's pins come to."""
        file = self._file(lock, more)
        known = findings_cache.kept(file)
        if known is None:
            known = self._mendable(
                foreseeing.judged(
                    self._stack(lock), self._looking(), self._around, self._host, more=more, other=self._sibling
                )
            )
            if not any(finding.source == OWN for finding in known.findings):
                findings_cache.keep(known, file)
        return self._overruled(known)

    def _overruled(self, foreseen: Foreseen) -> Foreseen:
        """What is left of it; nothing is to be repaired where nothing stops it any more."""
        found = overruled(foreseen.findings, self._prepared.request.overruled)
        stopped = any(one.severity == Severity.BLOCKER for one in found)
        return replace(foreseen, findings=tuple(found), repair=foreseen.repair if stopped else None)

    def was_released(self) -> bool:
        """Whether its engine's release is known not to be younger than the day that is asked about."""
        day, name = self._around.as_of, self._prepared.recipe.engine_name
        pin = next((package for package in self._pins() if package.name == name), None)
        if day is None or pin is None:
            return day is None
        from installer.knowledge.engines.shipped import knowledge_engine

        known = knowledge_engine(name, pin.version)
        return known is not None and bool(known.released) and known.released <= day

    def _sibling(self) -> Repair | None:
        return sibling(self._prepared, self._would_work)

    def _would_work(self, other: Prepared) -> bool:
        """Whether another recipe's engine was released by the day, and its pins come to no blocker."""
        with RecipeForesight(other, self._host) as foresight:
            return foresight.was_released() and not any(
                one.severity == Severity.BLOCKER for one in foresight.supposed()
            )

    def transferred(self) -> int:
        """Bytes that were fetched to look into wheels; none where the answer was kept."""
        return self._looks.transferred() if self._looks else 0

    def _mendable(self, foreseen: Foreseen) -> Foreseen:
        """The repair with what to give to `--set`."""
        if foreseen.repair is None:
            return foreseen
        from installer.preflight.repair.recipe_settings import with_settings

        recipe, facts = self._prepared.recipe, self._prepared.facts
        arguments = stacks.launch_of(recipe).arguments
        return replace(foreseen, repair=with_settings(foreseen.repair, recipe, facts, arguments))

    def supposed(self) -> Sequence[Finding]:
        """What the judges say of the recipe's pins at once, without asking anybody outside."""
        from installer.preflight.assessment import assess

        around = replace(self._around, offline=True)
        with looking(self._host, around) as lookups:
            found = assess(self._supposed(self._model(), lookups), self._prepared.facts, lookups)
        return overruled(found, self._prepared.request.overruled)

    def _stack(self, lock: Lock | None) -> Stack:
        model = self._model()
        if lock is not None:
            return stacks.stack_of(self._prepared.recipe, self._prepared.facts, lock, model)
        return self._supposed(model, self._looking())

    def _supposed(self, model: ModelFacts | None, lookups: WheelLookups) -> Stack:
        """What the recipe's own pins come to, with what its engine is known to ask for."""
        from installer.preflight.repair.assumed_install import suppose

        recipe, facts = self._prepared.recipe, self._prepared.facts
        launch, pins = stacks.launch_of(recipe), {package.name: package for package in self._pins()}
        python, _ = target.python_version(recipe, facts)
        base = Stack(
            python, target.platform(facts), pins, launch, model, tensor_parallel=tensor_parallel(launch.arguments)
        )
        engine = pins.get(recipe.engine_name)
        known = attempt(lambda: lookups.engine(recipe.engine_name, engine.version), None) if engine else None
        if known is None:
            return base
        supposed = suppose(known, lookups, base, python=python, launch=launch)
        return replace(supposed, packages={**supposed.packages, **pins})

    def _pins(self) -> Iterator[Placed]:
        """The exact pins of the first alternatives, or the engine that a container image is known to hold."""
        if self._prepared.recipe.container:
            yield from stacks.shipped(self._prepared.recipe)
        for name in PACKAGE_STAGES:
            number = next(stage.number for stage in STAGES if stage.name == name)
            for taken in self._prepared.recipe.package_stage(name).alternatives[:1]:
                for requirement in taken.requires:
                    _, exactly, version = requirement.partition("==")
                    if exactly and "," not in version and "*" not in version:
                        yield Placed(pylock.requirement_name(requirement), version.partition(";")[0].strip(), number)

    def _model(self) -> ModelFacts | None:
        """What is known of the recipe's model; asked once, beside whatever else is going on."""
        if self._asked is None:
            self._asked = BackgroundCall(self._ask_model, None)
        return self._asked.answer(time.monotonic() + foreseeing.PATIENCE_S)

    def _ask_model(self) -> ModelFacts | None:
        if self._told is not None:
            return self._told
        source = self._prepared.recipe.model.alternatives[0]
        if source.random is not None and self._around.model is None:
            from installer.models import of_random

            return of_random(source.random)
        return foreseeing.model_of(stacks.model_name(source), self._around, self._host, revision=source.revision)

    def _looking(self) -> WheelLookups:
        if self._looks is None:
            self._looks = self._open.enter_context(looking(self._host, self._around))
        return self._looks

    def _file(self, lock: Lock | None, more: Sequence[Finding]) -> Path:
        recipe = self._prepared.recipe
        launch = stacks.launch_of(recipe)
        return self._around.file(
            packages=hashlib.sha256(lock.pylock.encode()).hexdigest() if lock else [asdict(p) for p in self._pins()],
            launch=[launch.engine, launch.shm_mib, *launch.arguments],
            environment=dict(recipe.server.environment),
            toolkit=recipe.environment.toolkit,
            model=asdict(recipe.model),
            more=[finding.code for finding in more],
        )
