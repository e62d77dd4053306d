"""Making a model with the libraries of the Python environment that will serve it, by a script of ours.

An unfinished model is kept next to the model's folder and is moved into place when it is complete. Never changes the
environment, and lets no script ask the network.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from installer.core.contracts.stage import StageContext
from installer.core.errors import StageError
from installer.core.secrets.inherited import inherited
from stages.models import ModelFile, defect

SCRIPTS = Path(__file__).parent / "scripts"
_MAKING_S = 900.0


def command(ctx: StageContext, script: Path, words: Sequence[str], target: Path) -> tuple[str, ...]:
    """What makes the model of `target`."""
    python = str(ctx.environment / "bin" / "python") if ctx.environment else "python"
    return (python, "-I", str(script), *words, f"--folder={target}")


def made(ctx: StageContext, what: str, script: Path, words: Sequence[str], target: Path) -> tuple[ModelFile, ...]:
    """Run the script and put what it made in the place of `target`; its files. Raises `StageError`."""
    require_environment(ctx, what)
    half = scratch(target)
    shutil.rmtree(half, ignore_errors=True)
    quiet = {**inherited(ctx.host.environment(), "engine"), "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    done = ctx.execute(command(ctx, script, words, half), environment=quiet, timeout_s=_MAKING_S)
    if done.code != 0 or defect(half):
        raise StageError(
            f"{what} could not be created (status {done.code}).",
            f"Its last output: {_last_line(done.output) or defect(half)}.",
            "Check stages 3 and 5 (torch, transformers): deploy-tui --stage 9 verifies them.",
        )
    shutil.rmtree(target, ignore_errors=True)
    half.replace(target)
    return tuple(_measured(target, path) for path in sorted(target.rglob("*")) if path.is_file())


def require_environment(ctx: StageContext, what: str) -> None:
    """Raises `StageError` if there is no Python environment yet."""
    if ctx.environment is None or not (ctx.environment / "bin" / "python").exists():
        raise StageError(
            f"{what} cannot be created yet.",
            "It is made with the libraries of the Python environment, and there is none.",
            "Run stages 2 to 7 first, or all of them: deploy-tui --stage all.",
        )


def scratch(target: Path) -> Path:
    """Where the model of `target` is while it is being made."""
    return target.with_name(f"{target.name}.making")


def _measured(model: Path, path: Path) -> ModelFile:
    with path.open("rb") as content:
        digest = hashlib.sha256()
        while chunk := content.read(1 << 22):
            digest.update(chunk)
    return ModelFile(str(path.relative_to(model)), path.stat().st_size, digest.hexdigest())


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1].strip() if text.strip() else ""
