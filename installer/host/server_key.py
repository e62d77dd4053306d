"""The key of a home's server: made, kept in a file that only we can read, and read again for requests to the server.

Never prints it, and never puts it into an argument. Used by the supervisor, so it must import nothing heavy.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import DeployError
from installer.disk import reading
from installer.disk.writing import write_atomically

_BYTES = 24
_FIT = re.compile(r"[A-Za-z0-9][!-~]{7,511}")
"""What is allowed in a header, is read by no parser as a flag, and is worth being called a key."""


def make(file: Path) -> str:
    """A new key, in the place of the one before."""
    key = f"sk-{os.urandom(_BYTES).hex()}"
    _keep(file, key)
    return key


def read(file: Path) -> str | None:
    """The key of a file; `None` if there is none. Raises `DamagedError`."""
    content = reading.read_own(file)
    if content is None:
        return None
    key = content.decode("utf-8", "replace").strip()
    if not _FIT.fullmatch(key):
        raise reading.damaged(file, "its content is not a key")
    return key


def own(file: Path) -> str:
    """The key of a file, made where there is none yet."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return read(file) or make(file)


def ready(spec: LaunchSpec, environment: Mapping[str, str]) -> None:
    """Before a start: the files that `spec` names contain its key. Raises `DeployError`."""
    if not spec.key_file:
        return
    file, name = Path(spec.key_file), spec.key.removeprefix("env:")
    key = _given(name, environment) if name != spec.key else read(file) or make(file)
    if name != spec.key:
        _keep(file, key)
    if spec.key_config:
        write_atomically(Path(spec.key_config), f"api-key: {json.dumps(key)}\n", mode=0o600)


def header(file: str) -> dict[str, str]:
    """What a request to the server says; nothing if it has no key."""
    key = read(Path(file)) if file else None
    return {"Authorization": f"Bearer {key}"} if key else {}


def _given(name: str, environment: Mapping[str, str]) -> str:
    key = environment.get(name, "").strip()
    if not _FIT.fullmatch(key):
        why = "It needs 8 to 512 letters, digits and signs, without a space." if key else "It is not set."
        raise DeployError(f"The variable {name} contains no valid key for the server.", why, f"Set it: export {name}=…")
    return key


def _keep(file: Path, key: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, f"{key}\n", mode=0o600)
