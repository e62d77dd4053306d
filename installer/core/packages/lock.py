"""A resolved package set: exactly what each stage installs, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace

IMAGE = "image"
"""The source of a package that the machine's own Python has."""


@dataclass(frozen=True, slots=True)
class LockedPackage:
    name: str
    """Normalised (PEP 503)."""
    version: str
    stage: str
    """The stage that installs it: "pytorch" … "engine"."""
    source: str
    """Name of the index, "folder" for a configured folder of wheels, or `IMAGE`."""
    url: str = ""
    """Of the wheel that fits the machine."""
    bytes: int | None = None
    """Size of that wheel; `None` if the index does not say."""


@dataclass(frozen=True, slots=True)
class Lock:
    key: str
    """Digest of the question that this answers: recipe sections, Python, platform and sources."""
    python: str
    """"major.minor" of the interpreter it was resolved for."""
    platform: str
    """As uv names it, such as "x86_64-manylinux_2_35"."""
    packages: tuple[LockedPackage, ...]
    chosen: tuple[tuple[str, str], ...] = ()
    """For each stage that had a choice: the reason of the alternative taken."""
    notices: tuple[str, ...] = ()
    """What a person should know about the sources."""
    pylock: str = ""
    """The whole set in the PEP 751 format, as the resolver wrote it."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """Why what was chosen, and what was noticed: sentences for a person."""
        return (*(because for _, because in self.chosen), *self.notices)

    def of(self, stage: str) -> tuple[LockedPackage, ...]:
        """The packages that `stage` installs."""
        return tuple(package for package in self.packages if package.stage == stage)

    def through(self, stages: tuple[str, ...]) -> tuple[LockedPackage, ...]:
        """The packages that all of `stages` install."""
        return tuple(package for package in self.packages if package.stage in stages)

    def with_sizes(self, sizes: dict[str, int]) -> Lock:
        """The same set with wheel sizes filled in by URL."""
        return replace(
            self,
            packages=tuple(replace(p, bytes=sizes.get(p.url, p.bytes)) for p in self.packages),
        )
