"""Tools of this machine and of a folder of stand-ins; the programs really run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from installer.host import tools
from installer.host.probe_cache import ProbeCache


def _program(folder: Path, name: str, *lines: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("name", "said", "version"),
    [
        ("git", "git version 2.34.1", "2.34.1"),
        ("curl", "curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.19", "7.88.1"),
        ("gcc", "gcc (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0", "11.4.0"),
        ("cc", "Debian clang version 14.0.6", "14.0.6"),
        ("docker", "Docker version 28.2.2, build e6534b4", "28.2.2"),
        ("lscpu", "lscpu from util-linux 2.38.1", "2.38.1"),
        ("nvcc", "Built on Thu_Mar_28_02:18:24_PDT_2024\nCuda compilation tools, release 12.4, V12.4.131", "12.4"),
    ],
)
def test_the_version_is_found_in_what_a_tool_says(tmp_path: Path, name: str, said: str, version: str) -> None:
    _program(tmp_path, name, f"cat <<'END'\n{said}\nEND")

    assert tools.versions(ProbeCache(), {"PATH": f"{tmp_path}:/bin"})[name] == version


def test_what_is_not_there_or_does_not_run_is_none(tmp_path: Path) -> None:
    _program(tmp_path, "ninja", "echo 'command not found' >&2", "exit 127")

    found = tools.versions(ProbeCache(), {"PATH": str(tmp_path)})

    assert found["ninja"] is None
    assert found["git"] is None


def test_nvcc_is_also_found_beside_its_toolkit(tmp_path: Path) -> None:
    _program(tmp_path / "cuda/bin", "nvcc", "exit 1")
    (tmp_path / "cuda/version.json").write_text('{"cuda": {"name": "CUDA SDK", "version": "12.8.1"}}')

    found = tools.versions(ProbeCache(), {"PATH": "/nowhere", "CUDA_HOME": str(tmp_path / "cuda")})

    assert found["nvcc"] == "12.8"


def test_two_names_of_one_program_are_asked_once(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    real = _program(tmp_path / "bin", "gcc-12", f"echo x >> {asked}", "echo gcc 12.2.0")
    (tmp_path / "bin/gcc").symlink_to(real)
    (tmp_path / "bin/cc").symlink_to(real)

    found = tools.versions(ProbeCache(), {"PATH": str(tmp_path / "bin")})

    assert (found["gcc"], found["cc"]) == ("12.2.0", "12.2.0")
    assert asked.read_text() == "x\n"


def test_a_tool_of_this_machine() -> None:
    version = tools.versions(ProbeCache(), os.environ)["git"]

    assert (version is None) == (shutil.which("git") is None)


def test_a_program_that_does_not_end_is_given_up() -> None:
    assert tools.ask(["sleep", "60"], timeout_s=0.05) is None
    assert tools.ask(["/no/such/program"]) is None
