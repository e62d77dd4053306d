"""The shape of a recipe file: its sections in the order in which people write them, and the rules for each key.

The sections themselves are the dataclasses of `installer.core.recipes.recipe`; only what a file says
differently is here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from installer.core.files.document import Table
from installer.core.files.problems import Problem
from installer.core.files.schema import FieldName, Rule, Rules
from installer.core.recipes import recipe as r
from installer.core.recipes import rules as rule
from installer.core.recipes.container import Container
from installer.core.recipes.topology import Topology
from installer.core.recipes.topology import problems as _topology

ENDPOINTS = ("health", "models", "model-info", "completions", "chat-parts", "generate")
ULIMITS = (
    "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
    "rttime", "sigpending", "stack",
)  # fmt: skip
"""What Docker knows (`docker run --ulimit`)."""
PACKAGE_STAGES = ("pytorch", "flashinfer", "transformers", "dependencies", "engine")
"""The sections that say what is installed, and the stages that install it, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSection(r.PackageStage):
    name: str
    """Which inference engine this is: {engines}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeFile:
    schema: int
    """Version of this format: 1."""
    name: str
    """What `--recipe NAME` calls it; lowercase letters, digits, dots and dashes."""
    title: str
    """One line for people."""
    description: str = ""
    """More for people: what it is good for, and what it costs."""
    choice: r.Choice = field(default_factory=r.Choice)
    """When this recipe is chosen automatically."""
    requirements: r.Requirements = field(default_factory=r.Requirements)
    """What the machine must have. A missing key requires nothing; an unknown fact excludes nothing."""
    environment: r.Environment = field(default_factory=r.Environment)
    """Stage 2: the Python environment, and what it needs from the operating system."""
    indexes: tuple[r.Index, ...] = ()
    """Package indexes in addition to the machine's own; a section below names the one that it uses."""
    pytorch: r.PackageStage = field(default_factory=r.PackageStage)
    """Stage 3: torch, first, because everything compiled depends on its version."""
    flashinfer: r.PackageStage = field(default_factory=r.PackageStage)
    """Stage 4: attention kernels for the GPU."""
    transformers: r.PackageStage = field(default_factory=r.PackageStage)
    """Stage 5: the library that reads models and tokenizers."""
    dependencies: r.PackageStage = field(default_factory=r.PackageStage)
    """Stage 6: everything else. With an empty `requires`: what the engine's own metadata requires."""
    engine: EngineSection
    """Stage 7: the inference server itself."""
    container: Container | None = None
    """Serve from a container image; stages 3 to 6 are then left out, and `engine` names only the engine."""
    model: r.Model
    """Stage 8: what is served. The first alternative that is available is used."""
    verification: r.Verification = field(default_factory=r.Verification)
    """Stage 9: what must be true of the finished environment."""
    server: r.Server
    """Stage 10: how the server is started."""
    topology: Topology = field(default_factory=Topology)
    """How the model is split over GPUs and machines; the engine gets the flags for it, which `server` leaves out."""
    profiles: tuple[r.Profile, ...] = ()
    """Named variants of the server's flags, for `--profile NAME`; `--profile none` uses none."""
    expected: r.Expected | None = None
    """Figures to compare with what `deploy-tui bench` measures."""
    price: float | None = None
    """The price of an hour of the machine, from which `status` calculates what was spent; usually `--set
    price=0.44`."""


