"""What stage 9 needs to let the recipe's engine generate its first token, by `installer/knowledge/first_tokens.yaml`.

Runs nothing; reads names of folders only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from installer.core.contracts.stage import StageContext
from installer.knowledge.engines import definitions
from installer.knowledge.tables import table
from installer.knowledge.versions import fits
from stages import launching
from stages.models import ChosenModel
from stages.packages import installed


def wanted(ctx: StageContext, model: ChosenModel | None) -> dict[str, Any] | None:
    """The script, the model and the options that decide which code runs; `None` if no row knows them."""
    known, given = row(ctx), flags(ctx)
    if known is None or any(given.get(name) for name in known.get("not_with", ())):
        return None
    return {
        "script": known["script"],
        "model": str(model.folder) if model else None,
        "options": {name.replace("-", "_"): given[name] for name in known["flags"] if given.get(name) is not None}
        | known.get("settings", {}),
        "environment": known.get("environment", {}),
        "fresh": known.get("fresh", False),
        "conclusive": known.get("conclusive"),
        "inconclusive": known.get("inconclusive"),
        "judged": known.get("judged", []),
        "words": list(words) if model and (words := _words(ctx, str(model.folder))) else None,
    }


def _words(ctx: StageContext, model: str) -> tuple[str, ...]:
    """The server's settings as words; none if the ranks of several machines share them, or no table knows it."""
    engine = definitions.engine(ctx.recipe.engine_name)
    if engine is None or ctx.recipe.server.module not in engine.modules or ctx.recipe.topology.nodes > 1:
        return ()
    return launching.settings(ctx.recipe, model)


def row(ctx: StageContext) -> Mapping[str, Any] | None:
    """What is known of the engine among the packages."""
    rows = table("first_tokens")["first_tokens"]
    have = _versions(ctx)
    return next((row for row in rows if fits(have.get(row["package"], ""), row["versions"])), None)


def _versions(ctx: StageContext) -> Mapping[str, str]:
    """Those of the plan; without one (offline, say), those in the environment."""
    if ctx.lock:
        return {package.name: package.version for package in ctx.lock.packages}
    return installed(ctx.environment)


def flags(ctx: StageContext) -> dict[str, Any]:
    """Of the recipe's server, spelled as the table has them."""
    return {name.lstrip("-").replace("_", "-"): value for name, value in ctx.recipe.server.flags.items()}
