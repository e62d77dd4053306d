"""The model of a bundle: the first of the recipe's alternatives that is available here, as it would be had there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from installer.bundles.packing import Content, member_of
from installer.core.errors import PredictedError
from installer.core.files import foreign_json
from installer.core.outcomes import Code
from installer.core.recipes.recipe import ModelSource
from installer.core.runs.home import Home
from installer.core.text.quantities import size
from installer.execution.context import RunContext
from installer.host.fetching import Wanted
from installer.packages.wheels.compatible_wheels import file_name
from installer.session.bundling.wheels import DEPLOYMENT, WheelSources
from stages import models, package_models, s08_model
from stages.hub import Refusal

FOLDER = "models"


@dataclass(frozen=True, slots=True)
class Carried:
    source: str
    """In words."""
    contents: list[Content] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def of(ctx: RunContext, desk: WheelSources, served: Path | None = None) -> Carried:
    """Fetch it if need be. `served`: another home that may have it. Raises `PredictedError` if none is available."""
    homes = (ctx.home, *([Home(served)] if served else []))
    refused: list[str] = []
    for source in ctx.recipe.model.alternatives:
        if source.path is not None:
            note = f"The model is not in the bundle: the recipe takes it from {source.path} on the machine itself."
            return Carried(models.label(source), notes=(note,))
        if source.elsewhere:
            return Carried(models.label(source), notes=("The model is on other servers.",))
        if source.random is not None:
            notes = tuple(f"{why[0].upper()}{why[1:]}." for why in refused)
            return Carried(models.label(source), notes=(*notes, "The model is made there, with random weights."))
        found = _packaged(ctx, source, desk, homes) if source.package else _files(ctx, source)
        if isinstance(found, Carried):
            because = f" ({source.because})" if source.because and refused else ""
            return replace(
                found,
                notes=found.notes
                + tuple(f"Not included, because it is not available here: {why}" for why in refused)
                + ((f"The model is {found.source}{because}.",) if because else ()),
            )
        refused.append(found)
    raise PredictedError(
        "No model of the recipe is available here, so none can be included.", "; ".join(refused),
        "Download it here first, or list another one in the recipe.", code=Code.NETWORK,
    )  # fmt: skip


def _packaged(ctx: RunContext, source: ModelSource, desk: WheelSources, homes: tuple[Home, ...]) -> Carried | str:
    """As a home here has converted it; otherwise the wheel that contains it, which the environment there converts."""
    for home in homes:
        if (folder := _converted(ctx, source, home)) is not None:
            contents = list(_members(folder))
            whole = size(sum(content.member.bytes for content in contents))
            note = f"{models.label(source)} is included as {home.root} has converted it ({whole})."
            return Carried(models.label(source), contents, (note,))
    wheel = package_models.found(ctx, source)
    if isinstance(wheel, Refusal):
        return wheel.why
    url = str(wheel.get("url") or wheel.get("path"))
    wanted = Wanted(file_name(wheel), url, wheel["hashes"]["sha256"])
    return Carried(models.label(source), desk.fetch([wanted], DEPLOYMENT, "model"))


def _converted(ctx: RunContext, source: ModelSource, home: Home) -> Path | None:
    """Its folder there, made by the release of Transformers that will read it: others write another configuration."""
    folder = models.folder(home, source)
    if models.missing(home, source) or ctx.lock is None:
        return None
    try:
        by = foreign_json.loads((folder / "config.json").read_text(encoding="utf-8")).get("transformers_version")
    except (OSError, ValueError, AttributeError):
        return None
    return folder if by in {one.version for one in ctx.lock.packages if one.name == "transformers"} else None


def _files(ctx: RunContext, source: ModelSource) -> Carried | str:
    """Its files, which the model's stage fetches into the home here, checked as always."""
    alone = replace(ctx.recipe, model=replace(ctx.recipe.model, alternatives=(source,)))
    only = replace(ctx, recipe=alone)
    outlook = s08_model.check(only)
    if outlook.blocked:
        return outlook.blocked
    if outlook.changes:
        s08_model.apply(only, outlook.changes)
    return Carried(models.label(source), list(_members(models.folder(ctx.home, source))))


def _members(folder: Path) -> Iterator[Content]:
    known = {file["path"]: file["sha256"] for file in (models.manifest(folder) or {}).get("files", ())}
    manifest = models.manifest_path(folder)
    yield member_of(f"{FOLDER}/{manifest.name}", manifest, "model")
    for path, sha256 in sorted(known.items()):
        yield member_of(f"{FOLDER}/{folder.name}/{path}", folder / path, "model", sha256 or "")
