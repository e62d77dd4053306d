"""Which packages decide whether an engine works, and which package brings a module. From shipped knowledge alone."""

from __future__ import annotations

from functools import cache

from packaging.utils import canonicalize_name

from installer.knowledge.tables import table
from installer.knowledge.versions import fits


@cache
def _decisive() -> frozenset[str]:
    return frozenset(str(row["package"]) for row in table("packages")["decisive"])


@cache
def _modules() -> dict[str, tuple[str, ...]]:
    return {str(row["module"]): tuple(map(str, row["packages"])) for row in table("packages")["modules"]}


def decisive(package: str) -> bool:
    """Whether its exact version decides that an engine works."""
    return package in _decisive()


def bringing(module: str) -> tuple[str, ...]:
    """The packages that bring `module` (normal names), any of them; what no row names has its own name."""
    top = module.partition(".")[0]
    return _modules().get(module) or _modules().get(top) or (canonicalize_name(top),)


def module_of(package: str) -> str:
    """The module that a package is imported by."""
    found = (module for module, packages in _modules().items() if package in packages)
    return next(found, package.replace("-", "_"))


def server_extra(engine: str, version: str) -> str:
    """The extra of an engine that its server needs; empty where that release needs none."""
    rows = (row for row in table("packages")["servers"] if row["package"] == engine)
    return next((str(row["extra"]) for row in rows if fits(version, f"<{row['until']}")), "")


def is_listed(module: str) -> bool:
    """Whether shipped knowledge says which packages bring it."""
    return module in _modules() or module.partition(".")[0] in _modules()
