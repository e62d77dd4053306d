"""Stage 8: weights and tokenizer, from the first of the recipe's alternatives that is available.

A folder that is there is used as it is, a hub is downloaded from, a git repository is cloned, a model inside a Python
package is converted, and a stand-in with random weights is made on the spot. Never touches the Python environment,
never deletes what an earlier run or a person downloaded.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from installer.core.contracts.stage import Change, ChangeKind, Check, Leftover, LeftoverKind, StageContext, Traits
from installer.core.errors import StageError
from installer.core.files import foreign_json
from installer.core.outcomes import Severity
from installer.core.recipes.recipe import ModelSource, RandomModel
from installer.core.text.quantities import size
from stages import git_models, hub, model_scripts, package_models
from stages.models import (
    INCOMPLETE,
    ChosenModel,
    ModelFile,
    chosen,
    defect,
    folder,
    free_bytes,
    label,
    manifest,
    manifest_path,
    missing,
    write_manifest,
)

number = 8
name = "model"
title = "Fetch the model"
summary = "Weights and tokenizer, resumable and checked; runs in parallel with stages 3 to 7."
undo = "delete only what this run fetched; a partial download is kept and continued"
traits = Traits(runs_in_parallel=lambda ctx, changes: not needs_environment(ctx, changes))

SCRIPT = model_scripts.SCRIPTS / "make_stand_in.py"
_SPARE = 64_000_000


def check(ctx: StageContext) -> Check:
    """Satisfied as soon as one alternative is complete on this disk; sizes only."""
    if (model := chosen(ctx)) is not None:
        return Check(observed=(_described(model),))
    refusals: list[tuple[str, str]] = []
    for source in ctx.recipe.model.alternatives:
        because = "; ".join(why for why, _ in refusals)
        if source.path is not None:
            refusals.append((missing(ctx.home, source), f"Put the model into {source.path}, or name another one."))
        elif source.random is not None:
            what = "Make a tiny stand-in model with random weights" + (f" ({because})" if because else "")
            return Check(
                changes=(
                    Change(ChangeKind.MAKE_MODEL, what, _making(ctx, source), about=str(folder(ctx.home, source))),
                )
            )
        else:
            match _ask(ctx, source):
                case Check() as fetchable:
                    return replace(fetchable, observed=(because,) if because else ())
                case hub.Offer() as offer:
                    return _fetchable(ctx, source, offer, because)
                case hub.Refusal() as refusal:
                    refusals.append((refusal.why, refusal.fix))
    return Check(blocked=f"No model is available: {'; '.join(why for why, _ in refusals)}.", fix=refusals[-1][1])


def apply(ctx: StageContext, changes: Sequence[Change]) -> None:
    """Fetch or make the model that `check` chose; its manifest is written last."""
    for change in changes:
        source = _source(ctx, change)
        ctx.begin(change)
        target = folder(ctx.home, source)
        ctx.deed("model", {"folder": str(target), "created": not target.exists()})
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.random is not None:
            _make(ctx, change, source)
        elif source.package is not None:
            _convert(ctx, source)
        elif source.git is not None:
            _finish(ctx, source, *git_models.fetch(ctx, source))
        else:
            _download(ctx, change, source)


def rollback(ctx: StageContext, deeds: Sequence[Mapping[str, Any]]) -> tuple[Leftover, ...]:
    """Delete what this run downloaded; bytes of a download that can be continued stay, and that is said."""
    left = []
    for deed in deeds:
        target = Path(deed["folder"])
        for half in (model_scripts.scratch(target), package_models.unpacked(target)):
            shutil.rmtree(half, ignore_errors=True)
        body = manifest(target)
        if body is not None and (ctx.run is None or body.get("fetched_by_run") != ctx.run.id):
            continue
        if body is None and (kept := _bytes_under(target)):
            ctx.notice(f"Kept the {size(kept)} fetched so far in {target}: the next run continues there.")
            continue
        if deed["created"] or body is not None:
            manifest_path(target).unlink(missing_ok=True)
            shutil.rmtree(target, ignore_errors=True)
            if target.exists():
                left.append(Leftover(LeftoverKind.FILES, f"{target} could not be deleted"))
    return tuple(left)


def needs_environment(ctx: StageContext, changes: Sequence[Change] | None = None) -> bool:
    """Whether this stage must wait for stage 7, because the model is made with the environment's own libraries.

    `changes`: what `check` answered, where the caller has it; otherwise it is asked again.
    """
    wanted = check(ctx).changes if changes is None else changes
    return any(change.kind == ChangeKind.MAKE_MODEL for change in wanted)


def _ask(ctx: StageContext, source: ModelSource) -> Check | hub.Offer | hub.Refusal:
    if source.package is not None:
        return package_models.ask(ctx, source)
    return git_models.ask(ctx, source) if source.git is not None else hub.ask(ctx, source)


def _described(model: ChosenModel) -> str:
    if model.elsewhere:
        return "The model is on other servers; this one passes requests on to them."
    if model.stand_in:
        return f"A stand-in with random weights is in {model.folder}; delete that folder to download the real one."
    body = manifest(model.folder)
    if body is None:
        return f"{model.folder} exists."
    total = sum(file["size"] for file in body["files"])
    return f"{model.source}: {len(body['files'])} files, {size(total)}, in {model.folder}."


def _fetchable(ctx: StageContext, source: ModelSource, offer: hub.Offer, because: str) -> Check:
    free = free_bytes(ctx.home.models)
    if offer.bytes + _SPARE > free:
        return Check(
            blocked=f"{label(source)} needs {size(offer.bytes)} more, and {ctx.home.models} has {size(free)} free.",
            fix="Free some space, or set DEPLOY_TUI_HOME to a bigger disk.",
        )
    what = f"Download {label(source)}: {offer.files} files, {size(offer.bytes)} to fetch"
    return Check(
        changes=(
            Change(
                ChangeKind.FETCH_MODEL, what, hub.command(ctx, source), offer.bytes, about=str(folder(ctx.home, source))
            ),
        ),
        observed=(because,) if because else (),
    )


def _making(ctx: StageContext, source: ModelSource) -> tuple[str, ...]:
    return model_scripts.command(ctx, SCRIPT, _shape(source.random or RandomModel()), folder(ctx.home, source))


def _shape(shape: RandomModel) -> tuple[str, ...]:
    return (
        f"--architecture={shape.architecture}", f"--hidden-size={shape.hidden_size}", f"--layers={shape.layers}",
        f"--heads={shape.heads}", f"--kv-heads={shape.kv_heads}", f"--ffn-size={shape.ffn_size}",
        f"--vocabulary={shape.vocabulary}", f"--positions={shape.positions}",
    )  # fmt: skip


def _source(ctx: StageContext, change: Change) -> ModelSource:
    """The alternative that a change is about: each has a folder of its own."""
    for source in ctx.recipe.model.alternatives:
        if change.about == str(folder(ctx.home, source)):
            return source
    raise StageError(
        "The model to fetch is not among the recipe's alternatives.",
        f"The plan says: {change.summary}.",
        "Run it again: this makes a new plan.",
    )


@dataclass
class _HubOutput:
    """What the download says, line by line."""

    ctx: StageContext
    commit: str | None = None
    files: tuple[ModelFile, ...] = ()
    error: StageError | None = None
    tail: list[str] = field(default_factory=list)

    def hear(self, line: str) -> None:
        match _json(line):
            case {"hub": "progress", "file": str(file), "done": int(done), "total": total}:
                self.ctx.progress(file, done, total)
            case {"hub": "done", "commit": commit, "files": list(files)}:
                self.commit = commit
                self.files = tuple(ModelFile(f["path"], f["size"], f["sha256"]) for f in files)
            case {"hub": "error", "code": code, "what": what, "why": why, "fix": fix}:
                self.error = StageError(what, why, fix, code=code)
            case {"hub": _}:
                pass
            case _:
                self.tail = [*self.tail[-2:], line]
                self.ctx.output(line)


def _download(ctx: StageContext, change: Change, source: ModelSource) -> None:
    output_read = _HubOutput(ctx)
    # Not `execute`: these lines are for us, thousands of them, and the process ends by itself when we are gone.
    done = ctx.host.run(change.command, environment=hub.environment(ctx), folder=hub.NEUTRAL, on_line=output_read.hear)
    if output_read.error is not None:
        raise output_read.error
    if done.code != 0 or not output_read.files:
        raise StageError(
            f"The download of {label(source)} ended early (status {done.code}).",
            f"Its last output: {' / '.join(output_read.tail) or 'nothing'}.",
            "Run it again: it continues where it stopped.",
        )
    _finish(ctx, source, output_read.commit, output_read.files)


def _finish(ctx: StageContext, source: ModelSource, commit: str | None, files: tuple[ModelFile, ...]) -> None:
    """Everything is there and has the hash that its source lists: say so, if it is a model."""
    target = folder(ctx.home, source)
    if wrong := defect(target):
        raise StageError(
            f"{label(source)} was downloaded, but no engine can load it.",
            f"{wrong}.",
            "Check the recipe's include and exclude patterns; then run it again.",
        )
    shutil.rmtree(target / INCOMPLETE, ignore_errors=True)
    write_manifest(target, source, files, run=ctx.run.id if ctx.run else None, commit=commit)
    ctx.output(f"{label(source)} is complete: {len(files)} files, each with the hash that its source lists.")


def _make(ctx: StageContext, change: Change, source: ModelSource) -> None:
    shape = _shape(source.random or RandomModel())
    files = model_scripts.made(ctx, "The stand-in model", SCRIPT, shape, folder(ctx.home, source))
    write_manifest(folder(ctx.home, source), source, files, run=ctx.run.id if ctx.run else None)
    ctx.notice(f"{change.summary}: it tests the whole path, but its answers are random.", Severity.WARNING)


def _convert(ctx: StageContext, source: ModelSource) -> None:
    files = package_models.fetch(ctx, source)
    write_manifest(folder(ctx.home, source), source, files, run=ctx.run.id if ctx.run else None)
    if source.because:
        ctx.notice(f"{label(source)}: {source.because}.", Severity.WARNING)


def _bytes_under(top: Path) -> int:
    return sum(path.stat().st_size for path in top.rglob("*") if path.is_file())


def _json(line: str) -> Any:
    try:
        return foreign_json.loads(line) if line.startswith("{") else None
    except ValueError:
        return None
