"""Stage 9 for a container: its image checked from inside, by its own Python. Kept as long as image and model stay."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from installer.core.contracts.stage import Change, ChangeKind, Check, StageContext
from installer.core.errors import DamagedError, StageError
from installer.core.files import foreign_json
from installer.disk.reading import read_json
from installer.disk.writing import write_atomically
from stages import container_files as written
from stages import containers
from stages.models import ChosenModel, chosen, state

_PATIENCE_S = 900.0


def check(ctx: StageContext) -> Check:
    """Satisfied where a proof is on file for exactly this image and model."""
    image = containers.image_id(ctx)
    if image is None:
        return Check(unknown="There is no image to verify yet.")
    proof = _proof(ctx)
    if proof.get("fingerprint") == _fingerprint(ctx, image):
        return Check(observed=tuple(proof.get("seen", ())))
    command = containers.verifying(ctx, _question(ctx))
    return Check(
        changes=(
            Change(ChangeKind.VERIFY, "verify versions, imports, the GPU and the tokenizer inside the image", command),
        )
    )


def apply(ctx: StageContext) -> None:
    """Look, then write the proof. Raises `StageError` that lists what failed."""
    image, question = containers.image_id(ctx), _question(ctx)
    _proof_path(ctx).unlink(missing_ok=True)
    model = chosen(ctx)
    question.parent.mkdir(parents=True, exist_ok=True)
    question.write_text(json.dumps(_asked(ctx)), encoding="utf-8")
    done = ctx.execute(containers.verifying(ctx, question), timeout_s=_PATIENCE_S)
    found = _last_object(done.output)
    if model and found.get("unreadable"):
        raise _unreadable(ctx, model, found["unreadable"])
    failed = found.get("failed", [f"it ended with status {done.code}: {' '.join(done.output.split())[-300:]}"])
    if failed or model is None:
        raise StageError(
            f"{len(failed)} checks of the image failed." if failed else "There is no model to verify with.",
            " ".join(f"{sentence}." for sentence in failed), "Use another image, or correct the recipe's container.",
            code="verification",
        )  # fmt: skip
    seen = [f"{name} {version}".strip() for name, version in found["modules"].items()]
    seen += [str(found[name]) for name in ("gpu", "tokenizer") if name in found]
    body = {"schema": 1, "fingerprint": _fingerprint(ctx, image), "seen": seen}
    write_atomically(_proof_path(ctx), json.dumps(body, indent=1) + "\n")


def _unreadable(ctx: StageContext, model: ChosenModel, names: Sequence[str]) -> StageError:
    user = ctx.recipe.container.user if ctx.recipe.container else ""
    more = f" and {len(names) - 1} more files" if len(names) > 1 else ""
    return StageError(
        f"The server could not read the model: {names[0]}{more}.",
        f"Inside the container it runs as {user}, and the files of {model.folder} are for their owner only.",
        f"Let others read them: chmod -R a+rX {model.folder}",
        code="verification",
    )


def _asked(ctx: StageContext) -> dict[str, Any]:
    model, container = chosen(ctx), ctx.recipe.container
    stand_in = model is not None and model.stand_in
    return {
        "imports": list(ctx.recipe.verification.imports),
        "gpus": bool(container and container.gpus),
        "model": written.place(ctx.recipe) if model else None,
        "vocabulary_at_least": None if stand_in else ctx.recipe.verification.vocabulary_at_least,
    }


def _fingerprint(ctx: StageContext, image: str | None) -> str:
    model = chosen(ctx)
    facts = [image, state(model) if model else None, _asked(ctx), [gpu.kind for gpu in ctx.facts.gpus or ()]]
    facts.append(hashlib.sha256(containers.SCRIPT.read_bytes()).hexdigest())
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _last_object(output: str) -> Mapping[str, Any]:
    for line in reversed(output.splitlines()):
        try:
            body = foreign_json.loads(line)
        except ValueError:
            continue
        if isinstance(body, dict):
            return body
    return {}


def _proof(ctx: StageContext) -> Mapping[str, Any]:
    try:
        return read_json(_proof_path(ctx)) or {}
    except (OSError, DamagedError):
        return {}


def _proof_path(ctx: StageContext) -> Path:
    return containers.home_of(ctx) / "verified.json"


def _question(ctx: StageContext) -> Path:
    return containers.home_of(ctx) / "question.json"
