"""Stage 2, environment: what the recipe needs of the operating system, and an empty, isolated Python environment.

Must never install into a Python that it did not make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from installer.core.contracts.stage import Change, ChangeKind, Check, Leftover, StageContext, Traits
from installer.packages import target, uv
from stages import engine_plugins, image_packages, system
from stages.packages import installed
from stages.uv_output import failure

number = 2
name = "environment"
title = "Make the environment"
summary = "Installs the system packages the recipe names and makes an isolated Python environment."
undo = "the run's draft is dropped; system packages stay and are listed"
traits = Traits(changes_environment=True, starts_empty=True)


def check(ctx: StageContext) -> Check:
    changes = [system.change(ctx, package) for package in system.absent(ctx)]
    if ctx.recipe.container:
        skipped = "" if changes else f"the environment is part of the image {ctx.recipe.container.image}"
        return Check(changes=tuple(changes), skipped=skipped)
    if reason := _environment_missing(ctx):
        version, _ = target.python_version(ctx.recipe, ctx.facts)
        changes.append(
            Change(
                ChangeKind.ENVIRONMENT,
                f"make a Python {version} environment: {reason}",
                ("uv", "venv", "--python", version),
            )
        )
    if changes:
        return Check(changes=tuple(changes))
    return Check(observed=(f"Python {_python_of(ctx)} in {ctx.environment}",))


def apply(ctx: StageContext, changes: Sequence[Change]) -> None:
    for package in system.absent(ctx):
        ctx.begin(system.change(ctx, package))
        system.install(ctx, package)
    if all(change.outside for change in changes):
        return
    version, _ = target.python_version(ctx.recipe, ctx.facts)
    ctx.begin(Change(ChangeKind.ENVIRONMENT, f"make a Python {version} environment"))
    command = [
        ctx.host.uv(), "venv", "--relocatable", "--no-project", "--color", "never",
        "--python", ctx.host.python(version) or version, str(ctx.environment),
    ]  # fmt: skip
    environment = uv.environment(ctx.host.environment(), ctx.home, ctx.host.sources())
    done = ctx.execute(command, environment=environment)
    if done.code != 0:
        error = failure(f"A Python {version} environment could not be made.", done)
        error.fix = f"Install Python {version} (Debian: apt-get install python{version}-venv), then run again."
        raise error


def rollback(ctx: StageContext, deeds: Sequence[Mapping[str, Any]]) -> tuple[Leftover, ...]:
    return system.roll_back(ctx, deeds)


def _environment_missing(ctx: StageContext) -> str:
    """Why a new environment is needed; empty if the present one will do."""
    if ctx.environment is None or not (ctx.environment / "bin/python").exists():
        return "there is none yet" if ctx.environment is None else "its interpreter is missing"
    if ctx.lock is None:
        return ""
    if (have := _python_of(ctx)) != ctx.lock.python:
        return f"the present one has Python {have}"
    known = {
        *(package.name for package in ctx.lock.packages),
        *engine_plugins.planned(ctx.lock),
        *image_packages.taken(ctx.environment),
    }
    foreign = sorted(set(installed(ctx.environment)) - known)
    return f"the present one contains other packages ({', '.join(foreign[:3])})" if foreign else ""


def _python_of(ctx: StageContext) -> str:
    assert ctx.environment is not None
    folders = sorted((ctx.environment / "lib").glob("python3*"))
    return folders[0].name.removeprefix("python") if folders else "unknown"
