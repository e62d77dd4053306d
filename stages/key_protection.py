"""Locking a server with a key: whether it is to be, and the words that make its engine require one.

Pure: the key itself is nowhere here, only the name of its file. A server that others can reach is locked
unless the recipe says `key: none`; it must never start open because its engine cannot be locked.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from installer.core.contracts.serving import LaunchSpec, is_loopback
from installer.core.contracts.stage import StageContext
from installer.core.engines import Lock
from installer.core.recipes.recipe import Recipe
from installer.core.runs.home import Home
from installer.knowledge.engines import definitions, shipped

GUARD = Path(__file__).parent / "scripts" / "engines" / "guard"
_GUARD = "deploy_tui_guard.Guard"
_INSIDE = "/run/deploy-tui-guard"
_OPEN = "Allow access without a key explicitly:  --set server.key=none; or listen on this machine only: 127.0.0.1."


def wanted(recipe: Recipe) -> str:
    """Where the key comes from: "made" or "env:NAME"; empty: the server requires none."""
    key = recipe.server.key or ("made" if is_exposed(recipe) else "none")
    return "" if key == "none" else key


def is_exposed(recipe: Recipe) -> bool:
    """Whether others than this machine can reach the server. On the host's network a container listens to everybody."""
    on_host = recipe.container is not None and recipe.container.host_network
    return on_host or not is_loopback(recipe.server.host)


def locked(spec: LaunchSpec, recipe: Recipe, home: Home) -> LaunchSpec:
    """The launch of `spec` with a key, where the recipe's server is to have one."""
    key = wanted(recipe)
    if not key:
        return spec
    lock = _lock(recipe)
    known = replace(spec, key=key, key_file=str(home.server_key), key_variable=lock.variable)
    if recipe.container:
        return _in_container(known, lock)
    if lock.config:
        file = str(home.server_key_config)
        return replace(known, key_config=file, command=(*spec.command, lock.config, file))
    before = filter(None, (str(GUARD), spec.environment.get("PYTHONPATH")))
    path = {"PYTHONPATH": os.pathsep.join(before)} if lock.guard else {}
    return replace(
        known, command=(*spec.command, *_guarded(lock)), environment={**spec.environment, **path}
    )  # fmt: skip


def refusal(ctx: StageContext) -> tuple[str, str] | None:
    """Why the server cannot be locked as the recipe wants, and what to do."""
    key = wanted(ctx.recipe)
    if not key:
        return None
    name = key.removeprefix("env:")
    if name != key and not ctx.host.environment().get(name):
        return f"server.key names the variable {name}, and it is not set", f"Set it: export {name}=…"
    why = _unlockable(ctx)
    return (why, _OPEN) if why else None


def _unlockable(ctx: StageContext) -> str:
    recipe, lock = ctx.recipe, _lock(ctx.recipe)
    title = definitions.title_of(recipe.engine_name)
    if not (lock.variable or lock.config):
        return f"{title} cannot be given a key without showing it in its arguments"
    if recipe.container and not lock.variable:
        return f"{title} takes its key from a file of this machine, which its container cannot read"
    if lock.config in recipe.server.flags:
        return f"the recipe's own {lock.config} takes the place in which {title} would get its key"
    version = next((p.version for p in ctx.lock.packages if p.name == recipe.engine_name), "") if ctx.lock else ""
    facts = shipped.knowledge_engine(recipe.engine_name, version) if lock.config and version else None
    if facts is not None and lock.config not in {name for flag in facts.flags for name in flag.names}:
        return f"{title} {version} has no {lock.config} yet, so its key would be visible in its arguments"
    return ""


def _lock(recipe: Recipe) -> Lock:
    known = definitions.engine(recipe.engine_name)
    return known.lock if known else Lock()


def _guarded(lock: Lock) -> tuple[str, ...]:
    return (lock.guard, _GUARD) if lock.guard else ()


def _in_container(spec: LaunchSpec, lock: Lock) -> LaunchSpec:
    """By name only, so that the value goes from Docker's environment into the container's and into no argument."""
    *words, image = spec.command
    words += ["--env", lock.variable]
    if lock.guard:
        words += ["--volume", f"{GUARD}:{_INSIDE}:ro", "--env", f"PYTHONPATH={_INSIDE}"]
    docker, run, *rest = spec.python
    known = definitions.engine(spec.engine)
    key = ("--env", known.benchmark_key) if known and known.benchmark_key else ()
    python = (docker, run, *key, *rest)
    return replace(spec, command=(*words, image, *_guarded(lock)), python=python)
