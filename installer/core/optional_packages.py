"""Packages that this program uses if they are there: the command that installs one next to it. Installs nothing."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec


def install_command(package: str) -> str:
    """For the very environment that this program runs in; those that uv makes have no pip of their own."""
    python = shlex.quote(sys.executable)
    return f"{python} -m pip install {package}" if find_spec("pip") else f"uv pip install --python {python} {package}"
