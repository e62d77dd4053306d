"""An ordered procedure: what a recipe or someone's own script does, step by step, as values. Runs nothing.

Both ways in end here, so that one simulation and one set of checks serves `plan` and `audit` alike.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any, Mapping

from installer.core.plans.script_line import file_of, own_line


def _empty() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Step:
    """What every step has."""

    stage: int
    """The stage whose work this is (3 torch, 4 flashinfer, 5 transformers, 6 other packages, 7 the engine, …)."""
    line: int | None = None
    """Line of the script, from 1; `None` in a recipe."""
    tolerated: bool = False
    """Whether its failure is thrown away (`|| true`, `2>/dev/null ||`); not for want of `set -e`."""
    condition: str = ""
    """What it depends on, in the script's own words, where that could not be decided; empty: it always runs."""
    fallback: bool = False
    """Whether that is the failure of an installation before it (`pip install a || pip install b`)."""


@dataclass(frozen=True, slots=True)
class Sourcing:
    """Where one install command takes its packages from."""

    index_url: str | None = None
    """Replaces the default index (`--index-url`, `--default-index`); `None`: the machine's default."""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    strategy: str = "best-match"
    """"best-match" as pip does; "first-index" as uv does by default."""


@dataclass(frozen=True, slots=True)
class Building:
    """With what an install command builds a package that has no wheel."""

    isolated: bool = True
    """Whether it is built in an environment of its own, which contains what the package declares and nothing else."""
    here: tuple[str, ...] = ()
    """Packages that are built with what the environment contains all the same (`--no-build-isolation-package`)."""
    there: tuple[str, ...] = ()
    """What the environment contained when it was made."""


@dataclass(frozen=True, slots=True)
class Install(Step):
    """One command that installs Python packages."""

    requires: tuple[str, ...] = ()
    """Requirements as written: PEP 508, `git+https://…`, a path, an address of a wheel."""
    tool: str = "pip"
    """"pip" or "uv"."""
    interpreter: str = ""
    """Which environment it goes to: "" is the one that the procedure made or activated last, "system" the image's."""
    sourcing: Sourcing = Sourcing()
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    no_deps: bool = False
    force_reinstall: bool = False
    """Installs again what is there already (`--force-reinstall`, `--reinstall`), the dependencies too."""
    upgrade: bool = False
    pre: bool = False
    """Takes pre-releases (`--pre`, `--prerelease=allow`)."""
    only_binary: bool = False
    building: Building | None = None
    """`None`: not known, or not what the environment contains."""
    ends: bool = False
    """Whether its failure ends the script (`set -e`, `|| exit 1`)."""


@dataclass(frozen=True, slots=True)
class Uninstall(Step):
    names: tuple[str, ...] = ()
    interpreter: str = ""


@dataclass(frozen=True, slots=True)
class Expectation(Step):
    """A check of the procedure's own: after what came before, this package must have such a version."""

    package: str = ""
    """Its name, or that of its module, where the check asks that for its version."""
    specifier: str = ""
    """PEP 440; empty: it must only be there."""


@dataclass(frozen=True, slots=True)
class Imports(Step):
    """Modules that the procedure itself imports at this point (`python -c "import …"`)."""

    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Runs(Step):
    """A program of a Python package that the procedure calls at this point."""

    program: str = ""
    interpreter: str = ""
    """Which environment it is found in, as an install names it."""


@dataclass(frozen=True, slots=True)
class SystemInstall(Step):
    """Packages of the operating system (`apt-get install`)."""

    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetch(Step):
    """A model that is fetched by name."""

    model: str = ""
    """`org/name` or a folder."""
    authenticated: bool | None = None
    """Whether a token is given along; `None`: not known."""


@dataclass(frozen=True, slots=True)
class Launch(Step):
    """The command that starts a model server."""

    engine: str = ""
    """The name of the engine."""
    arguments: tuple[str, ...] = ()
    """Everything after the entry point, one word each; what could not be calculated is `\\0`."""
    environment: Mapping[str, str] = field(default_factory=_empty)
    """What is set for it, beyond what the machine has."""
    model: str = ""
    """What it serves, `org/name` or a folder; empty if not known."""
    image: str = ""
    """The container image that it runs in, `repository:tag`; empty: where the procedure installs."""
    shm_mib: int | None = None
    """Size of /dev/shm in its container; `None`: it has the machine's, or that is not known."""
    interpreter: str = ""
    """Which environment it runs in, as an install names it."""
    revision: str = ""
    """Of the model, where the launch or what fetched it names one; empty: the main branch."""
    devices: tuple[int, ...] | None = None
    """Which of the machine's GPUs its container is given; `None`: all of them, or it runs in none."""
    alongside: int | None = None
    """Servers with the same number run at the same time on this machine; `None`: that is not known of it."""
    cluster: str = ""
    """What spreads it over several machines, such as "Ray"; empty: it runs on this one, or that is not known."""


@dataclass(frozen=True, slots=True)
class NotFollowed:
    """A piece of a script that could not be followed; never guessed."""

    line: int
    text: str
    why: str

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "line": int(self.line), "file": file_of(self.line), "file_line": own_line(self.line)}


@dataclass(frozen=True, slots=True)
class Procedure:
    name: str
    python: str | None = None
    """"major.minor" of the environment that the packages go to; `None`: whatever the machine's default is."""
    steps: tuple[Step, ...] = ()
    not_followed: tuple[NotFollowed, ...] = ()
    unread_installs: bool = False
    """Whether it installs packages that are not known: from a file that is not there, or by a name that is not."""
    environment: str = ""
    """What "" means in the steps: the folder of the environment that matters."""
    pythons: Mapping[str, str] = field(default_factory=_empty)
    """The Python of each environment that the procedure makes, where it says so."""

    @property
    def launches(self) -> tuple[Launch, ...]:
        return tuple(step for step in self.steps if isinstance(step, Launch))

    def serving(self, launch: Launch) -> Procedure:
        """The same procedure, seen from one of its servers: the others are left out, and its environment is the one."""
        steps = tuple(step for step in self.steps if step is launch or not isinstance(step, Launch))
        place = launch.interpreter
        if not place:
            return replace(self, steps=steps)
        moved = tuple(_moved(step, place, self.environment) for step in steps)
        return replace(self, steps=moved, environment=place, python=self.pythons.get(place))

    @property
    def launch(self) -> Launch | None:
        """The last launch of it."""
        return next((step for step in reversed(self.steps) if isinstance(step, Launch)), None)


def _moved(step: Step, place: str, before: str) -> Step:
    """A step with its environment named from `place`."""
    if not isinstance(step, (Install, Uninstall, Launch, Runs)):
        return step
    named = step.interpreter or before
    return replace(step, interpreter="" if named == place and place != "system" else named)
