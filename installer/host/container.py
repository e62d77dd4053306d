"""Whether we run in a container, and what its image says about itself. Hints only; nothing here is a measurement.

What hints at which runtime are the rows of containers.yaml next to this module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from installer.core.files import foreign_json
from installer.core.machine.facts import Container
from installer.host import text_files

_ROWS = Path(__file__).with_name("containers.yaml")


def container(environment: Mapping[str, str], root: Path = Path("/")) -> Container | None:
    """`None` if nothing hints at a container."""
    found = next((runtime for row in _hints() if (runtime := _hinted(row, environment, root))), None)
    if found is None:
        return None
    return Container(runtime=found, image=None, cuda=image_cuda(environment, root))


@cache
def _hints() -> Sequence[Mapping[str, str]]:
    text = _ROWS.read_text(encoding="utf-8")
    rows: Sequence[Mapping[str, str]] = foreign_json.loads(text[text.index("{") :])["hints"]
    return rows


def _hinted(row: Mapping[str, str], environment: Mapping[str, str], root: Path) -> str | None:
    """The runtime that a row names, or that its file or variable names; `None` if this hint is not there."""
    if "variable" in row:
        found = environment.get(row["variable"], "")
    elif "words" in row:
        found = row["words"] if row["words"] in (text_files.read(root / row["file"]) or "") else ""
    elif "runtime" in row:
        found = row["file"] if text_files.exists(root / row["file"]) else ""
    else:
        found = (text_files.read(root / row["file"], 64) or "").strip()
    return row.get("runtime", found) if found else None


def image_cuda(environment: Mapping[str, str], root: Path = Path("/")) -> str | None:
    """The CUDA version ("12.4") that the image claims to carry."""
    version = environment.get("CUDA_VERSION") or toolkit_version(root / "usr/local/cuda") or ""
    match = re.match(r"\d+\.\d+", version)
    return match[0] if match else None


def toolkit_version(toolkit: Path) -> str | None:
    """The version ("12.4") that an unpacked CUDA toolkit says it has."""
    version = re.search(
        r'"cuda"\s*:\s*\{[^}]*"version"\s*:\s*"(\d+\.\d+)', text_files.read(toolkit / "version.json") or ""
    )
    if version:
        return version[1]
    defined = re.search(r"^#define CUDA_VERSION (\d+)", text_files.read(toolkit / "include/cuda.h") or "", re.MULTILINE)
    return f"{int(defined[1]) // 1000}.{int(defined[1]) % 1000 // 10}" if defined else None
