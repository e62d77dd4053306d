"""A recipe as files for another carrier: Kubernetes manifests, or a Compose file. Writes text; starts nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from installer.core.errors import UsageError
from installer.core.files.problems import quote
from installer.core.plans.plan import Plan
from installer.core.recipes.recipe import Recipe
from installer.session.exports import filling, values

KINDS = ("kubernetes", "compose")
_FOLDER = Path(__file__).parent / "exports"
_MOST = 53
"""Characters of a name: Kubernetes allows 63, and puts some of its own behind it."""


def exported(kind: str, recipe: Recipe, *, image: str | None, key: bool, plan: Plan | None) -> str:
    """The text of the files. `plan` is that of the target machine, where one was named; its sizes are used.

    Raises `UsageError` if the recipe cannot be carried there.
    """
    taken = values.image(recipe, image)
    weights = plan.memory.weights_bytes if plan and plan.memory and plan.memory.weights_bytes else 0
    placeholders = values.values(recipe, name=name(recipe), image=taken, weights_bytes=weights, key=key)
    several = recipe.topology.nodes > 1
    if several and kind == "compose":
        raise UsageError(
            f"The recipe {recipe.name} is for {recipe.topology.nodes} machines.",
            "A Compose file is for one.",
            "Write it for Kubernetes, or deploy it with `deploy-tui fleet FILE up` (docs/topology.md).",
        )
    if kind == "compose":
        placeholders |= {
            part: _escaped(placeholders[part]) for part in ("arguments", "command", "health", "fetch_command")
        }
    return filling.text(
        filling.documents(_FOLDER / f"{'leaderworkerset' if several else kind}.yaml", placeholders),
        "\n".join(_head(kind, recipe, placeholders, key, plan)),
    )


def name(recipe: Recipe) -> str:
    """What everything of it is called there: small letters, digits and dashes."""
    return re.sub("-+", "-", re.sub("[^a-z0-9]", "-", recipe.name.lower())).strip("-")[:_MOST].rstrip("-") or "server"


def _escaped(value: Any) -> Any:
    """Compose puts variables into words, and `$$` is how it is told not to."""
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    return value.replace("$", "$$") if isinstance(value, str) else value


def _head(kind: str, recipe: Recipe, placeholders: dict[str, Any], key: bool, plan: Plan | None) -> list[str]:
    """What anyone who applies it has to know and do before."""
    lines = [
        f"{recipe.title}.",
        f"Written from the recipe {recipe.name} by deploy-tui export {kind}; change the recipe, not this file.",
        _assessment(plan),
        "",
    ]
    if placeholders["fetch_command"] is None:
        lines.append(f"The model is not downloaded: put it into the volume as {_folder(placeholders)}.")
    if kind == "kubernetes":
        lines += _before_kubernetes(placeholders, key)
    elif key:
        lines.append("Start it with: SERVER_KEY=$(openssl rand -hex 24) docker compose up -d")
    return lines


def _before_kubernetes(placeholders: dict[str, Any], key: bool) -> list[str]:
    made = placeholders["name"]
    lines = []
    if key:
        config = ' --from-literal=config="api-key: $K"' if placeholders["key_items"] else ""
        lines += [
            "The key that clients send, created when this is applied, and never in a file:",
            "  K=$(openssl rand -hex 24)",
            f"  kubectl create secret generic {made}-key --from-literal=key=$K{config}",
        ]
    if placeholders["fetch_command"]:
        lines += ['For a gated model: kubectl create secret generic hf-token --from-literal=token="$HF_TOKEN"']
    if "nodes" in placeholders:
        lines += ["The cluster needs the LeaderWorkerSet controller, and a volume for several nodes (ReadWriteMany)."]
    if placeholders["node_needs"]:
        lines += ["The node is chosen by labels that NVIDIA's GPU operator sets (GPU feature discovery)."]
    return [*lines, f"Reach it from your machine: kubectl port-forward service/{made} {placeholders['port']}"]


def _folder(placeholders: dict[str, Any]) -> str:
    words = placeholders["arguments"]
    return next((word for word in words if word.startswith("/models/")), "/models")


def _assessment(plan: Plan | None) -> str:
    if plan is None:
        return "Not checked for any machine: name the target with --machine FILE."
    return f"Checked for {quote(plan.machine)}: {plan.verdict}."
