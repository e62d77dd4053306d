"""A machine with the C library of this one, a shell, tar and little else: no network, no package tools, no Python."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

_PROGRAMS = (
    "cat", "chmod", "cut", "dirname", "env", "grep", "gzip", "id", "ln", "mkdir", "mktemp", "mv", "rm", "sed", "sh",
    "sha256sum", "tar", "uname",
)  # fmt: skip
"""All that there is: of what every Debian has (`Essential: yes`), a part."""
_ENTER = """
set -e
root=$1 bundle=$2 python=$3 programs=$4; shift 4
mount -t tmpfs tmpfs "$root"
for name in usr proc dev tmp root bundle etc opt/python; do mkdir -p "$root/$name"; done
for name in bin sbin lib lib32 lib64; do
    if [ -L "/$name" ]; then ln -s "$(readlink "/$name")" "$root/$name"
    elif [ -d "/$name" ]; then mkdir "$root/$name"; mount --rbind "/$name" "$root/$name"; fi
done
mount --rbind /usr "$root/usr"
for name in bin sbin local lib/python3; do
    [ ! -d "/usr/$name" ] || mount -t tmpfs tmpfs "$root/usr/$name"
done
for name in $programs; do cp -L "$(command -v "$name")" "$root/usr/bin/"; done  # those of this machine, seen from here
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind "$bundle" "$root/bundle"
[ -z "$python" ] || mount --rbind "$python" "$root/opt/python"
exec chroot "$root" /usr/bin/env -i HOME=/root PATH=/opt/python/bin:/usr/bin sh -ec "$1"
"""
_NAMESPACES = ("unshare", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--")
VERSION = "{}.{}".format(*sys.version_info)
_NOT_OF_IT = (
    "__pycache__",
    "site-packages",
    "test",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "turtledemo",
    "EXTERNALLY-MANAGED",
)


def missing() -> str:
    """Why there can be no such machine; empty: there can."""
    if shutil.which("unshare") is None or any(shutil.which(program) is None for program in _PROGRAMS):
        return "unshare, or one of the programs of a bare machine, is not here"
    done = subprocess.run([*_NAMESPACES, "sh", "-c", "mount -t tmpfs tmpfs /mnt"], capture_output=True, check=False)
    return "this machine permits no namespaces with mounts" if done.returncode else ""


def python(place: Path) -> str:
    """A Python of this version that can lie anywhere, without pip, as `place`; why there is none, or nothing."""
    prefix, stdlib = Path(sys.base_prefix), Path(sysconfig.get_path("stdlib"))
    program = place / f"bin/python{VERSION}"
    program.parent.mkdir(parents=True)
    shutil.copy(Path(sys._base_executable).resolve(), program)  # type: ignore[attr-defined]
    program.with_name("python3").symlink_to(program.name)
    shutil.copytree(stdlib, place / f"lib/python{VERSION}", ignore=shutil.ignore_patterns(*_NOT_OF_IT, "config-*"))
    for library in (prefix / "lib").glob("libpython*.so*"):
        shutil.copy(library, place / "lib")
    command = [str(program), "-I", "-c", "import ssl, ctypes, sys; print(sys.prefix)"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.stdout.strip() == str(place) else f"this Python does not run elsewhere: {done.stderr[-200:]}"


def offered(made: Path, folder: Path) -> str:
    """That Python as uv would find it to fetch: the address of a list that names it alone."""
    folder.mkdir()
    with tarfile.open(folder / "python.tar.gz", "w:gz", compresslevel=1) as out:
        out.add(made, "python")
    key = f"cpython-{platform.python_version()}-linux-{platform.machine()}-gnu"
    major, minor, patch = (int(part) for part in platform.python_version_tuple())
    row = {
        "name": "cpython", "arch": {"family": platform.machine(), "variant": None}, "os": "linux", "libc": "gnu",
        "major": major, "minor": minor, "patch": patch, "prerelease": "", "variant": None, "sha256": None,
        "url": (folder / "python.tar.gz").as_uri(), "build": "20261101",
    }  # fmt: skip
    (folder / "list.json").write_text(json.dumps({key: row}))
    return str(folder / "list.json")


def run(root: Path, bundle: Path, script: str, python: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A shell script on it, with the bundle at `/bundle`. All that it writes is gone afterwards."""
    root.mkdir()
    given = (str(root), str(bundle), str(python or ""), " ".join(_PROGRAMS), script)
    command = [*_NAMESPACES, "sh", "-c", _ENTER, "sh", *given]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
