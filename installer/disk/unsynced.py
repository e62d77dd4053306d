"""A note next to files that other programs write: from before they begin until all of it is on the disk.

A cache assumes that its files are complete, and a power cut leaves empty ones. So what a note is about, and the
machine went down meanwhile, is not believed. It must never remove anything itself.
"""

from __future__ import annotations

import json
from pathlib import Path

from installer.core.errors import DamagedError
from installer.disk.reading import read_json
from installer.disk.reboot import boot
from installer.disk.writing import sync_filesystem, sync_folder, write_atomically


def was_interrupted(note: Path) -> bool:
    """Whether what the note is about may be incomplete."""
    try:
        body = read_json(note)
    except DamagedError:
        return True
    return body is not None and (not boot() or body.get("boot") != boot())


def begin(note: Path) -> None:
    """From now on files are written whose content may still be on its way to the disk. Raises `OSError`."""
    note.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(note, json.dumps({"boot": boot()}))


def finish(note: Path) -> None:
    """They are on the disk now. Raises `OSError`."""
    if note.exists():
        sync_filesystem(note.parent)
        note.unlink()
        sync_folder(note.parent)
