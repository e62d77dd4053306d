"""Where this machine's deployment lives. Creates nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from installer.core.errors import UsageError
from installer.core.runs.home import Home

WORKSPACE = Path("/workspace")
"""Rented pods keep this folder when a container is restarted."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""Of a further server."""


def locate(
    given: str | None = None, environment: Mapping[str, str] = os.environ, workspace: Path = WORKSPACE, server: str = ""
) -> Home:
    """`given` (--home), else $DEPLOY_TUI_HOME, else the pod's volume, else the XDG state folder.

    Raises `UsageError` if the place is a file or could never be written.
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
    if server and not is_name(server):
        from installer.core.files.problems import quote

        raise UsageError(
            f"{quote(server)} cannot be the name of a server.", "It is used as a folder name.",
            "Use up to 40 lowercase letters, digits and dashes, such as --server chat.",
        )  # fmt: skip
    return Home(root, server)


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def servers(home: Home) -> list[Home]:
    """The same home once for each of its servers: the first, and the further ones in the order of their names."""
    folder = home.servers
    names = [entry.name for entry in folder.iterdir() if is_name(entry.name)] if folder.is_dir() else []
    return [home.named(name) for name in ("", *sorted(names))]


def _refuse_unusable(root: Path) -> None:
    if not str(root).isprintable():
        raise UsageError(
            f"{root} cannot be a home.".encode("utf-8", "backslashreplace").decode(),
            "Its path contains bytes or characters that package installers do not support.",
            "Name a folder with --home or $DEPLOY_TUI_HOME whose path is plain text in UTF-8.",
        )
    existing = next(folder for folder in (root, *root.parents) if os.path.lexists(folder))
    if not existing.is_dir():
        why = f"{existing} is a link that leads to no folder." if existing.is_symlink() else f"{existing} is a file."
        raise UsageError(f"{root} cannot be a home.", why, "Name a folder with --home or $DEPLOY_TUI_HOME.")
    if not os.access(existing, os.W_OK):
        from installer.disk.volume_errors import problem

        raise UsageError(
            f"{root} cannot be a home.",
            problem(existing) or f"{existing} cannot be written by this user.",
            "Name a folder of your own with --home or $DEPLOY_TUI_HOME.",
        )
