"""Where the facts of a model come from: its folder here, the hub, shipped knowledge. Never waits long."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from installer.core.contracts.host import Host
from installer.core.errors import UsageError
from installer.core.plans.stack import ModelFacts
from installer.models.folder import load_model
from installer.models.hub import from_hub
from installer.models.shipped import from_knowledge

_KEPT = re.compile(r"(?:^|/)models--([^/]+?)--([^/]+)(?:/snapshots/([^/]+))?/?$")
"""A folder of the hub's own cache, which has the repository's name in it."""
_COMMIT = re.compile(r"[0-9a-f]{7,40}")


def model_facts(name_or_path: str, host: Host, offline: bool = False, revision: str = "main") -> ModelFacts | None:
    """What is known of a model, by `org/name` or the path of its folder; `None` if nothing is.

    What the hub refuses is taken from shipped knowledge, and still says that the hub refused it.
    """
    name = name_or_path.strip()
    if not name or "\0" in name:
        return None
    if (here := _here(name)) is not None:
        return here
    if kept := _KEPT.search(name):
        there = model_facts(f"{kept[1]}/{kept[2]}", host, offline, kept[3] or "main")
        return replace(there, name=name, gated=None, refused="") if there else None
    known = _at(from_knowledge(name), revision)
    if offline or not _is_hub_name(name):
        return known
    facts = from_hub(name, host, revision)
    if facts is None or (known is not None and not facts.config and not facts.refused):
        return known
    if facts.refused and known is not None:
        return replace(known, gated=facts.gated, refused=facts.refused)
    return facts


def _at(known: ModelFacts | None, revision: str) -> ModelFacts | None:
    """What is shipped is of the main branch: of a branch with a name of its own it says no more than a name does."""
    if known is None or revision in ("", "main") or _COMMIT.fullmatch(revision):
        return known
    source = f"{known.source}, not of its revision {revision}"
    return replace(known, source=source, quantization="", weight_bytes=None, derived=True)


def _here(name: str) -> ModelFacts | None:
    """A folder of this machine with a model in it."""
    try:
        path = Path(name).expanduser()
        return load_model(path) if path.is_dir() else None
    except (UsageError, OSError, ValueError, RuntimeError):
        return None


def _is_hub_name(name: str) -> bool:
    """Whether the hub could have a model of that name: `org/name` with nothing of a path about it."""
    org, slash, rest = name.partition("/")
    return bool(slash and org and rest) and "/" not in rest and org[0] not in ".~$"
