"""Where this machine's deployment lives. Creates nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from installer.core.errors import UsageError
from installer.core.runs.home import Home
from installer.disk.volume import ailment

WORKSPACE = Path("/workspace")
"""Rented pods keep this folder when a container is restarted."""


def locate(given: str | None = None, environment: Mapping[str, str] = os.environ, workspace: Path = WORKSPACE) -> Home:
    """`given` (--home), else $DEPLOY_TUI_HOME, else the pod's volume, else the XDG state folder.

    Raises `UsageError` where the place is a file or could never be written.
    """
    named = given or environment.get("DEPLOY_TUI_HOME")
    if named:
        root = Path(named).expanduser().absolute()
    elif workspace.is_dir() and os.access(workspace, os.W_OK):
        root = workspace / "deploy-tui"
    else:
        state = environment.get("XDG_STATE_HOME") or str(Path.home() / ".local/state")
        root = Path(state) / "deploy-tui"
    _refuse_unusable(root)
    return Home(root)


def _refuse_unusable(root: Path) -> None:
    if not str(root).isprintable():
        raise UsageError(
            f"{root} cannot be a home.".encode("utf-8", "backslashreplace").decode(),
            "Its path holds bytes or characters that programs which install packages do not take.",
            "Name a folder with --home or $DEPLOY_TUI_HOME whose path is plain text in UTF-8.",
        )
    existing = next(folder for folder in (root, *root.parents) if folder.exists())
    if not existing.is_dir():
        raise UsageError(
            f"{root} cannot be a home.", f"{existing} is a file.", "Name a folder with --home or $DEPLOY_TUI_HOME."
        )
    if not os.access(existing, os.W_OK):
        raise UsageError(
            f"{root} cannot be a home.",
            ailment(existing) or f"{existing} cannot be written by this user.",
            "Name a folder of your own with --home or $DEPLOY_TUI_HOME.",
        )
