"""What the control groups (both versions) leave us of processors and memory: a pod's limit counts, not its host's.

Reads only; where nothing is limited, or nothing can be read, the answer is `None`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from installer.core.text.numbers import is_whole
from installer.host import mounts, text_files


@dataclass(frozen=True, slots=True)
class Group:
    """A folder of one control group."""

    version: int
    folder: Path

    def memory_limit(self) -> int | None:
        """Bytes."""
        return text_files.read_number(self.folder / ("memory.max" if self.version == 2 else "memory.limit_in_bytes"))

    def memory_used(self) -> int | None:
        """Bytes that cannot be given back: without the file cache that the kernel drops first."""
        name = "memory.current" if self.version == 2 else "memory.usage_in_bytes"
        cache = "inactive_file" if self.version == 2 else "total_inactive_file"
        used = text_files.read_number(self.folder / name)
        return None if used is None else max(0, used - self._statistic("memory.stat", cache))

    def cpu_limit(self) -> float | None:
        """Processors, such as 9.6."""
        if self.version == 2:
            words = (text_files.read(self.folder / "cpu.max") or "").split()
            quota, period = (int(word) if is_whole(word) else None for word in (*words, "", "")[:2])
        else:
            quota = text_files.read_number(self.folder / "cpu.cfs_quota_us")
            period = text_files.read_number(self.folder / "cpu.cfs_period_us")
        return quota / period if quota and period and quota > 0 else None

    def cpu_seconds(self) -> float | None:
        """Processor time used so far."""
        if self.version == 2:
            used = self._statistic("cpu.stat", "usage_usec")
            return used / 1e6 if used else None
        nanoseconds = text_files.read_number(self.folder / "cpuacct.usage")
        return None if nanoseconds is None else nanoseconds / 1e9

    def _statistic(self, name: str, key: str) -> int:
        for line in (text_files.read(self.folder / name) or "").splitlines():
            words = line.split()
            if len(words) == 2 and words[0] == key and is_whole(words[1]):
                return int(words[1])
        return 0


@dataclass(frozen=True, slots=True)
class Limits:
    memory_bytes: int | None = None
    cpus: float | None = None
    memory_group: Group | None = None
    """The group whose memory limit is the tightest."""
    cpu_group: Group | None = None


def limits(root: Path = Path("/")) -> Limits:
    """The tightest limits of our groups and of all groups above them."""
    memory = _tightest((group.memory_limit(), group) for group in groups("memory", root))
    cpus = _tightest((group.cpu_limit(), group) for group in groups("cpu", root))
    return Limits(
        memory_bytes=None if memory is None else int(memory[0]),
        cpus=None if cpus is None else cpus[0],
        memory_group=None if memory is None else memory[1],
        cpu_group=None if cpus is None else cpus[1],
    )


def cpu_meter(limits: Limits, root: Path = Path("/")) -> Group | None:
    """The group to read used processor time from; version 1 may count it in a hierarchy of its own."""
    limited = (limits.cpu_group,) if limits.cpu_group else ()
    candidates = (*limited, *groups("cpuacct", root))
    return next((group for group in candidates if group.cpu_seconds() is not None), None)


def groups(controller: str, root: Path = Path("/")) -> Iterator[Group]:
    """Our groups under `controller` and those above them, as far as they can be seen from here."""
    paths = _paths_by_controller(text_files.read(root / "proc/self/cgroup") or "")
    for mount in mounts.read(root):
        if mount.filesystem == "cgroup2":
            version, place = 2, paths.get("", "/")
        elif mount.filesystem == "cgroup" and controller in mount.options:
            version, place = 1, paths.get(controller, "/")
        else:
            continue
        top = root / mount.point.lstrip("/")
        for folder in _upwards(top, _below(mount.root, place)):
            yield Group(version, folder)


def _paths_by_controller(text: str) -> dict[str, str]:
    """Controller to path from /proc/self/cgroup; version 2 has the empty name."""
    found = {}
    for line in text.splitlines():
        parts = line.split(":", 2)
        if len(parts) == 3:
            found.update(dict.fromkeys(parts[1].split(","), parts[2]))
    return found


def _below(mounted: str, place: str) -> str:
    """Our path below the mount; in a container the mount often is our group itself."""
    inside = place == mounted or place.startswith(mounted.rstrip("/") + "/")
    return place[len(mounted.rstrip("/")) :] if inside else "/"


def _upwards(top: Path, below: str) -> Iterator[Path]:
    folder = top / below.strip("/")
    while folder != top:
        if text_files.is_folder(folder):
            yield folder
        folder = folder.parent
    yield top


def _tightest(found: Iterator[tuple[float | int | None, Group]]) -> tuple[float, Group] | None:
    known = [(value, group) for value, group in found if value is not None]
    return min(known, key=lambda pair: pair[0], default=None)
