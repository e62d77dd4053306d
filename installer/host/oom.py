"""How often the kernel ended a process for want of memory, to tell that from other sudden deaths.

Used by the supervisor, so it must import nothing heavy.
"""

from __future__ import annotations

from pathlib import Path

from installer.core.text.numbers import is_whole


def kills() -> dict[str, int]:
    """The kernel's own counters, by where they count: "in this container" or "on this machine"."""
    found: dict[str, int] = {}
    for path in (*_cgroup_files(), Path("/proc/vmstat")):
        place = "on this machine" if path.name == "vmstat" else "in this container"
        if (count := _counter(path)) is not None:
            found.setdefault(place, count)
    return found


def hint(before: dict[str, int], after: dict[str, int]) -> str:
    """A sentence where memory ran out in between, else nothing."""
    for place, count in after.items():
        if count > before.get(place, count):
            return f"Memory ran out: during that time the kernel killed a process {place}."
    return ""


def _cgroup_files() -> list[Path]:
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    # Where a container sees only its own group, that is at the top, whatever the path says.
    files = [Path("/sys/fs/cgroup/memory.events"), Path("/sys/fs/cgroup/memory/memory.oom_control")]
    for line in lines:
        _, kinds, path = (*line.split(":", 2), "", "")[:3]
        if kinds == "":
            files.append(Path(f"/sys/fs/cgroup{path}") / "memory.events")
        elif "memory" in kinds.split(","):
            files.append(Path(f"/sys/fs/cgroup/memory{path}") / "memory.oom_control")
    return files[::-1]


def _counter(path: Path) -> int | None:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(" ")
        if name == "oom_kill" and is_whole(value.strip()):
            return int(value)
    return None
