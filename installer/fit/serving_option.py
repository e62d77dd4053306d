"""A way to serve a model: a release of an engine, and what it includes. Values, and the stack that they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import Lookups, ModelFacts, Placed, Stack
from installer.knowledge.engines import definitions
from installer.knowledge.packages import having
from installer.models.memory.fraction import Parallel
from installer.packages import target
from installer.preflight.repair.assumed_install import suppose

PYTHON = "3.12"
"""Every release of the engines that is looked at has wheels for it."""


@dataclass(frozen=True, slots=True)
class ServingOption:
    engine: str
    version: str
    distribution: str = ""
    """The package that provides it; empty: that of the engine's own name."""
    arguments: tuple[str, ...] = ()
    """What its server is given whatever the model is split into."""
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    for_cpu: bool = False
    packages_mib: int | None = None
    """What its packages take on the disk; `None`: unknown."""
    glibc: str = ""
    """The oldest C library that its wheels run with; empty: not known."""
    image: str = ""
    """The container image that it comes in; empty: none of its own."""

    @property
    def package(self) -> str:
        return self.distribution or self.engine

    @property
    def title(self) -> str:
        return f"{definitions.title_of(self.engine)} {self.version}"

    def giving(self, **meanings: int | float | None) -> ServingOption:
        """The same with flags, by what they mean; those that are `None` are left out."""
        named = [(definitions.flag_of(self.engine, key), value) for key, value in meanings.items() if value is not None]
        return replace(self, arguments=(*self.arguments, *(word for flag, v in named for word in (flag, str(v)))))

    def split(self, parallel: Parallel) -> ServingOption:
        """The same over several GPUs; one is left unsaid."""
        many = {"tensor_parallel": parallel.tensor, "pipeline_parallel": parallel.pipeline}
        return self.giving(**{meaning: count for meaning, count in many.items() if count > 1})


def installed(way: ServingOption, facts: MachineFacts, lookups: Lookups) -> Mapping[str, Placed]:
    """The packages that a clean install of the way comes to on a machine, as far as they are known."""
    known = lookups.engine(way.engine, way.version)
    own = {way.package: Placed(way.package, way.version, 7)}
    if known is None:
        return own
    base = Stack(PYTHON, target.platform(facts), own)
    supposed = suppose(known, lookups, base, python=PYTHON, launch=None).packages
    if way.package == way.engine:
        return supposed
    # What an engine includes whatever processor it was built for.
    any_build = sorted(having("assessed") - having("compiled"))
    return own | {name: supposed[name] for name in any_build if name in supposed}


def stack_of(
    way: ServingOption, model: ModelFacts, facts: MachineFacts, packages: Mapping[str, Placed], more: Sequence[str] = ()
) -> Stack:
    """What is checked: the way with a model on a machine; `more` are further words of the launch."""
    launch = Launch(
        stage=10, engine=way.engine, arguments=(*way.arguments, *more), environment=way.environment, model=model.name
    )  # fmt: skip
    return Stack(PYTHON, target.platform(facts), packages, launch, model)
