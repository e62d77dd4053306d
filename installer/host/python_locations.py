"""Where Python interpreters are on a machine: PATH, pyenv, uv, conda, the system. Names only, none is opened here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from installer.core.text.numbers import is_whole

_NAMES = ("python3", "python", *(f"python3.{minor}" for minor in range(30, 8, -1)))


def executables(environment: Mapping[str, str]) -> Iterator[Path]:
    """Everything that could be an interpreter, the ones that a shell would find first at the front."""
    for folder in folders(environment):
        for name in _NAMES:
            program = folder / name
            if os.access(program, os.X_OK) and not program.is_dir():
                yield program


def folders(environment: Mapping[str, str]) -> Iterator[Path]:
    """Folders of programs, in the order in which they count."""
    pyenv = Path(environment.get("PYENV_ROOT") or _home(environment) / ".pyenv")
    for part in environment.get("PATH", "").split(":"):
        if part.startswith("/"):
            yield Path(part)
        if Path(part) == pyenv / "shims":
            # What its shim for python3 would run, without running it.
            yield from (pyenv / "versions" / name / "bin" for name in _pyenv_choice(pyenv, environment))
    yield from (Path("/usr/local/bin"), Path("/usr/bin"))
    yield from _newest_first(pyenv / "versions", "*/bin")
    yield from _newest_first(_uv(environment), "cpython-*/bin")
    for root in _conda(environment):
        yield root / "bin"
        yield from _newest_first(root / "envs", "*/bin")
    # Whatever else there is: the one that this tool was made from does run.
    yield Path(sys.base_prefix) / "bin"


def _pyenv_choice(pyenv: Path, environment: Mapping[str, str]) -> list[str]:
    chosen = environment.get("PYENV_VERSION", "").replace(":", " ")
    if not chosen:
        try:
            chosen = (pyenv / "version").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
    return chosen.split()


def _uv(environment: Mapping[str, str]) -> Path:
    if named := environment.get("UV_PYTHON_INSTALL_DIR"):
        return Path(named)
    return Path(environment.get("XDG_DATA_HOME") or _home(environment) / ".local/share") / "uv/python"


def _conda(environment: Mapping[str, str]) -> Iterator[Path]:
    if named := environment.get("CONDA_PREFIX"):
        yield Path(named)
    if program := environment.get("CONDA_EXE"):
        yield Path(program).parent.parent
    for name in ("miniforge3", "mambaforge", "miniconda3", "anaconda3"):
        yield _home(environment) / name
        yield Path("/opt") / name
    yield Path("/opt/conda")


def _newest_first(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(folder.glob(pattern), key=_numbers, reverse=True)
    except OSError:
        return []


def _numbers(path: Path) -> tuple[tuple[int, ...], str]:
    """3.12 is newer than 3.9."""
    words = path.parent.name.removeprefix("cpython-").split("-")[0].split(".")
    return tuple(int(word) for word in words if is_whole(word)), path.parent.name


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or "/root")
