"""A recipe: everything that is to be deployed, as plain data. Read from YAML by `installer.core.recipe_loader`.

A recipe never holds code, a shell line or a secret: commands are lists of words, and every word is passed on as one
argument.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Mapping

Scalar = str | int | float | bool


def _empty() -> Mapping[str, Scalar]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Index:
    """A package index that the recipe names, besides the machine's own default."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class PackageSet:
    """One way to fill a package stage."""

    requires: tuple[str, ...] = ()
    """Requirements (PEP 508)."""
    index: str | None = None
    """Name of the index to take these packages from; the machine's default where it cannot be reached."""
    overrides: tuple[str, ...] = ()
    """Requirements that replace whatever any package of the whole plan says about the same name."""
    because: str = ""
    """Why this way, in a sentence that is shown when it is chosen."""


@dataclass(frozen=True, slots=True)
class PackageStage:
    """What one of the stages 3 to 7 installs: the first alternative that can be resolved."""

    alternatives: tuple[PackageSet, ...] = ()
    skip: str = ""
    """Why this stage does not apply; empty where it does."""


@dataclass(frozen=True, slots=True)
class SystemPackage:
    """Something of the operating system that the deployment needs, and the Debian package that brings it."""

    package: str
    command: str | None = None
    library: str | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    python: str = ">=3.10"
    """Which Python versions the environment may have (PEP 440 specifiers)."""
    system_packages: tuple[SystemPackage, ...] = ()


@dataclass(frozen=True, slots=True)
class Requirements:
    """What the machine must have. Absent: no demand."""

    gpu: bool | None = None
    gpu_count: int | None = None
    compute_capability: str | None = None
    """PEP 440 style specifiers over "major.minor", such as ">=8.0,<10.0"."""
    driver: str | None = None
    glibc: str | None = None
    arch: tuple[str, ...] = ()
    memory_mib: int | None = None
    gpu_memory_mib: int | None = None
    disk_mib: int | None = None
    shm_mib: int | None = None
    cpu_features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RandomModel:
    """A tiny stand-in with random weights and a real tokenizer, made on the spot."""

    architecture: str = "qwen2"
    hidden_size: int = 128
    layers: int = 2
    heads: int = 4
    kv_heads: int = 2
    ffn_size: int = 256
    vocabulary: int = 512
    positions: int = 2048


@dataclass(frozen=True, slots=True)
class ModelSource:
    """One place to take the model from: exactly one of `hub`, `path` and `random` is set."""

    hub: str | None = None
    revision: str = "main"
    path: str | None = None
    random: RandomModel | None = None
    include: tuple[str, ...] = ()
    """Glob patterns of the files to fetch; all where empty."""
    exclude: tuple[str, ...] = ()
    because: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    served_as: str
    """The name that clients put into `model`."""
    alternatives: tuple[ModelSource, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    imports: tuple[str, ...] = ()
    """Modules that must import in the finished environment, in this order."""
    vocabulary_at_least: int | None = None


@dataclass(frozen=True, slots=True)
class Server:
    module: str
    """The Python module that is run as `python -m MODULE`."""
    host: str = "127.0.0.1"
    port: int = 8000
    flags: Mapping[str, Scalar | None] = field(default_factory=_empty)  # type: ignore[arg-type]
    """Flag to value; `true` is the bare flag, `false` and null leave it out.

    `{model}`, `{served_as}`, `{host}` and `{port}` inside a value are filled in.
    """
    environment: Mapping[str, str] = field(default_factory=_empty)  # type: ignore[arg-type]
    start_timeout_s: int = 600
    stop_timeout_s: int = 30
    structured_output: bool = True
    """Whether this engine can be held to a JSON schema."""


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    description: str = ""
    flags: Mapping[str, Scalar | None] = field(default_factory=_empty)  # type: ignore[arg-type]
    environment: Mapping[str, str] = field(default_factory=_empty)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Choice:
    """When this recipe is chosen by itself: its requirements hold and no other has a higher priority."""

    priority: int = 0
    """Zero: never chosen without being named."""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    name: str
    title: str
    engine_name: str
    """"vllm" or "sglang"."""
    model: Model
    server: Server
    description: str = ""
    choice: Choice = Choice()
    requirements: Requirements = Requirements()
    environment: Environment = Environment()
    indexes: tuple[Index, ...] = ()
    pytorch: PackageStage = PackageStage()
    flashinfer: PackageStage = PackageStage()
    transformers: PackageStage = PackageStage()
    dependencies: PackageStage = PackageStage()
    engine: PackageStage = PackageStage()
    verification: Verification = Verification()
    profiles: tuple[Profile, ...] = ()
    profile: str | None = None
    """The profile in force, already merged into `server`."""
    source: str = ""
    """Where this recipe was read from, for messages."""

    def package_stage(self, name: str) -> PackageStage:
        """The section of the package stage called `name` ("pytorch" … "engine")."""
        section: PackageStage = getattr(self, name)
        return section
