"""Asking a model hub, before anything is fetched, whether a model is there and how big it is.

Reads only. The token is never handled here: where it matters, the question is put by the process that has it in its
environment (`installer.host.hub`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from installer.core.contracts.stage import StageContext
from installer.core.files import foreign_json
from installer.core.recipes.globs import matching
from installer.core.recipes.recipe import ModelSource
from installer.core.secrets.inherited import inherited
from stages.models import INCOMPLETE, folder, size_of

PUBLIC = "https://huggingface.co"
NEUTRAL = Path("/")
"""Where the download process runs: Python looks for modules in its working folder first."""
_PATIENCE_S = 5.0
_CHILD_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Offer:
    """The hub has the model."""

    files: int
    bytes: int
    """What is still to be fetched."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model is not available from there now."""

    why: str
    fix: str


def command(ctx: StageContext, source: ModelSource) -> tuple[str, ...]:
    """What fetches the model: a process of its own, so that it can be stopped at any moment."""
    patterns = [f"--include={p}" for p in source.include] + [f"--exclude={p}" for p in source.exclude]
    return (
        sys.executable, "-I", "-m", "installer.host.hub", f"--id={source.hub}", f"--revision={source.revision}",
        *patterns, f"--folder={folder(ctx.home, source)}",
    )  # fmt: skip


def environment(ctx: StageContext) -> dict[str, str]:
    """For that process: the token is for it alone."""
    return inherited(ctx.host.environment(), "hub")


def endpoint(environment: Mapping[str, str]) -> str:
    """The hub's address: `HF_ENDPOINT` (a mirror), else the public one."""
    return (environment.get("HF_ENDPOINT") or PUBLIC).rstrip("/")


def ask(ctx: StageContext, source: ModelSource) -> Offer | Refusal:
    """Whether the hub has the model; answers within seconds."""
    environment = ctx.host.environment()
    hub = endpoint(environment)
    if ctx.offline:
        return Refusal("working offline, so the hub is not asked", "Run it again without --offline.")
    if environment.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return Refusal("HF_HUB_OFFLINE is set, so the hub is not asked", "Unset HF_HUB_OFFLINE.")
    question = f"{hub}/api/models/{quote(source.hub or '')}/revision/{quote(source.revision, safe='')}?blobs=true"
    answer = ctx.host.get(question, timeout_s=_PATIENCE_S)
    body = _json(answer.body) if answer.ok else {}
    if environment.get("HF_TOKEN") and (answer.status in (401, 403, 404) or body.get("gated")):
        return _ask_with_token(ctx, source)
    if answer.ok and body.get("gated"):
        return Refusal(
            f"{source.hub} is gated, and HF_TOKEN is not set",
            f"Accept its terms on {hub}/{source.hub}, then set HF_TOKEN in the environment.",
        )
    if answer.ok:
        files = {str(f["rfilename"]): f for f in body.get("siblings") or () if isinstance(f, dict) and "rfilename" in f}
        return _offer(ctx, source, files)
    return _refusal(hub, source, answer.status, answer.body)


def _refusal(hub: str, source: ModelSource, status: int, reason: str) -> Refusal:
    if status in (401, 403, 404):
        return Refusal(
            f"{hub} has no public model {source.hub} at revision {source.revision} (HTTP {status})",
            "Check the spelling; for a private or gated model set HF_TOKEN in the environment.",
        )
    why = f"{hub} cannot be reached ({reason[:120] or 'no answer'})" if status == 0 else f"{hub} answered HTTP {status}"
    return Refusal(why, "Check the network, or set HF_ENDPOINT to a mirror that can be reached.")


def _offer(ctx: StageContext, source: ModelSource, files: Mapping[str, Mapping[str, Any]]) -> Offer | Refusal:
    names = matching(files, source.include, source.exclude)
    if not names:
        return Refusal(
            f"no file of {source.hub} matches the recipe's include and exclude patterns", "Change those patterns."
        )
    return Offer(len(names), sum(_left(ctx, source, name, files[name]) for name in names))


def _left(ctx: StageContext, source: ModelSource, name: str, file: Mapping[str, Any]) -> int:
    """Bytes of one file that are not on this disk yet."""
    model = folder(ctx.home, source)
    lfs = file.get("lfs")
    size, content = file.get("size"), (lfs or {}).get("sha256") or file.get("blobId")
    if not isinstance(size, int) or size_of(model / name) == size:
        return 0
    return max(size - (size_of(model / INCOMPLETE / str(content)) or 0), 0)


def _ask_with_token(ctx: StageContext, source: ModelSource) -> Offer | Refusal:
    """The same question, put by the process that knows the token."""
    done = ctx.host.run(
        (*command(ctx, source), "--list"), environment=environment(ctx), folder=NEUTRAL, timeout_s=_CHILD_PATIENCE_S
    )
    for line in done.output.splitlines():
        match answer := _json(line):
            case {"hub": "files", "files": list(files)}:
                known = {f["path"]: {"size": f["size"], "lfs": {"sha256": f["content"]}} for f in files}
                return _offer(ctx, source, known)
            case {"hub": "error"}:
                return Refusal(f"{answer['what']} {answer['why']}".rstrip("."), str(answer["fix"]))
    return Refusal(f"the hub could not be asked about {source.hub}", "Try again; the log has the details.")


def _json(text: str) -> dict[str, Any]:
    try:
        body = foreign_json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
