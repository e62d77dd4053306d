"""What stage 9 needs to let the recipe's engine generate its first token, by `installer/knowledge/first_tokens.yaml`.

Pure: runs nothing.
"""

from __future__ import annotations

from typing import Any

from installer.core.contracts.stage import StageContext
from installer.knowledge.tables import table
from installer.knowledge.versions import fits
from stages.models import ChosenModel


def wanted(ctx: StageContext, model: ChosenModel | None) -> dict[str, Any] | None:
    """The script, the model and the options that decide which code runs; `None` where no row knows them."""
    have = {package.name: package.version for package in ctx.lock.packages} if ctx.lock else {}
    rows = table("first_tokens")["first_tokens"]
    row = next((row for row in rows if fits(have.get(row["package"], ""), row["versions"])), None)
    given = {name.lstrip("-").replace("_", "-"): value for name, value in ctx.recipe.server.flags.items()}
    if row is None or any(given.get(name) for name in row.get("not_with", ())):
        return None
    return {
        "script": row["script"],
        "model": str(model.folder) if model else None,
        "options": {name.replace("-", "_"): given[name] for name in row["flags"] if given.get(name) is not None}
        | row.get("settings", {}),
        "environment": row.get("environment", {}),
        "fresh": row.get("fresh", False),
        "conclusive": row.get("conclusive"),
    }