_PLACES = ("hub", "git", "package", "path", "random", "elsewhere")
_VALUES: dict[FieldName, Rule] = {
    (RecipeFile, "schema"): lambda value: "" if value == 1 else f"this is format {value}; only format 1 is supported",
    (RecipeFile, "name"): rule.name,
    (RecipeFile, "title"): rule.one_line,
    (r.Choice, "priority"): rule.at_least(0),
    (r.Choice, "because"): rule.one_line,
    (r.Choice, "family"): rule.name,
    (r.Choice, "family_priority"): rule.at_least(0),
    (r.Environment, "python"): rule.specifiers,
    (r.Environment, "toolkit"): rule.one_of("wheels", "machine"),
    **{(r.SystemPackage, key): rule.file_name for key in ("package", "command", "library")},
    (r.SystemPackage, "because"): rule.one_line,
    **{(r.Requirements, key): rule.specifiers for key in ("compute_capability", "driver", "glibc")},
    **{(r.Requirements, key): rule.file_name for key in ("arch", "cpu_features", "programs")},
    **{
        (r.Requirements, key): rule.at_least(1)
        for key in ("gpu_count", "cpu_cores", "memory_mib", "gpu_memory_mib", "disk_mib", "shm_mib")
    },
    (r.Index, "name"): rule.name,
    (r.Index, "url"): rule.url,
    (r.Environment, "reuse"): rule.name,
    (r.PackageSet, "requires"): rule.requirement,
    (r.PackageSet, "overrides"): rule.requirement,
    (r.PackageSet, "because"): rule.one_line,
    (r.PackageStage, "skip"): rule.one_line,
    (EngineSection, "skip"): rule.one_line,
    (EngineSection, "name"): rule.name,
    (r.Model, "served_as"): rule.served_as,
    (r.ModelSource, "hub"): rule.hub,
    (r.ModelSource, "git"): rule.repository,
    (r.ModelSource, "revision"): rule.revision,
    (r.ModelSource, "path"): rule.local_folder,
    (r.ModelSource, "name"): rule.served_as,
    (r.PackagedModel, "requires"): rule.pinned,
    (r.PackagedModel, "sha256"): rule.sha256,
    (r.PackagedModel, "file"): rule.inner_file,
    (r.PackagedModel, "holds"): rule.hub,
    (r.ModelSource, "include"): rule.pattern,
    (r.ModelSource, "exclude"): rule.pattern,
    (r.ModelSource, "because"): rule.one_line,
    (r.RandomModel, "architecture"): rule.one_of("qwen2"),
    **{
        (r.RandomModel, key): rule.at_least(1)
        for key in ("hidden_size", "layers", "heads", "kv_heads", "ffn_size", "positions")
    },
    (r.RandomModel, "vocabulary"): rule.at_least(259),
    (r.Verification, "imports"): rule.module,
    (r.Verification, "vocabulary_at_least"): rule.at_least(1),
    (r.Server, "module"): rule.module,
    (r.Server, "host"): rule.host,
    (r.Server, "port"): rule.port,
    (r.Server, "key"): rule.key,
    (r.Server, "gpus"): rule.gpus,
    (r.Server, "endpoints"): rule.one_of(*ENDPOINTS),
    (r.Server, "start_timeout_s"): rule.at_least(1),
    (r.Server, "stop_timeout_s"): rule.at_least(1),
    (r.Server, "restart"): rule.one_of("on-failure", "off"),
    (r.Server, "restarts_per_hour"): rule.at_least(1),
    (r.Server, "token_every_s"): rule.at_least(0),
    (r.Server, "token_timeout_s"): rule.at_least(1),
    **{(Topology, key): rule.at_least(1) for key in ("nodes", "tensor", "pipeline", "data", "patience_s")},
    (Topology, "rank"): rule.at_least(0),
    (Topology, "port"): rule.port,
    (Topology, "watch_port"): rule.port,
    (Topology, "interface"): rule.file_name,
    (Topology, "leader"): rule.host,
    (RecipeFile, "price"): rule.price,
    (Container, "image"): rule.image,
    (Container, "python"): rule.file_name,
    (Container, "packages"): rule.requirement,
    (Container, "overrides"): rule.requirement,
    (Container, "user"): rule.name,
    (Container, "folders"): rule.container_folder,
    (Container, "environment"): rule.variable_value,
    (Container, "shm_mib"): rule.at_least(1),
    (Container, "ulimits"): rule.at_least(-1),
    (r.Profile, "name"): rule.name,
    (r.Expected, "on"): rule.one_line,
    (r.Profile, "description"): rule.one_line,
    (r.Profile, "gpu_memory_mib"): rule.specifiers,
    **{(cls, "flags"): rule.flag_value for cls in (r.Server, r.Profile)},
    **{(cls, "environment"): rule.variable_value for cls in (r.Server, r.Profile)},
    (r.Server, "variables"): rule.setting_key,
}


