"""What engines compile when they start, kept in the home by generation and GPU, so that a restart finds it again.

Where each engine keeps it is data (`installer/knowledge/caches.yaml`). A new generation begins with copies of what an
earlier one compiled with the same versions. Copies and never links: a compiler may write into a file that is there.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from installer.core.contracts.stage import StageContext
from installer.core.errors import DamagedError
from installer.core.machine.facts import MachineFacts
from installer.core.text.numbers import is_whole
from installer.disk import unsynced
from installer.disk.reading import read_json
from installer.disk.writing import write_atomically
from installer.knowledge.tables import table
from stages.packages import installed

NOTE = "compiling.json"
_VERSIONS = "versions.json"
"""What was installed when the folder was made: it says what its kernels are good for."""


def variables(ctx: StageContext) -> dict[str, str]:
    """What tells the engine where to keep it; empty if there is no environment of ours."""
    place = folder(ctx)
    return {} if place is None else {row["variable"]: str(place / row["folder"]) for row in _rows(ctx)}


def ready(ctx: StageContext) -> dict[str, str]:
    """The same, once the folders are there, with what an earlier generation has for them."""
    place = folder(ctx)
    if place is None:
        return {}
    _drop_orphans(ctx)
    if unsynced.was_interrupted(place / NOTE):
        shutil.rmtree(place, ignore_errors=True)  # the machine went down while it was being compiled
    unsynced.begin(place / NOTE)
    if not (place / _VERSIONS).exists():
        _begin(ctx, place)
    return variables(ctx)


def finish(ctx: StageContext) -> None:
    """What was compiled until now is on the disk, so that it is good for something after a power cut."""
    place = folder(ctx)
    if place is not None:
        unsynced.finish(place / NOTE)


def _begin(ctx: StageContext, folder: Path) -> None:
    have = installed(ctx.environment)
    for row in _rows(ctx):
        (folder / row["folder"]).mkdir(parents=True, exist_ok=True)
        source = next((old for old in _earlier(folder) if _good_for(old, row, have)), None)
        if source is not None:
            shutil.copytree(source / row["folder"], folder / row["folder"], symlinks=True, dirs_exist_ok=True)
    write_atomically(folder / _VERSIONS, json.dumps(have, indent=1, sort_keys=True) + "\n")


def _good_for(old: Path, row: Mapping[str, Any], have: Mapping[str, str]) -> bool:
    """Whether an earlier folder contains something for this row, made by the same versions."""
    kept = old / row["folder"]
    if not row["packages"] or not kept.is_dir() or not any(kept.iterdir()) or unsynced.was_interrupted(old / NOTE):
        return False
    try:
        then = read_json(old / _VERSIONS) or {}
    except (OSError, DamagedError):
        return False
    return all(then.get(name) == have.get(name) for name in row["packages"])


def _earlier(folder: Path) -> Iterator[Path]:
    """The folders of other generations for the same GPU, the newest first."""
    generations = sorted(folder.parents[1].iterdir(), reverse=True)
    return (found / folder.name for found in generations if found != folder.parent)


def _drop_orphans(ctx: StageContext) -> None:
    """What was compiled for generations that are gone."""
    kept = ctx.home.compiled.iterdir() if ctx.home.compiled.is_dir() else ()
    for folder in kept:
        if re.fullmatch(r"\d{4,}", folder.name) and not (ctx.home.generations / folder.name).is_dir():
            shutil.rmtree(folder, ignore_errors=True)


def _rows(ctx: StageContext) -> list[Mapping[str, Any]]:
    return [
        row for row in table("caches")["caches"] if row.get("engine", ctx.recipe.engine_name) == ctx.recipe.engine_name
    ]


def folder(ctx: StageContext) -> Path | None:
    """Where all of that is; `None` if there is no environment of ours."""
    if ctx.environment is None or ctx.recipe.container:
        return None
    generation = ctx.environment.resolve()
    return ctx.home.compiled / generation.name / device(ctx.facts) if is_whole(generation.name) else None


def device(facts: MachineFacts) -> str:
    """What the kernels are for, as a folder's name: the GPUs, else the processor's instruction sets."""
    if not facts.gpus:
        features = hashlib.sha256(" ".join(facts.cpu.features or ()).encode()).hexdigest()[:8]
        return f"{facts.os.arch or 'cpu'}-{features}"
    named = sorted({f"{gpu.name} {gpu.compute_capability}" for gpu in facts.gpus})
    return re.sub(r"[^a-z0-9.]+", "-", " ".join(named).lower()).strip("-")[:100]
