"""What ends up installed and started, and what is known of the inside of its wheels. Values only; reads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from installer.core.plans.flag import Flag
from installer.core.plans.launch_arguments import LaunchArguments
from installer.core.plans.procedure import Launch


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Placed:
    """A Python package that ends up installed."""

    name: str
    """In its normal form (PEP 503)."""
    version: str
    """With its local part where it has one, such as "2.4.1+cu124"."""
    stage: int
    line: int | None = None
    """Line of the script that put it there last."""
    source: str = "default"
    """"default", the name or address of an index, "folder", "git" or "image"."""
    url: str = ""
    """Of its wheel; empty if not known."""
    requires: tuple[str, ...] | None = None
    """Its Requires-Dist (PEP 508); `None`: not known."""
    extras: tuple[str, ...] = ()
    """The extras that were requested."""
    bytes: int | None = None
    """Size of its wheel; `None` if not known."""


MISTRAL = "mistral"
"""The format of a checkpoint in its maker's own files (params.json, tekken.json), as the engines' flags call it."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a model's own files say about it."""

    name: str
    source: str
    """Where this was read: "config.json of DIR", "the hub", "shipped knowledge (models.yaml)"."""
    architectures: tuple[str, ...] = ()
    model_type: str = ""
    nested_types: Mapping[str, str] = field(default_factory=_empty)
    """`model_type` of each nested config, by its key, such as {"text_config": "ministral3"}."""
    tokenizer_class: str = ""
    tokenizer_format: str = ""
    """"tekken" where only a tekken.json is there; empty if a Hugging Face tokenizer is, or nothing is known."""
    quantization: str = ""
    """`quant_method` of the checkpoint, such as "fp8" or "awq"; empty: none."""
    dtype: str = ""
    """Such as "bfloat16"."""
    config: Mapping[str, Any] = field(default_factory=_empty)
    """The whole config.json."""
    weight_bytes: int | None = None
    """Of the files that an engine loads, where that is known and not computed."""
    parameters: int | None = None
    """As published, or counted by the real class; `None`: only the config says how many."""
    needs_remote_code: bool = False
    """Whether its config names code of its own (`auto_map`)."""
    gated: bool | None = None
    refused: str = ""
    """Why the hub does not give us access to it, in a few words; empty: it does, or it was not asked."""
    derived: bool = False
    """Whether all this was only taken from the model that its name begins with."""
    formats: tuple[str, ...] = ()
    """What its folder contains: "hf" (config.json), "mistral" (params.json), or both; empty: not known."""
    files: tuple[str, ...] | None = None
    """Every file of its folder; `None`: not listed."""
    chat_template: bool | None = None
    """Whether it provides a template for chats; `None`: not known."""
    licence: str = ""
    """As the hub names it, such as "apache-2.0"; empty: not known."""
    task: str = ""
    """"embed" or "rank", where something says that it is for that; empty: nothing does."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Everything that is to be checked against a machine."""

    python: str
    """Of the environment, such as "3.11"."""
    platform: str
    """uv's word for it, such as "x86_64-manylinux_2_35"."""
    packages: Mapping[str, Placed]
    launch: Launch | None = None
    model: ModelFacts | None = None
    tensor_parallel: int = 1
    arguments: LaunchArguments | None = None
    """The command line of `launch`, read; `None`: not parsed yet. Use `launch_reader.of`."""
    draft: ModelFacts | None = None
    """What is known of the model that guesses ahead (speculative decoding); it counts where the launch names it."""
    toolkit: str = ""
    """Where the CUDA toolkit of the server comes from: "wheels" (the machine's own where they are not all there) or
    "machine"; empty: it gets none, or it is not known which packages there are."""


@dataclass(frozen=True, slots=True)
class Binary:
    """One compiled extension inside a wheel."""

    member: str
    elf: tuple[int, ...] = ()
    """Compute capabilities with machine code, times ten (sm_90 is 90)."""
    ptx: tuple[int, ...] = ()
    """Compute capabilities with PTX, which the driver compiles for anything newer."""
    specific: tuple[int, ...] = ()
    """Those of `elf` that have code for that very architecture only (sm_90a), not for its successors."""
    libraries: tuple[str, ...] = ()
    """Shared libraries that it requires, such as "libcudart.so.13"."""
    torch_abi: str = ""
    """"cxx11", "pre-cxx11", "stable" (torch's stable ABI) or "" (does not use torch, or not known)."""
    complete: bool = True
    """Whether all of it was read. Where not, what is listed is there, and what is not listed may be."""


@dataclass(frozen=True, slots=True)
class WheelFacts:
    """What was read out of one wheel."""

    name: str
    version: str
    source: str
    """Where these facts come from: the wheel's address, "cache", or a row of shipped knowledge."""
    requires: tuple[str, ...] = ()
    requires_python: str = ""
    tags: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    """Top-level modules that it provides."""
    binaries: tuple[Binary, ...] = ()
    cuda: str = ""
    """Major version of CUDA that it was built with, such as "13"; empty: none, or not known."""
    defect: str = ""
    """What is wrong with the wheel itself (its name and its metadata disagree); empty: nothing."""


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What one release of an engine says about itself, read without installing it."""

    engine: str
    version: str
    source: str
    architectures: frozenset[str] = frozenset()
    formerly: Mapping[str, str] = field(default_factory=_empty)
    """Architectures that it no longer knows, each with the last version that did."""
    flags: tuple[Flag, ...] = ()
    prefixes: bool = True
    """Whether its parser takes unique prefixes of a flag."""
    underscores: bool = False
    """Whether its parser takes underscores for dashes."""
    variables: frozenset[str] = frozenset()
    """Environment variables that it reads."""
    formats: Mapping[str, str] = field(default_factory=_empty)
    """How it reads their values, where it says so (`knowledge.engines.variable_formats`)."""
    fields: Mapping[str, str] = field(default_factory=_empty)
    """The fields of options that take JSON, by the option and the path in it (`knowledge.engines.json_fields`)."""
    own_model_types: frozenset[str] = frozenset()
    """Model types for which it provides a config class of its own, so that Transformers need not know them."""
    imports: frozenset[str] = frozenset()
    """Top-level modules of other packages that its server imports whenever it starts; empty: not known."""
    requires: tuple[str, ...] = ()
    requires_python: str = ""
    released: str = ""
    """ISO date."""


@dataclass(frozen=True, slots=True)
class TransformersFacts:
    version: str
    source: str
    model_types: frozenset[str] = frozenset()
    """Keys of its config mapping, and the types that its config classes themselves state (`model_type = …`)."""
    tokenizers: frozenset[str] = frozenset()
    """Tokenizer classes that it has."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a package, as an index lists it."""

    version: str
    released: str
    """ISO date; empty if the index does not say."""
    requires_python: str = ""
    wheels: tuple[str, ...] = ()
    """Addresses of its wheels."""
    yanked: bool = False


class Lookups(Protocol):
    """How checks look into what is not installed. `None` always means that it could not be known.

    Everything is answered from shipped knowledge where that knows this very release, else from the cache or the network
    (within a bound), and says which in `source`.
    """

    def wheel(self, package: Placed) -> WheelFacts | None: ...

    def engine(self, engine: str, version: str) -> EngineFacts | None: ...

    def transformers(self, version: str) -> TransformersFacts | None: ...

    def releases(self, package: str) -> tuple[Release, ...]:
        """Oldest first, as of the day that the plan is made for; empty if not known."""
