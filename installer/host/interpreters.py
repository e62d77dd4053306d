"""The Python interpreters that an environment can be made from.

Most are read off the files next to them; the rest are run once, side by side, and remembered. A shim, a broken
interpreter and a virtual environment's own python are never returned: the last is followed to what it was made from.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from installer.host import text_files
from installer.host.background_call import BackgroundCall
from installer.host.probe_cache import ProbeCache
from installer.host.python_locations import executables
from installer.host.tools import ask

OLDEST = (3, 9)
_PATIENCE_S = 5.0
_PROBE = (
    "import os, sys; v = sys.version_info; "
    "assert sys.implementation.name == 'cpython' and v.releaselevel == 'final' and not getattr(sys, 'abiflags', ''); "
    "print(*v[:3], sep='.', end=' '); "
    "print(os.path.realpath(getattr(sys, '_base_executable', '') or sys.executable))"
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    version: str
    """"major.minor"."""
    full: str
    """"major.minor.patch"."""
    path: str
    """Of the program itself, no link to it."""
    headers: bool = False
    """Whether Python.h is there, which compiling an extension (Triton's launcher) needs."""


def find_pythons(
    remembered: ProbeCache | None = None, environment: Mapping[str, str] = os.environ
) -> list[Interpreter]:
    """Working CPython interpreters from 3.9 on, the one that `python3` means first, each once."""
    remembered = remembered or ProbeCache()
    candidates = _unique(executables(environment))
    asked = [BackgroundCall[Interpreter | None](partial(examine, path, remembered), None) for path in candidates]
    until = time.monotonic() + _PATIENCE_S
    found = [question.answer(until) for question in asked]
    return list({python.path: python for python in found if python is not None}.values())


def examine(program: Path, remembered: ProbeCache) -> Interpreter | None:
    """The interpreter that `program` is or leads to."""
    program = _followed(program)
    return _from_files(program) or _from_a_run(program, remembered)


def _unique(programs: Iterable[Path]) -> Sequence[Path]:
    """Those that are not shims, each once."""
    real = {os.path.realpath(program): None for program in programs if not is_shim(program)}
    return [Path(path) for path in real if not _names_another(Path(path).name)]


def _names_another(name: str) -> bool:
    """Whether the program's own name says that it is too old, not CPython, or a build without the usual ABI."""
    match = re.fullmatch(r"python(\d+)(?:\.(\d+)([a-z]*))?", name)
    if match is None:
        return name.startswith("pypy")
    version = (int(match[1]), int(match[2] or OLDEST[1]))
    return version < OLDEST or bool(match[3])


def is_shim(program: Path) -> bool:
    """Whether it is a script of pyenv or asdf, which only works where that tool's own choice does."""
    head = text_files.read(program, 1024) or ""
    return head.startswith("#!") and ("pyenv" in head or "asdf" in head)


def _followed(program: Path) -> Path:
    """For a copied python of a virtual environment: the one that it was made from."""
    for _ in range(5):
        match = re.search(
            r"^home\s*=\s*(\S.*)$", text_files.read(program.parent.parent / "pyvenv.cfg") or "", re.MULTILINE
        )
        if match is None:
            break
        home = Path(match[1].strip())
        named = (home / name for name in (program.name, "python3", "python"))
        program = Path(os.path.realpath(next((path for path in named if path.exists()), home / "python3")))
    return program


def _from_files(program: Path) -> Interpreter | None:
    """Read off the headers of its own version; `None` if they are not there."""
    match = re.fullmatch(r"python(3\.\d+)", program.name)
    if match is None or not _is_binary(program):
        return None
    prefix, minor = program.parent.parent, match[1]
    header = text_files.read(prefix / "include" / f"python{minor}" / "patchlevel.h") or ""
    version = re.search(r'^#define PY_VERSION\s+"(3\.\d+\.\d+)"', header, re.MULTILINE)
    if version is None or not _has_library(prefix, minor):
        return None
    return _interpreter(version[1], program)


def _from_a_run(program: Path, remembered: ProbeCache) -> Interpreter | None:
    answer = remembered.ask(program, lambda: ask([str(program), "-I", "-S", "-c", _PROBE]))
    full, _, base = (answer or "").strip().partition(" ")
    base_program = _followed(Path(base))
    if not base or not _has_library(base_program.parent.parent, full.rpartition(".")[0]):
        return None
    return _interpreter(full, base_program)


def _interpreter(full: str, program: Path) -> Interpreter | None:
    major, minor = (int(number) for number in full.split(".")[:2])
    if (major, minor) < OLDEST:
        return None
    header = program.parent.parent / "include" / f"python{major}.{minor}" / "Python.h"
    return Interpreter(f"{major}.{minor}", full, str(program), header.is_file())


def _is_binary(program: Path) -> bool:
    try:
        with program.open("rb") as file:
            return file.read(4) == b"\x7fELF" and os.access(program, os.X_OK)
    except OSError:
        return False


def _has_library(prefix: Path, minor: str) -> bool:
    """Whether the standard library is complete enough to make an environment from it."""
    return any((prefix / lib / f"python{minor}" / "venv" / "__init__.py").is_file() for lib in ("lib", "lib64"))
