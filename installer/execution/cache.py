"""The package cache of a home across a power cut: what was not on the disk by then is fetched again, not believed.

It must never remove a cache that is not in the home.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from installer.core.runs.home import Home
from installer.disk import unsynced


def begin(home: Home) -> str:
    """Before anything is fetched: what was removed because a power cut may have torn it, in a sentence."""
    note = ""
    if unsynced.was_interrupted(_note(home)):
        shutil.rmtree(home.cache / "uv", ignore_errors=True)
        note = (
            "The machine went down while packages were being fetched: they may be incomplete, and are downloaded again."
        )
    unsynced.begin(_note(home))
    return note


def mark_complete(home: Home) -> None:
    """After the last package: everything is on the disk."""
    unsynced.finish(_note(home))


def _note(home: Home) -> Path:
    return home.cache / "fetching.json"
