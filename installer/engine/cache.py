"""The package cache of a home across a power cut: what was not on the disk by then is fetched again, not believed.

uv takes what lies in its cache for whole, and a power cut leaves empty files there. So a note lies beside it from
before anything is fetched until everything is on the disk. It must never remove a cache that is not in the home.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from installer.core.errors import DamagedError
from installer.core.runs.home import Home
from installer.disk.power import boot
from installer.disk.reading import read_json
from installer.disk.writing import sync_filesystem, sync_folder, write_atomically


def begin(home: Home) -> str:
    """Before anything is fetched: what was removed because a power cut may have torn it, in a sentence."""
    said = ""
    if _torn(_note(home)):
        shutil.rmtree(home.cache / "uv", ignore_errors=True)
        said = "The machine went down while packages were being fetched: they may not be whole, and are fetched again."
    home.cache.mkdir(parents=True, exist_ok=True)
    write_atomically(_note(home), json.dumps({"boot": boot()}))
    return said


def settle(home: Home) -> None:
    """After the last package: everything is on the disk."""
    if _note(home).exists():
        sync_filesystem(home.cache)
        _note(home).unlink()
        sync_folder(home.cache)


def _note(home: Home) -> Path:
    return home.cache / "fetching.json"


def _torn(note: Path) -> bool:
    try:
        body = read_json(note)
    except DamagedError:
        return True
    return body is not None and (not boot() or body.get("boot") != boot())
