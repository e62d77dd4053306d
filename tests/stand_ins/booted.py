"""A machine that systemd boots: this one's own files, copied on write, in namespaces of their own, with a few units.

Nothing of it is seen outside but the folder that is handed in. Pulling the plug ends every process there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.stand_ins.patience import PATIENCE_S

INIT = Path("/lib/systemd/systemd")
_TARGETS = ("multi-user", "network-online", "basic", "sysinit", "shutdown")
_BOOT = r"""
set -e
mount --make-rprivate /
mount -t tmpfs none "$BOX"
mkdir "$BOX/upper" "$BOX/work" "$BOX/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$BOX/upper,workdir=$BOX/work" "$BOX/root"
cd "$BOX/root"
for own in run tmp etc/systemd/system; do mount -t tmpfs none "$own"; done
mount --rbind /dev dev
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs none sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none sys/fs/cgroup
for kept in "$KEPT" "$TOOL"; do mkdir -p ".$kept"; mount --bind "$kept" ".$kept"; done
mount --bind "$KEPT/units" etc/systemd/system
mkdir "$BOX/root/mnt/old"
pivot_root . mnt/old
umount -l /mnt/old
exec env -i container=other PATH="$PATH" SYSTEMD_UNIT_PATH=/etc/systemd/system "$INIT" --system --log-target=null
"""
_PROBE = r"""
set -e
mount --make-rprivate /
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
mount -t cgroup2 none /mnt/work
"""


class Booted:
    """One boot after the other of a machine whose `kept` folder is its disk."""

    def __init__(self, kept: Path, tool: Path) -> None:
        self._kept, self._tool = kept, tool
        self._units = kept / "units"
        self._units.mkdir()
        for name in _TARGETS:
            text = "[Unit]\nDescription=A target\nDefaultDependencies=no\nAllowIsolate=yes\n"
            (self._units / f"{name}.target").write_text(text, encoding="utf-8")
        (self._units / "default.target").symlink_to("multi-user.target")
        self._process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def up(self) -> Iterator[None]:
        """Powered on; at the end the plug is pulled."""
        box = self._kept / "box"
        box.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--cgroup", "--net",
             "bash", "-c", _BOOT],
            env={**os.environ, "BOX": str(box), "KEPT": str(self._kept), "TOOL": str(self._tool), "INIT": str(INIT)},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            self._until_booted()
            yield
        finally:
            with suppress(ProcessLookupError):
                os.kill(self._init(), 9)
            self._process.kill()
            self._process.wait()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of a person on that machine."""
        inside = ("nsenter", "-t", str(self._init()), "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--net")
        command = [*inside, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    def _until_booted(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise OSError("the machine did not boot")
            with suppress(OSError):
                if self.run("systemctl", "is-active", "multi-user.target").stdout.strip() == "active":
                    return
            time.sleep(0.1)
        raise TimeoutError("the machine did not boot in a minute")

    def _init(self) -> int:
        assert self._process is not None
        return first_child(self._process.pid)


def first_child(pid: int) -> int:
    """The first process of what `unshare --fork` with this number made."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    if not children:
        raise ProcessLookupError(f"{pid} has no child")
    return int(children[0])


def possible() -> bool:
    """Whether this machine can boot one: root, systemd, and namespaces with an overlay."""
    if os.geteuid() != 0 or not INIT.exists() or not shutil.which("systemctl"):
        return False
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "--net", "bash", "-c", _PROBE],
        capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0
