"""The compiler that keeps its objects, as engines run it: in environments of their own, with a compiler of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stages import toolkit
from stages.scripts import kept_nvcc

COMPILER = """#!/bin/sh
# Writes what it compiled into the object, the list of what it read as make reads it, and each run to runs.txt.
[ "$1" = --version ] && { echo "nvcc ${RELEASE:-13.0}"; exit; }
here=${0%/*}
echo "$*" >> "$here/../../runs.txt"
while [ $# -gt 0 ]; do
  case "$1" in -c) source=$2;; -o) object=$2;; -MF) listing=$2;; -shared) exit 0;; esac
  shift
done
{ echo "object of"; cat "$source" "$here/../include/a header.h"; } > "$object"
printf '%s: %s \\\\\\n  %s/../include/a\\\\ header.h\\n' "$object" "$source" "$here" > "$listing"
[ -z "$FAIL" ] || { echo "error: no such type" >&2; exit 2; }
"""


class Environment:
    """A toolkit made by the stage's own function, and the folder of what is compiled for it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.compiled = root.with_name(f"compiled-{root.name}")
        nvcc = root / "cuda" / "bin" / "nvcc"
        for folder in (nvcc.parent, root / "cuda" / "include", root / "bin", self.build):
            folder.mkdir(parents=True)
        (root / "bin" / "python").symlink_to(sys.executable)
        nvcc.write_text(COMPILER)
        nvcc.chmod(0o755)
        toolkit._keep_objects(nvcc)
        self.header("one")
        (self.build / "kernel.cu").write_text("kernel")

    @property
    def build(self) -> Path:
        """As tvm-ffi names it, by a hash that the environment's path is part of."""
        return self.compiled / "tvm-ffi" / f"kernel_{self.root.name}"

    def header(self, text: str) -> None:
        (self.root / "cuda" / "include" / "a header.h").write_text(text)

    def run(self, *more: str, out: str = "kernel.o", **variables: str) -> subprocess.CompletedProcess[str]:
        command = ["cuda/bin/nvcc", f"-I{self.root}/include", "-MD", "-MF", f"{out}.d", *more, "-c", "kernel.cu"]
        return self._do([str(self.root / command[0]), *command[1:], "-o", out], variables)

    def link(self) -> subprocess.CompletedProcess[str]:
        return self._do([str(self.root / "cuda/bin/nvcc"), "-shared", "kernel.o", "-o", "kernel.so"], {})

    def _do(self, command: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        known = {"PATH": os.environ["PATH"], kept_nvcc.VARIABLE: str(self.compiled / "nvcc"), **variables}
        return subprocess.run(command, cwd=self.build, env=known, capture_output=True, text=True, check=False)

    @property
    def runs(self) -> int:
        kept = self.root / "runs.txt"
        return len(kept.read_text().splitlines()) if kept.exists() else 0


@pytest.fixture
def first(tmp_path: Path) -> Environment:
    made = Environment(tmp_path / "0001")
    assert made.run().returncode == 0
    assert made.runs == 1
    return made


@pytest.fixture
def second(first: Environment) -> Environment:
    """Another environment with the same packages, which begins with what the first one compiled."""
    made = Environment(first.root.with_name("0002"))
    shutil.copytree(first.compiled / "nvcc", made.compiled / "nvcc")
    return made


def test_an_object_is_taken_in_another_environment(first: Environment, second: Environment) -> None:
    assert second.run().returncode == 0
    assert second.runs == 0
    assert (second.build / "kernel.o").read_text() == "object of\nkernelone"
    listing = (second.build / "kernel.o.d").read_text()
    assert list(kept_nvcc.dependencies(listing))[1] == str((second.root / "cuda/include/a header.h").resolve())
    assert str(first.root) not in listing


def test_a_source_that_includes_another_by_its_whole_path_is_the_same(first: Environment, second: Environment) -> None:
    """As SGLang writes them, with the path of the environment in them."""
    for made in (first, second):
        (made.build / "kernel.cu").write_text(f'#include "{made.root}/lib/kernel.cuh"')
    assert first.run().returncode == 0
    shutil.copytree(first.compiled / "nvcc", second.compiled / "nvcc", dirs_exist_ok=True)
    assert second.run().returncode == 0
    assert (first.runs, second.runs) == (2, 0)
    (second.build / "kernel.cu").write_text(f'#include "{second.root}/lib/other.cuh"')
    assert second.run().returncode == 0
    assert second.runs == 1


def test_a_header_of_another_content_is_compiled_and_kept_beside(second: Environment) -> None:
    second.header("two")
    assert second.run().returncode == 0
    assert (second.build / "kernel.o").read_text() == "object of\nkerneltwo"
    second.header("one")
    assert second.run().returncode == 0
    assert (second.build / "kernel.o").read_text() == "object of\nkernelone"
    assert second.runs == 1


@pytest.mark.parametrize(
    ("more", "variables"),
    [
        (("-arch=sm_80",), {}),
        ((), {"NVCC_APPEND_FLAGS": "-O0"}),
        ((), {"CPLUS_INCLUDE_PATH": "/elsewhere"}),
        ((), {"RELEASE": "13.1"}),
    ],
)
def test_another_command_variable_or_compiler_is_compiled(
    second: Environment, more: tuple[str, ...], variables: dict[str, str]
) -> None:
    assert second.run(*more, **variables).returncode == 0
    assert second.runs == 1


def test_the_number_of_threads_makes_no_other_object(second: Environment) -> None:
    assert second.run(NVCC_APPEND_FLAGS="--split-compile=16").returncode == 0
    assert second.runs == 0


@pytest.mark.parametrize(("option", "flags"), [("-Xcompiler=-march=native", ""), ("-G", "-arch=native")])
def test_what_is_built_for_this_machine_alone_is_not_kept(second: Environment, option: str, flags: str) -> None:
    for _ in range(2):
        assert second.run(option, NVCC_APPEND_FLAGS=flags).returncode == 0
    assert second.runs == 2


def test_a_failure_is_not_kept_and_says_what_the_compiler_says(second: Environment) -> None:
    failed = second.run("-DNEW", FAIL="1")
    assert (failed.returncode, failed.stderr) == (2, "error: no such type\n")
    assert second.run("-DNEW").returncode == 0
    assert second.runs == 2


@pytest.mark.parametrize("damage", [b"", b"object of another kernel", None])
def test_a_damaged_object_is_compiled_again(second: Environment, damage: bytes | None) -> None:
    (kept,) = (second.compiled / "nvcc").glob("*/*.o")
    if damage is None:
        kept.unlink()
    else:
        kept.write_bytes(damage)
    assert second.run().returncode == 0
    assert second.runs == 1
    assert (second.build / "kernel.o").read_text() == "object of\nkernelone"


def test_everything_else_is_the_compilers_own(second: Environment) -> None:
    assert second.link().returncode == 0
    assert second.run(**{kept_nvcc.VARIABLE: ""}).returncode == 0
    assert second.runs == 2


def test_a_cache_that_cannot_be_written_fails_no_compilation(second: Environment) -> None:
    shutil.rmtree(second.compiled / "nvcc")
    (second.compiled / "nvcc").write_text("in the way")
    assert second.run().returncode == 0
    assert (second.build / "kernel.o").read_text() == "object of\nkernelone"
