"""Reads a model's own files: a config.json, or the folder that it is in. Only reads, and never any weights.

A file that is called config.json is read with its neighbours; one of another name alone.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer.core.errors import UsageError
from installer.core.files import foreign_json
from installer.core.plans.stack import ModelFacts
from installer.models import params_format
from installer.models.documents import CONFIG, PARAMS, WANTED, Documents, facts_of

_LIMIT_BYTES = 8 * 2**20
"""Of one document; real ones have kilobytes, the index of the largest models a few megabytes."""
_LISTED = 20_000
"""Files of a folder that are read."""
_FIX = "Give a model's config.json, or its folder, with `--model-config`."


def load_model(path: Path | str) -> ModelFacts:
    """The facts of the model at `path`. Raises `UsageError` if there is none, or if it cannot be read."""
    path = Path(path)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise _refused(path, _reason(error)) from None
    if stat.S_ISDIR(mode):
        return _of_folder(path)
    if not stat.S_ISREG(mode):
        raise _refused(path, "It is not a regular file.")
    if path.name == CONFIG:
        return _of_folder(path.parent)
    document = _document(path)
    kind = PARAMS if params_format.is_params(document) else CONFIG
    return facts_of(path.stem, str(path), Documents({kind: _checked(path, kind, document)}))


def _of_folder(folder: Path) -> ModelFacts:
    files = _files(folder)
    main = next((name for name in (CONFIG, PARAMS) if name in files), None)
    if main is None:
        raise _refused(folder, f"There is neither a {CONFIG} nor a {PARAMS} in this folder.")
    found: dict[str, Mapping[str, Any]] = {main: _checked(folder / main, main, _document(folder / main))}
    for name in WANTED:
        if name in files and name != main:
            found[name] = _document(folder / name)
    return facts_of(folder.resolve().name, f"{main} of {folder}", Documents(found, files))


def _files(folder: Path) -> dict[str, int | None]:
    try:
        entries = sorted(folder.iterdir())[:_LISTED]
    except OSError as error:
        raise _refused(folder, _reason(error)) from None
    return {entry.name: _size(entry) for entry in entries if entry.is_file()}


def _document(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            raw = file.read(_LIMIT_BYTES + 1)
    except OSError as error:
        raise _refused(path, _reason(error)) from None
    if len(raw) > _LIMIT_BYTES:
        raise _refused(path, f"It is larger than {_LIMIT_BYTES // 2**20} MiB.")
    return parsed(path, raw)


def parsed(path: Path, raw: bytes) -> Mapping[str, Any]:
    """The JSON object in `raw`. Raises `UsageError` with the line where it is none."""
    try:
        text = raw.decode("utf-8-sig")
        if "\0" in text:
            raise _refused(path, "It is a binary file, not JSON.")
        document = foreign_json.loads(text)
    except UnicodeDecodeError:
        raise _refused(path, "It is a binary file, not JSON.") from None
    except json.JSONDecodeError as error:
        empty = "It is empty." if not text.strip() else f"It is not JSON: {error.msg} in line {error.lineno}."
        raise _refused(path, empty) from None
    except (RecursionError, ValueError):
        raise _refused(
            path,
            "It is not readable JSON: nested too deeply, a number that is too long, or an incomplete character.",
        ) from None
    if not isinstance(document, dict):
        raise _refused(path, f"It contains {_kind(document)}, but a JSON object is expected.")
    return document


def _checked(path: Path, kind: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A document that really describes a model."""
    if kind == PARAMS:
        return document
    names = document.get("architectures")
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise _refused(path, "`architectures` is not a list of names.")
    for key in ("model_type", "tokenizer_class"):
        if document.get(key) is not None and not isinstance(document[key], str):
            raise _refused(path, f"`{key}` is not a word.")
    if not names and not document.get("model_type"):
        raise _refused(path, "It names neither `architectures` nor a `model_type`, so it describes no model.")
    return document


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _kind(value: Any) -> str:
    words = {list: "a list", str: "text", int: "a number", float: "a number", bool: "true or false"}
    return words.get(type(value), "nothing")


def _reason(error: Exception) -> str:
    return (
        "There is no such file."
        if isinstance(error, FileNotFoundError)
        else f"{getattr(error, 'strerror', None) or error}."
    )


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} cannot be read as a model's configuration.", why, _FIX, code="input-file")
