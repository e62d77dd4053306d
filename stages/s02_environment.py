"""Stage 2, environment: what the recipe needs of the operating system, and an empty, isolated Python environment.

Must never install into a Python that it did not make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from installer.core.errors import StageError
from installer.core.recipe import SystemPackage
from installer.core.stage import Change, Check, StageContext
from installer.foresight import target, uv
from stages.packages import installed
from stages.uv_output import failure

number = 2
name = "environment"
title = "Make the environment"
summary = "Installs the system packages the recipe names and makes an isolated Python environment."
undo = "the generation it worked on is dropped; system packages are listed, not removed"
changes_environment = True
starts_empty = True
"""It works on a new, empty folder instead of a clone."""


def check(ctx: StageContext) -> Check:
    changes = [_system_change(package) for package in _absent(ctx)]
    if reason := _environment_missing(ctx):
        version, _ = target.python_version(ctx.recipe, ctx.facts)
        changes.append(Change(f"make a Python {version} environment: {reason}", ("uv", "venv", "--python", version)))
    if changes:
        return Check(changes=tuple(changes))
    return Check(seen=(f"Python {_python_of(ctx)} in {ctx.environment}",))


def apply(ctx: StageContext, changes: Sequence[Change]) -> None:
    for package in _absent(ctx):
        ctx.begin(_system_change(package))
        _install_system_package(ctx, package)
    if all(change.outside for change in changes):
        return
    version, _ = target.python_version(ctx.recipe, ctx.facts)
    ctx.begin(Change(f"make a Python {version} environment"))
    command = [
        ctx.host.uv(), "venv", "--relocatable", "--no-project", "--color", "never",
        "--python", ctx.host.python(version) or version, str(ctx.environment),
    ]  # fmt: skip
    environment = uv.environment(ctx.host.environment(), ctx.home, ctx.host.sources())
    done = ctx.execute(command, environment=environment)
    if done.code != 0:
        error = failure(f"A Python {version} environment could not be made.", done)
        error.fix = f"Install Python {version} with its venv module (Debian: apt-get install python{version}-venv), then run again."
        raise error


def rollback(ctx: StageContext, deeds: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(
        f"system package {deed['package']} stays installed" for deed in deeds if deed["what"] == "system-package"
    )


def _absent(ctx: StageContext) -> list[SystemPackage]:
    if not ctx.facts.here:
        return []
    return [package for package in ctx.recipe.environment.system_packages if not _present(ctx, package)]


def _present(ctx: StageContext, package: SystemPackage) -> bool:
    by_command = package.command is None or ctx.host.which(package.command) is not None
    return by_command and (package.library is None or ctx.host.library(package.library))


def _system_change(package: SystemPackage) -> Change:
    why = f": {package.because}" if package.because else ""
    return Change(
        f"install the system package {package.package}{why}", ("apt-get", "install", package.package), outside=True
    )


def _install_system_package(ctx: StageContext, package: SystemPackage) -> None:
    wanted = package.command or package.library or package.package
    if ctx.host.which("apt-get") is None or not ctx.host.is_root():
        raise StageError(
            f"{wanted} is missing on this system.",
            "The recipe needs it, and only root can install it with apt-get.",
            f"Ask for it to be installed: apt-get install {package.package}",
            code="system-library",
        )
    ctx.deed("system-package", {"package": package.package})
    quiet = {**ctx.host.environment(), "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "--no-install-recommends", package.package]
    done = ctx.execute(command, environment=quiet)
    if done.code != 0:
        ctx.execute(["apt-get", "update"], environment=quiet)
        done = ctx.execute(command, environment=quiet)
    if done.code != 0:
        raise StageError(
            f"The system package {package.package} could not be installed.",
            done.output[-300:],
            f"Install it by hand (apt-get install {package.package}), then run again.",
            code="system-library",
        )


def _environment_missing(ctx: StageContext) -> str:
    """Why a new environment is needed; empty where the present one will do."""
    if ctx.environment is None or not (ctx.environment / "bin/python").exists():
        return "there is none yet" if ctx.environment is None else "its interpreter is gone"
    if ctx.lock is None:
        return ""
    if (have := _python_of(ctx)) != ctx.lock.python:
        return f"the present one has Python {have}"
    known = {package.name for package in ctx.lock.packages}
    foreign = sorted(set(installed(ctx.environment)) - known)
    return f"the present one holds other packages ({', '.join(foreign[:3])})" if foreign else ""


def _python_of(ctx: StageContext) -> str:
    assert ctx.environment is not None
    folders = sorted((ctx.environment / "lib").glob("python3*"))
    return folders[0].name.removeprefix("python") if folders else "unknown"
