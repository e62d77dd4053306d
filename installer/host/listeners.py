"""TCP ports that someone listens on, from the kernel's own tables. Opens no socket."""

from __future__ import annotations

from pathlib import Path

from installer.host import text_files

_LISTEN = "0A"


def ports(root: Path = Path("/")) -> tuple[int, ...] | None:
    """Lowest first; `None` if the kernel's tables cannot be read."""
    tables = [text_files.read(root / "proc/net" / name, 16 << 20) for name in ("tcp", "tcp6")]
    if all(table is None for table in tables):
        return None
    return tuple(sorted(set().union(*(listening(table or "") for table in tables))))


def listening(text: str) -> set[int]:
    """The local ports in state LISTEN of a /proc/net/tcp or tcp6 table (proc_pid_net(5))."""
    found = set()
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 3 and fields[3] == _LISTEN:
            found.add(int(fields[1].rpartition(":")[2], 16))
    return found
