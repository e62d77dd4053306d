"""The shell script of a bundle that installs this tool there (`install.sh`), filled in. Runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from installer.bundles.manifest import Member, Part

NAME = "install.sh"
_FOLDERS = ("tool", "python")
_TEMPLATE = Path(__file__).with_name(NAME)


def script(members: Sequence[Member], parts: Sequence[Part], python: str) -> str:
    """For a bundle with these members, in these parts (none: in one file); `python` is what its tool is for."""
    ours = [member for member in members if member.path.split("/")[0] in _FOLDERS]
    held = [part.file for part in parts if any(entry.path.split("/")[0] in _FOLDERS for entry in part.entries)]
    filled = {
        "@SUMS@": "\n".join(f"{member.sha256}  {member.path}" for member in ours),
        "@FOLDERS@": " ".join(dict.fromkeys(member.path.split("/")[0] for member in ours)),
        "@PARTS@": " ".join(held),
        "@PYTHON@": python,
    }
    text = _TEMPLATE.read_text(encoding="utf-8")
    for mark, value in filled.items():
        text = text.replace(mark, value)
    return text
