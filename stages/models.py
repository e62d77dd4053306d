"""Where models are on this machine, and which of a recipe's alternatives is complete there.

A model of ours is a folder and a manifest next to it (`<folder>.json`), which is written last: no manifest, no model.
A model that the recipe names by its path has no manifest and is only read. Never fetches, copies or deletes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from installer.core.contracts.stage import StageContext
from installer.core.errors import DamagedError
from installer.core.files import foreign_json
from installer.core.files.typed import typed
from installer.core.recipes.recipe import ModelSource
from installer.core.runs.home import Home
from installer.disk.reading import LARGE, read_json
from installer.disk.writing import sync_filesystem, write_atomically

INCOMPLETE = ".incomplete"
"""Folder, inside a model's folder, of what a download has fetched so far."""
_WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth", "*.gguf")


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """The model that this deployment serves."""

    folder: Path
    stand_in: bool
    """True if the weights are random, so that the answers mean nothing."""
    source: str
    """Where it came from, in words."""
    served_as: str | None = None
    """What clients call it; `None`: as the recipe says of its model."""
    elsewhere: bool = False
    """Other servers have it; there is no folder."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    path: str
    """Relative to the model's folder."""
    size: int
    sha256: str | None = None


def folder(home: Home, source: ModelSource) -> Path:
    """Where the model of `source` is, or would be."""
    if source.path is not None:
        return Path(source.path).expanduser()
    if source.elsewhere:
        return home.models / "elsewhere"
    if source.random is not None:
        shape = json.dumps(asdict(source.random), sort_keys=True)
        digest = hashlib.sha256(shape.encode()).hexdigest()[:8]
        return home.models / f"random-{_plain(source.random.architecture)}-{digest}"
    if source.package is not None:
        # What it is called elsewhere changes nothing of its files.
        made_of = {key: value for key, value in asdict(source.package).items() if key != "holds"}
        digest = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:8]
        return home.models / f"package-{_plain(source.package.requires.replace('==', '-'))}-{digest}"
    if source.git is not None:
        digest = hashlib.sha256(source.git.encode()).hexdigest()[:8]
        last = "/".join(source.git.rstrip("/").removesuffix(".git").split("/")[-2:])
        return home.models / f"git-{_plain(last)}-{digest}@{_plain(source.revision)}"
    return home.models / f"{_plain(source.hub or '')}@{_plain(source.revision)}"


def label(source: ModelSource) -> str:
    """A source in words, such as "Qwen/Qwen2.5-0.5B-Instruct@main"."""
    if source.path is not None:
        return str(source.path)
    if source.elsewhere:
        return "on other servers"
    if source.package is not None:
        return f"{Path(source.package.file).stem} (package {source.package.requires})"
    return (
        "a stand-in with random weights"
        if source.random is not None
        else f"{source.git or source.hub}@{source.revision}"
    )


def manifest_path(model: Path) -> Path:
    return model.with_name(f"{model.name}.json")


def manifest(model: Path) -> Mapping[str, Any] | None:
    """What the manifest of a model says; `None` if there is none that can be read."""
    try:
        body = read_json(manifest_path(model), LARGE)
        files = [typed(ModelFile, entry) for entry in body["files"]] if body else []
    except (OSError, ValueError, KeyError, TypeError, DamagedError):
        return None
    return {**body, "files": [asdict(file) for file in files]} if body else None


def write_manifest(
    model: Path, source: ModelSource, files: Sequence[ModelFile], *, run: str | None, commit: str | None = None
) -> None:
    """Say that the model is complete and on the disk: the last thing a fetch does, in one step."""
    body = {
        "schema": 1,
        "source": label(source),
        "revision": source.revision if source.hub or source.git else None,
        "commit": commit,
        "stand_in": source.random is not None,
        "include": list(source.include),
        "exclude": list(source.exclude),
        "fetched_by_run": run,
        "files": [asdict(file) for file in files],
    }
    sync_filesystem(model)
    write_atomically(manifest_path(model), json.dumps(body, indent=1) + "\n")


def missing(home: Home, source: ModelSource) -> str:
    """Why the model of `source` is not complete on this disk; empty if it is. Looks at sizes only."""
    if source.elsewhere:
        return ""
    model = folder(home, source)
    if source.path is not None:
        return defect(model)
    body = manifest(model)
    if body is None:
        return "not fetched yet"
    if [body.get("include"), body.get("exclude")] != [list(source.include), list(source.exclude)]:
        return "the recipe now selects other files of it"
    for entry in body.get("files", ()):
        if size_of(model / entry["path"]) != entry["size"]:
            return f"{entry['path']} is missing or its size has changed since the download"
    return ""


def chosen(ctx: StageContext) -> ChosenModel | None:
    """The first alternative of the recipe that is complete on this disk."""
    for source in ctx.recipe.model.alternatives:
        if not missing(ctx.home, source):
            where = folder(ctx.home, source)
            return ChosenModel(
                where, source.random is not None, label(source), source.name, elsewhere=bool(source.elsewhere)
            )
    return None


def defect(model: Path) -> str:
    """Why no engine could load what is in this folder; empty if nothing is wrong with it."""
    if not model.is_dir():
        return f"{model} is not a folder"
    if not any((model / name).is_file() for name in ("config.json", "params.json")):
        return f"{model} contains neither config.json nor params.json"
    if not any(any(model.glob(pattern)) for pattern in _WEIGHTS):
        return f"{model} contains no weights ({', '.join(_WEIGHTS)})"
    absent = [name for name in _shards(model) if not (model / name).is_file()]
    if absent:
        return f"{model} lacks {absent[0]}" + (f" and {len(absent) - 1} more shards" if absent[1:] else "")
    return ""


def state(model: ChosenModel) -> str:
    """A digest that changes when the model does: of its manifest, or of names, sizes and times where it has none."""
    if manifest(model.folder) is not None:
        return hashlib.sha256(manifest_path(model.folder).read_bytes()).hexdigest()
    listing = [(path, stat.st_size, stat.st_mtime_ns) for path, stat in _walk(model.folder)]
    return hashlib.sha256(repr(sorted(listing)).encode()).hexdigest()


def free_bytes(path: Path) -> int:
    """Free disk where `path` is, or would be."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def size_of(path: Path) -> int | None:
    """Size of a file; `None` if there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def _walk(top: Path) -> Iterator[tuple[str, os.stat_result]]:
    for path in top.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(top)), path.stat()


def _shards(model: Path) -> list[str]:
    try:
        index = foreign_json.loads((model / "model.safetensors.index.json").read_text(encoding="utf-8"))
        return sorted(set(map(str, index["weight_map"].values())))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def _plain(name: str) -> str:
    """A name that can be one folder's: never a separator, never a dot alone."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", name.replace("/", "--"))
    return f"_{plain}" if plain.startswith(".") else plain
