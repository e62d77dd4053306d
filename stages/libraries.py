"""Who provides a shared library, and what to do where one is missing; from `installer/knowledge/libraries.yaml`.

Pure. Never guesses a package: what no row names is searched by its own name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from installer.knowledge.tables import table

_COMPUTING = re.compile(r"lib(cu(?!rl|ps)|nv|nccl)\w*\.so")
"""Libraries of CUDA: they come as Python packages, in the release that torch was built for."""


def known() -> dict[str, Any]:
    """`packages`: library to Debian package; `driver`: the libraries that only a driver provides."""
    rows: Mapping[str, Any] = table("libraries")
    return {
        "packages": {row["library"]: row["package"] for row in rows["packages"]},
        "driver": [row["library"] for row in rows["driver"]],
    }


def advice(missing: Iterable[str]) -> tuple[str, ...]:
    """What to do about libraries that are missing, a sentence or two for each way to get them."""
    packages, driver = known()["packages"], known()["driver"]
    wanted: dict[str, list[str]] = {}
    for library in dict.fromkeys(missing):
        if library in driver or library.startswith("libnvidia"):
            wanted.setdefault("driver", []).append(library)
        elif library in packages:
            wanted.setdefault("system", []).append(packages[library])
        else:
            wanted.setdefault("cuda" if _COMPUTING.match(library) else "unknown", []).append(library)
    return tuple(_ADVICE[kind].format(" ".join(dict.fromkeys(names))) for kind, names in sorted(wanted.items()))


_ADVICE = {
    "cuda": "Take torch and the packages that need {} from releases for one CUDA, then run deploy-tui --stage 3-7.",
    "driver": "The NVIDIA driver's library is missing: start the container with the GPU, or fix the driver.",
    "system": (
        "Run apt-get install {} as root, then deploy-tui --stage 9; where the recipe names it in "
        "environment.system_packages, stage 2 does this."
    ),
    "unknown": "Install the system package that holds {}, and name it in the recipe's environment.system_packages.",
}
