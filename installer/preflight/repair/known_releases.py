"""What the repair search looks into: shipped knowledge and what is kept, so that a hundred releases cost no time.

The listing of an index, if available, adds which wheels a release has. Single releases are not looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from installer.core.plans.stack import EngineFacts, Lookups, ModelFacts, Placed, Release, TransformersFacts, WheelFacts
from installer.knowledge.engines import definitions
from installer.knowledge.engines.shipped import (
    knowledge_engine,
    knowledge_releases,
    knowledge_transformers,
    own_types,
    releases_with,
    requirements_on,
)


class KnownLookups:
    """Implements `core.plans.stack.Lookups` from knowledge; `kept` answers for wheels, `listed` for releases."""

    def __init__(self, kept: Lookups, listed: Lookups, as_of: str | None) -> None:
        self._kept, self._listed, self._as_of = kept, listed, as_of
        self._releases: dict[str, tuple[Release, ...]] = {}

    def wheel(self, package: Placed) -> WheelFacts | None:
        return self._kept.wheel(package)

    def engine(self, engine: str, version: str) -> EngineFacts | None:
        return knowledge_engine(engine, version)

    def transformers(self, version: str) -> TransformersFacts | None:
        return knowledge_transformers(version)

    def releases(self, package: str) -> tuple[Release, ...]:
        if package not in self._releases:
            self._releases[package] = self._both(package)
        return self._releases[package]

    def promising(self, engine: str, version: str, model: ModelFacts | None) -> bool:
        """A quick check of what is shipped: whether the release lists an architecture of the model, and pins a
        Transformers that knows its types; true where that is not known."""
        if model is None:
            return True
        if model.architectures and not any(version in releases_with(engine, arch) for arch in model.architectures):
            return False
        pin = requirements_on(engine, "transformers").get(version, "").partition(";")[0].partition("==")[2].strip()
        by = definitions.engine(engine)
        known = self.transformers(pin) if pin and by and not by.native_formats else None
        wanted = {kind for kind in (model.model_type, *model.nested_types.values()) if kind}
        return known is None or wanted <= known.model_types | own_types(engine)

    def _both(self, package: str) -> tuple[Release, ...]:
        """What is shipped, with the wheels that the index lists; only the index where nothing is shipped."""
        shipped = knowledge_releases(package)
        listed = self._listed.releases(package)
        if not shipped:
            return listed
        wheels: Mapping[str, Release] = {release.version: release for release in listed}
        known = [Release(version, day) for version, day in shipped if not self._as_of or day <= self._as_of]
        return tuple(
            replace(release, wheels=wheels[release.version].wheels, yanked=wheels[release.version].yanked)
            if release.version in wheels
            else release
            for release in known
        )
