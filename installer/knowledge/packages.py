"""What each package is to a deployment: whether its version decides, which stage installs it, which module it provides.

From `installer/knowledge/packages.yaml` and the engines' own definitions. Never checks a version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from packaging.utils import canonicalize_name

from installer.knowledge.engines import definitions
from installer.knowledge.tables import table
from installer.knowledge.versions import fits

_TOOLS, _DEPENDENCIES, _ENGINE = 2, 6, 7
"""Numbers of stages: what makes an environment, what nothing else installs, the engine itself."""


@cache
def _decisive() -> frozenset[str]:
    return frozenset(str(row["package"]) for row in table("packages")["decisive"])


@cache
def drifting() -> frozenset[str]:
    """Decisive packages of which an older patch than the one that is requested is no failure either."""
    return frozenset(str(row["package"]) for row in table("packages")["decisive"] if row.get("any_patch"))


@cache
def _modules() -> dict[str, tuple[str, ...]]:
    return {str(row["module"]): tuple(map(str, row["packages"])) for row in table("packages")["modules"]}


@cache
def _roles() -> Mapping[str, Mapping[str, Any]]:
    return MappingProxyType({str(row["package"]): row for row in table("packages")["roles"]})


def decisive(package: str) -> bool:
    """Whether its exact version decides that an engine works."""
    return package in _decisive()


@cache
def having(role: str) -> frozenset[str]:
    """The packages to which `packages.yaml` gives a role, such as "checked"."""
    return frozenset(name for name, row in _roles().items() if row.get(role))


def bringing(module: str) -> tuple[str, ...]:
    """The packages that provide `module` (normal names), any of them; what no row names has its own name."""
    top = module.partition(".")[0]
    return _modules().get(module) or _modules().get(top) or (canonicalize_name(top),)


def module_of(package: str) -> str:
    """The module that a package is imported by."""
    found = (module for module, packages in _modules().items() if package in packages)
    return next(found, package.replace("-", "_"))


def server_extra(engine: str, version: str) -> str:
    """The extra of an engine that its server needs; empty if that release needs none."""
    rows = (row for row in table("packages")["servers"] if row["package"] == engine)
    return next((str(row["extra"]) for row in rows if fits(version, f"<{row['until']}")), "")


def program(name: str) -> Mapping[str, Any] | None:
    """The row of a program that not every release of its package provides; `None` for all others."""
    return next((row for row in table("packages")["programs"] if row["program"] == name), None)


def is_listed(module: str) -> bool:
    """Whether shipped knowledge says which packages provide it."""
    return module in _modules() or module.partition(".")[0] in _modules()


def stage_of(package: str) -> int:
    """The number of the stage that installs it."""
    if row := _roles().get(package):
        return int(row.get("stage", _DEPENDENCIES))
    return _ENGINE if definitions.engine(package) else _DEPENDENCIES


def stage_of_all(packages: list[str]) -> int:
    """Whose work an install of these is: the engine's, where it is among them, else that of the lowest stage."""
    stages = [stage_of(name) for name in packages]
    if stages and set(stages) == {_TOOLS}:
        return _TOOLS
    others = [_DEPENDENCIES if stage == _TOOLS else stage for stage in stages]
    return _ENGINE if _ENGINE in others else min(others, default=_DEPENDENCIES)


def rank(package: str) -> int:
    """Its position in a list that is read by people: what matters most first."""
    listed = int(_roles().get(package, {}).get("listed", 0))
    return listed or (2 if definitions.engine(package) else 9)


def built_from(repository: str) -> str:
    """The package that a source repository of that name builds; empty if that is not known."""
    rows = table("packages")["repositories"]
    found = next((str(row["package"]) for row in rows if row["repository"] == repository), "")
    return found or (repository if definitions.engine(repository) else "")


def build_imports(package: str, version: str) -> tuple[str, ...]:
    """What the setup.py of a source distribution imports and does not declare; empty if no row says so."""
    rows = (row for row in table("packages")["built"] if row["package"] == package)
    return next((tuple(map(str, row["imports"])) for row in rows if fits(version, str(row["versions"]))), ())


@cache
def _libraries() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(str(row["prefix"])) for row in table("packages")["libraries"]))


def is_cuda_library(package: str) -> bool:
    """Whether it contains libraries of one CUDA release, which differ from build to build of torch."""
    return _libraries().match(package) is not None
