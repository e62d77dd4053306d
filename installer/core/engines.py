"""An inference engine as a value: what has to be known of it to plan, start and prove a server. Holds no behaviour.

Loaded from `installer/knowledge/engines/*.engine.yaml`; code checks what an engine does, never its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Memory:
    """How an engine deals with a GPU's memory."""

    share_of_free: bool
    """Its share is of what is free before loading; else of all that the GPU has."""
    share_holds_activations: bool
    """Its share includes activations and CUDA graphs too; else they come next to it."""
    refuses_long_context: bool
    """It does not start where one request of the context does not fit; else it refuses such requests later."""
    extends_context: bool
    """It multiplies the original context by the scaling factor; else the stated one counts."""


@dataclass(frozen=True, slots=True)
class Lock:
    """How an engine is made to require a key without the key in its arguments."""

    variable: str = ""
    """The environment variable from which it takes the key."""
    guard: str = ""
    """The flag for a middleware, where its own check leaves out paths that answer."""
    config: str = ""
    """The flag for a file of settings (YAML), where it takes the key from no variable."""


@dataclass(frozen=True, slots=True)
class RankWay:
    """One way to split a model over machines. Its words contain placeholders: {nodes}, {rank}, {leader}, …"""

    name: str
    """For people, such as "its own ranks"."""
    needs: tuple[str, ...]
    """The flags by which a release can do it: the first way all of whose flags it knows is taken."""
    every: tuple[str, ...] = ()
    """What the engine is told on each machine that starts it."""
    follower: tuple[str, ...] = ()
    """What it is told next to on those that serve no clients."""
    follower_start: tuple[str, ...] = ()
    """What their Python is given in place of the server's module."""
    follower_image: tuple[str, ...] = ()
    """The same in the engine's own image; empty: its module."""
    follower_instead: tuple[str, ...] = ()
    """What they run in place of the engine; the first word is a program of the environment."""
    beside: tuple[str, ...] = ()
    """What rank 0 runs next to the engine, likewise: begun before it, and ended after it."""
    ready: tuple[str, ...] = ()
    """What the Python of rank 0 runs before the engine starts; it ends well once the others have joined."""
    follower_ready: tuple[str, ...] = ()
    """The same for the others, before what they run."""
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Environment variables of each rank, next to those of every way."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How an engine is told over what a model is spread."""

    ways: tuple[RankWay, ...] = ()
    data: tuple[str, ...] = ()
    """Words for replicas, where there is more than one."""
    expert: tuple[str, ...] = ()
    """Words for whole experts on each GPU."""
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Environment variables of each rank: {interface} and {address} are this machine's own, towards the others."""


@dataclass(frozen=True, slots=True)
class Engine:
    name: str
    """As recipes and knowledge call it, in small letters; also the import name of its package."""
    title: str
    """As its makers write it."""
    reader: str
    """The module of `installer.knowledge.engines` that reads its wheels; empty if none does."""
    distributions: tuple[str, ...]
    """The packages that provide it, the usual one first."""
    without_gpu: tuple[str, ...]
    """Those of them that are built for a machine without a GPU."""
    needs: tuple[str, ...]
    """Packages without which its server cannot start, next to its own."""
    serve: tuple[str, ...]
    """The words that start its server."""
    modules: tuple[str, ...]
    """Modules that `python -m` starts as its server."""
    starters: tuple[str, ...]
    """Classes and functions of its package that start it inside a Python program."""
    entries: tuple[str, ...]
    """Modules where a server starts in some release or other; imports are followed from these on."""
    image: str
    """A pattern that the repositories of its container images match."""
    image_serves: bool
    """Whether the image's own entry point is the server."""
    port: int
    """Where it listens if it is not told."""
    grammar_backend: str
    """What it takes for structured output if it is told none."""
    sources: str
    """The folder of its wheel that contains its quantization methods."""
    memory: Memory
    benchmark: tuple[str, ...]
    """What its Python is given to run its own benchmark client; places such as {url} are filled in."""
    benchmark_script: str = ""
    """The file of `stages/scripts` that {script} is."""
    benchmark_key: str = ""
    """The variable from which that client takes the key of the server; empty: none."""
    scripts: str = ""
    """The folder of `stages/scripts` in which its Python finds the module that starts it; empty: among its packages."""
    lock: Lock = Lock()
    spread: Spread = Spread()
    token_probe: str = ""
    """A path that generates a token and answers 200; empty if there is none."""
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Flags by their meaning, each with the spellings that some release takes; the first is the one to write."""
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Environment variables by their meaning."""
    parsers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Where its wheel lists its parsers ("module:Name"), by what they read: `tool` or `reasoning`."""
    reads_tekken: bool = False
    """Whether it reads Mistral's tekken.json without Transformers."""
    native_formats: tuple[str, ...] = ()
    """The words that make it load a model from Mistral's own files; empty if no flag does."""
    made_up_weights: str = ""
    """The value of its `load_format` by which it makes up the weights."""
    banner: str = ""
    """A pattern of the line in which its log tells its version, as the group `version`."""
    own_implementation: str = ""
    """The value of `--model-impl` that means its own code for a model."""

    def flag(self, meaning: str) -> str:
        """The flag to write for a meaning; empty if the engine has none."""
        return next(iter(self.flags.get(meaning, ())), "")