def rules(index_names: Collection[str], engines: Collection[str] = ()) -> Rules:
    """The rules of a recipe file that names these indexes. `engines`: those that are known; empty: any name will do."""
    named: dict[tuple[type, str], Rule] = {(EngineSection, "name"): rule.one_of(*engines)} if engines else {}
    return Rules(
        values={**_VALUES, **named, (r.PackageSet, "index"): rule.index_among(index_names)},
        keys={
            **{(cls, "flags"): rule.flag for cls in (r.Server, r.Profile)},
            **{(cls, "environment"): rule.variable for cls in (r.Server, r.Profile)},
            (r.Server, "variables"): rule.variable,
            (Container, "environment"): rule.container_variable,
            (Container, "ulimits"): rule.one_of(*ULIMITS),
        },
        text=rule.text,
        cross_field={
            RecipeFile: _cross_field,
            r.PackageStage: _package_stage,
            EngineSection: _package_stage,
            r.Model: _model,
            r.ModelSource: _model_source,
            r.RandomModel: _random_model,
            r.SystemPackage: _system_package,
            r.Expected: _expected,
            Container: _container,
            Topology: _topology,
        },
        inline={r.PackageStage: "alternatives", EngineSection: "alternatives", r.Model: "alternatives"},
    )


def _cross_field(file: RecipeFile, tree: Table) -> Iterator[Problem]:
    for stage in PACKAGE_STAGES:
        section: r.PackageStage = getattr(file, stage)
        optional = stage == "dependencies"
        if not optional and any(not taken.requires for taken in section.alternatives):
            yield Problem(tree.at(stage), f'{stage} installs nothing; name packages under "requires", or "skip: why"')
    if file.container and any(getattr(file, stage).alternatives for stage in PACKAGE_STAGES):
        yield Problem(
            tree.at("container"), 'the image includes the packages; list further ones under "container.packages"'
        )
    if file.container and any(source.package for source in file.model.alternatives):
        yield Problem(
            tree.at("model"), "a model from a package needs a Python environment, and a container has its own"
        )
    if file.container and file.topology.nodes > 1:
        yield Problem(
            tree.at("topology"), "over several machines it runs without a container; `export kubernetes` uses an image"
        )
    if not (file.engine.alternatives or file.engine.skip or file.container):
        yield Problem(tree.at("engine"), 'expected the packages of the engine under "requires"')
    for section_name, named in (("indexes", file.indexes), ("profiles", file.profiles)):
        names = [one.name for one in named]
        for twice in sorted({name for name in names if names.count(name) > 1}):
            yield Problem(tree.at(section_name), f'two {section_name} are called "{twice}"')


def _expected(figures: r.Expected, tree: Table) -> Iterator[Problem]:
    for key in ("ttft_ms", "tokens_per_s", "latency_100_s", "gpu_memory_gib"):
        bounds: tuple[float, ...] = getattr(figures, key)
        if bounds and (len(bounds) != 2 or not 0 <= bounds[0] <= bounds[1]):
            yield Problem(tree.at(key), "expected a lowest and a highest value, such as [15, 30]")


def _container(container: Container, tree: Table) -> Iterator[Problem]:
    if container.host_ipc and container.shm_mib is not None:
        yield Problem(
            tree.at("shm_mib"), "with host_ipc the container uses the machine's own /dev/shm; set only one of them"
        )


def _package_stage(section: r.PackageStage, tree: Table) -> Iterator[Problem]:
    if section.skip and section.alternatives:
        yield Problem(tree.at("skip"), '"skip" says that nothing is installed here, so no other key is allowed here')


def _model(model: r.Model, tree: Table) -> Iterator[Problem]:
    if not model.alternatives:
        yield Problem(tree.at("alternatives"), "expected at least one source for the model")


def _model_source(source: r.ModelSource, tree: Table) -> Iterator[Problem]:
    given = [key for key in _PLACES if getattr(source, key) is not None]
    if len(given) != 1:
        found = " and ".join(given) if given else "none of them"
        yield Problem(tree.place, f"expected exactly one of {', '.join(_PLACES)}, found {found}")
    if source.elsewhere is False:
        yield Problem(tree.at("elsewhere"), "expected true; a model of this server is given by another key")


def _random_model(model: r.RandomModel, tree: Table) -> Iterator[Problem]:
    for small, large in (("heads", "hidden_size"), ("kv_heads", "heads")):
        if getattr(model, large) % getattr(model, small):
            yield Problem(tree.at(small), f"{large} must be a multiple of {small}")


def _system_package(package: r.SystemPackage, tree: Table) -> Iterator[Problem]:
    if package.command is None and package.library is None:
        yield Problem(tree.place, "expected a command or a library, to check whether the package is already installed")
