"""A bundle as the files that a host gets. Knows nothing of what is in them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of it, as it is here."""

    file: Path
    bytes: int
    sha256: str

    @property
    def name(self) -> str:
        return self.file.name


@dataclass(frozen=True, slots=True)
class BundleFiles:
    id: str
    """What it is called in a home, once it was unpacked there."""
    pieces: tuple[Piece, ...]
    """The list of all others last."""
    unpacked: int
    """Bytes that it comes to there."""
    tool: tuple[Piece, ...] = ()
    """What the tool is installed from, the script first; empty: the bundle contains none."""
    tool_mark: str = ""
    """What the script leaves where it has installed this tool."""
    on_a_volume: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    """Held while it is put on a volume, so that the next host finds it there."""
