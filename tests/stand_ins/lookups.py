"""Looks that know exactly what a test tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from installer.core.plans.stack import EngineFacts, Placed, Release, TransformersFacts, WheelFacts


@dataclass
class KnownLookups:
    engines: tuple[EngineFacts, ...] = ()
    transformers_facts: tuple[TransformersFacts, ...] = ()
    listed: Mapping[str, tuple[Release, ...]] = field(default_factory=dict)

    def wheel(self, package: Placed) -> WheelFacts | None:
        return None

    def engine(self, engine: str, version: str) -> EngineFacts | None:
        return next((one for one in self.engines if (one.engine, one.version) == (engine, version)), None)

    def transformers(self, version: str) -> TransformersFacts | None:
        return next((one for one in self.transformers_facts if one.version == version), None)

    def releases(self, package: str) -> tuple[Release, ...]:
        if package in self.listed:
            return self.listed[package]
        return tuple(Release(one.version, one.released) for one in self.engines if one.engine == package)
