"""What is needed of the operating system: found, installed by root, or unpacked for somebody who is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from installer.core.contracts.stage import Leftover, LeftoverKind
from installer.core.errors import StageError
from installer.core.recipes.recipe import Environment, Model, ModelSource, RandomModel, Recipe, Server, SystemPackage
from installer.host.local import LocalHost
from stages import system
from tests.stand_ins.context import RecordingContext

NUMA = SystemPackage("libnuma1", library="libnuma.so.1", because="the engine needs it")


class Nobody(LocalHost):
    """This machine as somebody without rights sees it, and without the library in question."""

    rights = False
    programs: tuple[str, ...] = ("apt-get", "dpkg-deb")

    def is_root(self) -> bool:
        return self.rights

    def library(self, name: str) -> bool:
        return name != NUMA.library and super().library(name)

    def which(self, program: str) -> str | None:
        return super().which(program) if program in self.programs else None


def context(root: Path, *packages: SystemPackage) -> RecordingContext:
    recipe = Recipe(
        "r", "R", "vllm", Model("m", (ModelSource(random=RandomModel()),)), Server("m"),
        environment=Environment(system_packages=packages),
    )  # fmt: skip
    ctx = RecordingContext(recipe, root, stage=2)
    ctx.home.root.mkdir(parents=True, exist_ok=True)
    ctx.host = Nobody(ctx.home.cache)
    return ctx


def test_what_is_there_is_not_asked_for(tmp_path: Path) -> None:
    libc = SystemPackage("libc6", library="libc.so.6")
    assert system.absent(context(tmp_path, libc)) == []


def test_a_machine_that_is_not_here_is_not_looked_at(tmp_path: Path) -> None:
    from installer.core.machine.facts import MachineFacts

    ctx = context(tmp_path, NUMA)
    ctx.facts = MachineFacts(here=False)
    assert system.absent(ctx) == []


def test_root_installs_and_others_unpack(tmp_path: Path) -> None:
    ctx = context(tmp_path, NUMA)
    assert system.absent(ctx) == [NUMA]
    assert system.change(ctx, NUMA).command == ("apt-get", "download", "libnuma1")
    ctx.host.rights = True  # type: ignore[attr-defined]
    assert system.change(ctx, NUMA).command == ("apt-get", "install", "libnuma1")
    assert all(system.change(ctx, package).outside for package in (NUMA,))


@pytest.mark.real
def test_a_library_is_unpacked_found_and_taken_back(tmp_path: Path) -> None:
    ctx = context(tmp_path, NUMA)
    assert system.library_path(ctx) == {}
    system.install(ctx, NUMA)
    assert system.absent(ctx) == []
    folder = Path(system.library_path(ctx)["LD_LIBRARY_PATH"].split(":")[0])
    # In a process of its own: what is loaded here stays loaded for the other tests.
    load = [sys.executable, "-c", "import ctypes, sys; ctypes.CDLL(sys.argv[1])", str(folder / "libnuma.so.1")]
    assert subprocess.run(load, check=False).returncode == 0
    assert [deed["what"] for deed in ctx.deeds] == ["unpacked-library"]
    assert system.roll_back(ctx, ctx.deeds) == ()
    assert system.absent(ctx) == [NUMA]


def test_an_inherited_library_path_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = context(tmp_path)
    ctx.home.system.mkdir()
    monkeypatch.setenv("LD_LIBRARY_PATH", "/driver/lib64")
    assert system.library_path(ctx) == {"LD_LIBRARY_PATH": f"{ctx.home.system}:/driver/lib64"}


def test_a_program_cannot_be_unpacked(tmp_path: Path) -> None:
    program = SystemPackage("util-linux", command="lscpu")
    ctx = context(tmp_path, program)
    with pytest.raises(StageError, match="lscpu is missing") as caught:
        system.install(ctx, program)
    assert "apt-get install util-linux" in caught.value.fix


def test_a_system_without_apt_is_told_apart(tmp_path: Path) -> None:
    ctx = context(tmp_path, NUMA)
    ctx.host.programs = ()  # type: ignore[attr-defined]
    with pytest.raises(StageError) as caught:
        system.install(ctx, NUMA)
    assert "no apt-get" in caught.value.why


def test_what_root_installed_stays_and_is_named(tmp_path: Path) -> None:
    deed = {"what": "system-package", "package": "libnuma1"}
    assert system.roll_back(context(tmp_path), [deed]) == (
        Leftover(LeftoverKind.SYSTEM_PACKAGE, "system package libnuma1 stays installed"),
    )
