"""Debian's podman in a place of its own, with one image: this machine's Python, and the small server in it."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

SERVER = Path(__file__).with_name("openai_server.py")
IMAGE = "localhost/small-server:1"
_PAUSE = "#!{python}\nimport signal\nsignal.signal(signal.SIGTERM, lambda *_: exit(0))\nsignal.pause()\n"
"""What holds a pod's namespaces: podman builds its own out of a program that Debian ships apart."""
_CONFIG = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
infra_image = "{image}"
infra_command = "/pause"
events_logger = "file"
"""
"""Limits above those of whoever starts it are refused; podman takes the kernel's by itself."""
_LEFT_OUT = ("test", "idlelib", "lib2to3", "ensurepip", "pydoc_data", "__pycache__", "site-packages", "dist-packages")


def missing() -> str:
    """Why no pod can be started here; empty: one can."""
    if shutil.which("podman") is None:
        return "podman is not installed"
    return "" if os.geteuid() == 0 else "podman without root needs ranges of users"


class Podman:
    def __init__(self) -> None:
        self._root = root = Path(tempfile.mkdtemp(prefix="pod-", dir="/tmp"))  # podman takes no long paths
        (root / "containers.conf").write_text(_CONFIG.format(image=IMAGE))

    def run(self, *words: str, data: bytes = b"", check: bool = True) -> subprocess.CompletedProcess[bytes]:
        places = [word for name in ("root", "runroot", "tmpdir") for word in (f"--{name}", str(self._root / name))]
        return subprocess.run(
            ["podman", *places, *words], input=data, capture_output=True, check=check, timeout=100,
            env={**os.environ, "CONTAINERS_CONF": str(self._root / "containers.conf")},
        )  # fmt: skip

    def build(self) -> None:
        files = self._root / "image"
        _rootfs(files)
        packed = subprocess.run(["tar", "-C", str(files), "-c", "."], capture_output=True, check=True).stdout
        path = "ENV PATH=/usr/bin:/bin"
        self.run("import", "--change", 'ENTRYPOINT ["/pause"]', "--change", path, "-", IMAGE, data=packed)

    def secret(self, name: str, **values: str) -> None:
        """As podman 4.3 reads secrets in pods: JSON, each value in base 64."""
        coded = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        self.run("secret", "create", name, "-", data=json.dumps(coded).encode())

    def address(self) -> str:
        """Of the one pod: that of the container which holds its network."""
        said = self.run("ps", "--format", "{{.Names}}").stdout.decode().split()
        (infra,) = [name for name in said if name.endswith("-infra")]
        (inspected,) = json.loads(self.run("inspect", infra).stdout)
        return str(next(iter(inspected["NetworkSettings"]["Networks"].values()))["IPAddress"])

    def end(self) -> None:
        self.run("pod", "rm", "--all", "--force", "--time", "0", check=False)
        self.run("volume", "rm", "--all", "--force", check=False)
        subprocess.run(["umount", "-l", str(self._root / "root/overlay")], capture_output=True, check=False)
        shutil.rmtree(self._root, ignore_errors=True)


def _rootfs(folder: Path) -> None:
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    library = Path(sysconfig.get_path("stdlib"))
    programs = [python, *(library / "lib-dynload").glob("*.so")]
    for file in {*_libraries(programs), python}:
        _put(file, folder)
    shutil.copytree(library, folder / str(library).lstrip("/"), ignore=shutil.ignore_patterns(*_LEFT_OUT, "config-*"))
    (folder / "usr/bin").mkdir(parents=True, exist_ok=True)
    if not (link := folder / "usr/bin/python3").exists():
        link.symlink_to(python)
    module = folder / str(library).lstrip("/") / "vllm/entrypoints/openai/api_server.py"
    module.parent.mkdir(parents=True)
    shutil.copy(SERVER, module)
    for name in ("tmp", "etc", "proc", "dev", "sys", "run", "models"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "pause").write_text(_PAUSE.format(python=python))
    (folder / "pause").chmod(0o755)


def _libraries(programs: list[Path]) -> set[Path]:
    said = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False).stdout
    return {Path(word) for word in re.findall(r"(/[^\s:()]+)", said) if Path(word).is_file()} - set(programs[1:])


def _put(file: Path, folder: Path) -> None:
    target = folder / str(file).lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(file, target)
