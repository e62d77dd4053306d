"""The shell script of a bundle that installs this tool there (`install.sh`), filled in. Runs nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from installer.bundles.manifest import Member, Part

NAME = "install.sh"
_FOLDERS = ("tool", "python")
_TEMPLATE = Path(__file__).with_name(NAME)


def script(members: Sequence[Member], parts: Sequence[Part], python: str) -> str:
    """For a bundle with these members, in these parts (none: in one file); `python` is what its tool is for."""
    ours = [member for member in members if member.path.split("/")[0] in _FOLDERS]
    filled = {
        "@SUMS@": _sums(members),
        "@FOLDERS@": " ".join(dict.fromkeys(member.path.split("/")[0] for member in ours)),
        "@PARTS@": " ".join(part.file for part in holding(parts)),
        "@PYTHON@": python,
    }
    text = _TEMPLATE.read_text(encoding="utf-8")
    for mark, value in filled.items():
        text = text.replace(mark, value)
    return text


def holding(parts: Sequence[Part]) -> list[Part]:
    """Those that contain some of the tool or of its Python."""
    return [part for part in parts if any(entry.path.split("/")[0] in _FOLDERS for entry in part.entries)]


def mark(members: Sequence[Member]) -> str:
    """What the script writes where it has installed this very tool."""
    return hashlib.sha256(f"{_sums(members)}\n".encode()).hexdigest()[:16]


def _sums(members: Sequence[Member]) -> str:
    return "\n".join(f"{one.sha256}  {one.path}" for one in members if one.path.split("/")[0] in _FOLDERS)
