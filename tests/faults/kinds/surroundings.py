"""Odd places to be called from: paths, folders, variables, limits, descriptors."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random

from installer.core.runs.home import Home
from tests.faults.testbed import Ground


def try_one(ground: Ground, dice: Random) -> str:
    name = dice.choice(sorted(_WAYS))
    _WAYS[name](ground)
    return name


def _elsewhere(ground: Ground, name: bytes) -> None:
    before, home = ground.home.root, Path(os.fsdecode(os.fsencode(ground.root) + b"/" + name))
    home.parent.mkdir(parents=True, exist_ok=True)
    _move(ground, home)
    if ground.ask(ground.deploying()).code == 2:  # refused in a sentence
        _move(ground, before)


def _move(ground: Ground, home: Path) -> None:
    if ground.home.root.exists():
        shutil.move(ground.home.root, home)
    ground.theirs = {home / path.relative_to(ground.home.root): kept for path, kept in ground.theirs.items()}
    ground.home = Home(home)


def _long(ground: Ground) -> None:
    room = 200 - len(os.fsencode(ground.root))
    _elsewhere(ground, (b"d" * 60 + b"/") * (room // 61) + b"h" * max(1, room % 61))


def _foreign_modules(ground: Ground) -> None:
    folder = ground.root / "modules"
    folder.mkdir()
    for name in ("yaml", "httpx", "psutil", "packaging", "pexpect", "uv", "stages", "ctypes"):
        (folder / f"{name}.py").write_text(f"raise SystemExit('the wrong {name}')\n")
    ground.ask(ground.deploying(), environment={"PYTHONPATH": str(folder)}, folder=folder)


def _deaf_to_children(ground: Ground) -> None:
    ground.ask(["env", "--ignore-signal=CHLD", *ground.deploying()])


def _nowhere(ground: Ground) -> None:
    folder = ground.root / "deleted"
    folder.mkdir()
    script = 'cd "$0" && rmdir "$0" && exec "$@"'
    ground.ask(["sh", "-c", script, str(folder), *ground.deploying()])


def _full_output(ground: Ground) -> None:
    for words in (ground.command("status"), ground.deploying("--json"), ground.command("status", "--json")):
        ground.ask(["sh", "-c", '"$@" > /dev/full', "sh", *words])


def _no_descriptors(ground: Ground) -> None:
    ground.ask(["sh", "-c", 'exec "$@" <&- >&-', "sh", *ground.deploying()])


def _bare(ground: Ground) -> None:
    keep = ("PIP_CONFIG_FILE", "PIP_INDEX_URL", "FAULT")
    ground.ask(["env", "-i", *(f"{name}={ground.environment[name]}" for name in keep), *ground.deploying()])


def _few_files(ground: Ground) -> None:
    ground.ask(["sh", "-c", 'ulimit -n 24; exec "$@"', "sh", *ground.deploying()])


_WAYS = {
    "a home whose name is no UTF-8": lambda ground: _elsewhere(ground, b"h\xff\xfe\x80"),
    "a home with blanks, quotes and line ends": lambda ground: _elsewhere(ground, b"a 'b' \"c\" $d\n;e"),
    "a home path of 200 characters": _long,
    "other modules on PYTHONPATH": _foreign_modules,
    "SIGCHLD ignored": _deaf_to_children,
    "the current folder deleted": _nowhere,
    "an output that is full": _full_output,
    "standard input and output closed": _no_descriptors,
    "hardly any variables": _bare,
    "24 files may be open": _few_files,
    "an ASCII locale": lambda ground: ground.ask(["env", "LC_ALL=C", "PYTHONUTF8=0", *ground.deploying()]),
    "a strict umask": lambda ground: ground.ask(["sh", "-c", 'umask 0777; exec "$@"', "sh", *ground.deploying()]),
}
