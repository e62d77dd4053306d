"""The usual player of recordings (asciinema-player, from npm), where it is installed, and why it is not there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

_BUNDLE = Path("asciinema-player/dist/bundle/asciinema-player.min.js")
WHY_NOT = (
    "asciinema-player (3.10 or newer) is not installed here: npm install --global asciinema-player, or name the folder "
    "that has node_modules in ASCIINEMA_PLAYER"
)


def _found() -> Path | None:
    folders = [Path(os.environ["ASCIINEMA_PLAYER"]) / "node_modules"] if "ASCIINEMA_PLAYER" in os.environ else []
    if npm := shutil.which("npm"):
        told = subprocess.run([npm, "root", "--global"], capture_output=True, text=True, check=False, timeout=30)
        folders.append(Path(told.stdout.strip() or "/nowhere"))
    return next((folder / _BUNDLE for folder in folders if (folder / _BUNDLE).is_file()), None)


PLAYER = _found()
