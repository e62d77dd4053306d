"""Runs the command that removes what a server started outside of its own processes, such as its container.

Used by the supervisor, so it must import nothing heavy. It never raises: what it cannot remove is said in the log.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

_PATIENCE_S = 60.0


def clean_up(spec: Mapping[str, Any] | None) -> None:
    """Run the launch's `cleanup`; a second time does no harm."""
    command = [str(word) for word in (spec or {}).get("cleanup") or ()]
    if not command:
        return
    import subprocess

    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{command[0]}: {error}", file=sys.stderr, flush=True)  # noqa: T201
