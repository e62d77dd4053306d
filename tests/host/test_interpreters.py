"""Interpreters of this machine and of folders of real files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from installer.host.interpreters import Interpreter, examine, find_pythons
from installer.host.probe_cache import ProbeCache

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
BASE = os.path.realpath(sys._base_executable)  # type: ignore[attr-defined]


def _script(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)
    return path


def _found(tmp_path: Path, *folders: Path, **environment: str) -> list[Interpreter]:
    path = ":".join(map(str, folders))
    return find_pythons(environment={"PATH": path, "HOME": str(tmp_path / "home"), **environment})


def _prefix(folder: Path, full: str) -> Path:
    """An installation as far as its files tell: a program that is none, headers and a library."""
    minor = full.rpartition(".")[0]
    program = folder / "bin" / f"python{minor}"
    program.parent.mkdir(parents=True)
    shutil.copy("/bin/true", program)
    (folder / f"lib/python{minor}/venv").mkdir(parents=True)
    (folder / f"lib/python{minor}/venv/__init__.py").touch()
    (folder / f"include/python{minor}").mkdir(parents=True)
    (folder / f"include/python{minor}/patchlevel.h").write_text(f'/* */\n#define PY_VERSION      \t"{full}"\n')
    return program


def test_every_interpreter_of_this_machine_really_runs() -> None:
    found = find_pythons()

    assert found
    assert BASE in [python.path for python in found]
    for python in found:
        said = subprocess.run(
            [python.path, "-I", "-c", "import sys; print(sys.version)"], check=False, capture_output=True, text=True
        )
        assert said.stdout.startswith(python.full)
        assert re.fullmatch(r"3\.\d+", python.version)


def test_each_is_listed_once() -> None:
    paths = [python.path for python in find_pythons()]

    assert len(set(paths)) == len(paths)


@pytest.mark.parametrize("symlinks", [True, False])
def test_a_virtual_environment_is_followed_to_its_base(tmp_path: Path, symlinks: bool) -> None:
    venv.create(tmp_path / "env", symlinks=symlinks, with_pip=False)

    found = _found(tmp_path, tmp_path / "env/bin")

    assert found[0].path == BASE
    assert found[0].version == HERE
    assert not any(python.path.startswith(str(tmp_path)) for python in found)


def test_an_environment_made_from_an_environment_is_followed_to_the_end(tmp_path: Path) -> None:
    venv.create(tmp_path / "one", symlinks=False, with_pip=False)
    venv.create(tmp_path / "two", symlinks=False, with_pip=False)
    configuration = tmp_path / "two/pyvenv.cfg"
    configuration.write_text(re.sub(r"home = .*", f"home = {tmp_path / 'one/bin'}", configuration.read_text()))

    assert _found(tmp_path, tmp_path / "two/bin")[0].path == BASE


def test_a_wrapper_script_is_followed(tmp_path: Path) -> None:
    _script(tmp_path / "bin/python3", f'exec {sys.executable} "$@"')

    assert _found(tmp_path, tmp_path / "bin")[0].path == BASE


def test_shims_and_broken_interpreters_are_left_out(tmp_path: Path) -> None:
    _script(tmp_path / "shims/python3.12", 'exec "/root/.pyenv/libexec/pyenv" exec "$program" "$@"')
    _script(tmp_path / "broken/python3.13", "echo 'error while loading shared libraries' >&2", "exit 127")
    _script(tmp_path / "liar/python3.13", "echo 3.13.0 /bin/true")

    found = _found(tmp_path, tmp_path / "shims", tmp_path / "broken", tmp_path / "liar")

    assert not any(str(tmp_path) in python.path for python in found)


def test_files_tell_the_version_without_a_run(tmp_path: Path) -> None:
    program = _prefix(tmp_path / "opt", "3.12.7")

    assert examine(program, ProbeCache()) == Interpreter("3.12", "3.12.7", str(program), headers=False)


def test_without_a_standard_library_it_is_no_interpreter(tmp_path: Path) -> None:
    program = _prefix(tmp_path / "opt", "3.12.7")
    shutil.rmtree(tmp_path / "opt/lib")

    assert examine(program, ProbeCache()) is None


def test_old_and_special_builds_are_left_out(tmp_path: Path) -> None:
    for full, name in (("3.8.18", ""), ("3.13.1", "python3.13t")):
        program = _prefix(tmp_path / full, full)
        if name:
            program.rename(program.with_name(name))
            program.symlink_to(program.with_name(name))

    found = _found(tmp_path, tmp_path / "3.8.18/bin", tmp_path / "3.13.1/bin")

    assert not any(str(tmp_path) in python.path for python in found)


def test_where_they_lie_is_known(tmp_path: Path) -> None:
    home = tmp_path / "home"
    wanted = [
        _prefix(home / ".pyenv/versions/3.13.2", "3.13.2"),
        _prefix(home / ".pyenv/versions/3.9.1", "3.9.1"),
        _prefix(home / ".local/share/uv/python/cpython-3.12.9-linux-x86_64-gnu", "3.12.9"),
        _prefix(home / "miniforge3/envs/one", "3.10.4"),
    ]

    found = [python.path for python in _found(tmp_path)]

    places = [found.index(str(program)) for program in wanted]
    assert places == sorted(places)


def test_what_pyenv_would_choose_comes_first(tmp_path: Path) -> None:
    root = tmp_path / "home/.pyenv"
    chosen = _prefix(root / "versions/3.10.2", "3.10.2")
    _prefix(root / "versions/3.12.1", "3.12.1")
    _script(root / "shims/python3", "exec pyenv exec python3")
    (root / "version").write_text("3.10.2\n")

    assert _found(tmp_path, root / "shims")[0].path == str(chosen)
    assert _found(tmp_path, root / "shims", PYENV_VERSION="3.12.1")[0].version == "3.12"


def test_a_run_is_remembered(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    program = _script(tmp_path / "bin/python3", f"echo x >> {asked}", f'exec {sys.executable} "$@"')
    memory = ProbeCache()

    first, second = examine(program, memory), examine(program, memory)

    assert first == second
    assert first is not None
    assert asked.read_text() == "x\n"
