"""The secrets that something of ours may come across here: those of the environment, and the server's own key.

Values only, for anyone who takes them out of what is written; they are never written down themselves.
"""

from __future__ import annotations

import os
from functools import cache

from installer.core.runs.home import Home
from installer.core.secrets import secrets_of
from installer.disk.reading import read_own


def secrets_here(home: Home) -> tuple[str, ...]:
    """Those of now: the key is made when a server first starts. Raises `DamagedError`."""
    key = (read_own(home.server_key) or b"").decode("utf-8", "replace").strip()
    return (*_of_environment(), *([key] if key else []))


@cache
def _of_environment() -> tuple[str, ...]:
    return secrets_of(os.environ)
