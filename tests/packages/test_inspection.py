"""Looks into wheels that a small index serves: what they cost, what is kept, and what happens without a network."""

from __future__ import annotations

import threading
import time
from datetime import date
from pathlib import Path

import pytest

from installer.core.plans.stack import Placed
from installer.core.runs.home import Home
from installer.host.local import LocalHost
from installer.packages.wheels.concurrent_queries import Waiting
from installer.packages.wheels.inspection import WheelLookups
from installer.preflight.checks.kernel_code import coded
from tests.stand_ins import fatbin, wheels
from tests.stand_ins.members import era
from tests.stand_ins.package_index import Index, serve

ABI3 = "cp39-abi3-manylinux2014_x86_64"
KERNEL = Placed("sgl-kernel", "9.9", 6)
CODE = fatbin.extension(["libc10.so", "libcudart.so.12"], fatbin.machine_code(80, 90), ["_ZN3c104Type__cxx11E"])


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    more = {"sgl_kernel/common_ops.abi3.so": CODE, "sgl_kernel/other.so": b"\x7fELF"}
    wheels.build(tmp_path / "wheels", "sgl-kernel", "9.9", tag=ABI3, more=more, padding=200_000)
    wheels.build(tmp_path / "wheels", "mini-pure", "1.0", ["torch==2.0"])
    return tmp_path / "wheels"


def look(root: Path, index: Index | None, monkeypatch: pytest.MonkeyPatch, *, offline: bool = False) -> WheelLookups:
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.url if index else "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_FIND_LINKS", str(root / "no-links"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    home = Home(root / "home")
    return WheelLookups(LocalHost(home.cache), home, offline=offline, bound_s=5.0)


def test_first_from_the_wheel_then_from_the_cache(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(shelf) as index:
        lookups = look(tmp_path, index, monkeypatch)
        lookups.prefetch([KERNEL])
        found = lookups.wheel(KERNEL)
        assert found is not None and found.source.startswith(index.url.removesuffix("/simple"))
        (binary,) = found.binaries
        assert (binary.elf, binary.torch_abi, found.cuda) == ((80, 90), "cxx11", "12")
        assert 0 < lookups.transferred() < 200_000
        lookups.close()
        again = look(tmp_path, index, monkeypatch)
        assert again.wheel(KERNEL) == found and again.transferred() == 0
    # The index is gone now.
    assert look(tmp_path, index, monkeypatch, offline=True).wheel(KERNEL) == found
    assert look(tmp_path, index, monkeypatch).releases("mini-pure") == ()


def test_a_pure_wheel_costs_its_metadata(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(shelf) as index:
        lookups = look(tmp_path, index, monkeypatch)
        found = lookups.wheel(Placed("mini-pure", "1.0", 6))
        assert found is not None and found.requires == ("torch==2.0",) and found.binaries == ()
        assert lookups.wheel(Placed("mini-pure", "3.0", 6)) is None
        assert lookups.wheel(Placed("absent", "1.0", 6)) is None


def test_today_is_no_restriction(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(shelf) as index:
        look(tmp_path, index, monkeypatch)  # for the environment
        home = Home(tmp_path / "home")
        for day, count in ((date.today().isoformat(), 1), ("2020-01-01", 0)):
            lookups = WheelLookups(LocalHost(home.cache), home, as_of=day)
            assert len(lookups.releases("mini-pure")) == count


def test_a_wheel_on_the_disk(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (wheel,) = shelf.glob("sgl_kernel*.whl")
    placed = Placed("sgl-kernel", "9.9", 6, url=wheel.as_uri(), source="folder")
    found = look(tmp_path, None, monkeypatch, offline=True).wheel(placed)
    assert found is not None and found.binaries[0].elf == (80, 90)


def test_shipped_knowledge_answers_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lookups = look(tmp_path, None, monkeypatch)
    lookups.prefetch([Placed("sglang", "0.5.7", 7), Placed("transformers", "4.57.1", 5)])
    engine, transformers = lookups.engine("sglang", "0.5.7"), lookups.transformers("4.57.1")
    assert engine is not None and "Qwen2ForCausalLM" in engine.architectures
    assert transformers is not None and "ministral3" not in transformers.model_types
    assert lookups.wheel(Placed("sgl-kernel", "9.9", 6)) is None
    assert ("0.5.7", "2026-01-01") in [(one.version, one.released) for one in lookups.releases("sglang")]
    assert lookups.releases("mini-pure") == ()


def test_a_wheel_of_this_machine_is_read_although_its_release_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {"sgl_kernel/common_ops.abi3.so": CODE}
    wheel = wheels.build(tmp_path / "own", "sgl-kernel", "0.3.20", tag=ABI3, more=more)
    placed = Placed("sgl-kernel", "0.3.20", 6, url=wheel.as_uri(), source="folder")
    lookups = look(tmp_path, None, monkeypatch, offline=True)
    found = coded(placed, "x86_64-manylinux_2_35", lookups)
    assert found is not None and found.source == wheel.as_uri() and found.binaries[0].elf == (80, 90)
    shipped = coded(Placed("sgl-kernel", "0.3.20", 6), "x86_64-manylinux_2_35", lookups)
    assert shipped is not None and shipped.shipped


def test_an_engine_that_no_shipped_knowledge_has_is_read_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = era("sglang-calls")
    sources = release.read_many(release.names())
    wheel = wheels.build(tmp_path / "own", "sglang", "99.0", more=sources)
    for _ in range(2):  # the second is asked of what the first has kept
        lookups = look(tmp_path, None, monkeypatch, offline=True)
        lookups.prefetch([Placed("sglang", "99.0", 7, url=wheel.as_uri(), source="folder")])
        found = lookups.engine("sglang", "99.0")
        assert found is not None and any("--tp-size" in flag.names for flag in found.flags)


def test_what_is_late_is_not_waited_for() -> None:
    waiting, release = Waiting(0.3), threading.Event()
    try:
        started = time.monotonic()
        assert waiting.answer("slow", lambda: release.wait(20), None) is None
        assert waiting.answer("slower", lambda: release.wait(20), None) is None
        assert waiting.late == 2 and waiting.left_s == 0
        assert time.monotonic() - started < 20
        assert waiting.answer("quick", lambda: 1, 0) in (0, 1)
    finally:
        release.set()
        waiting.close()


def test_asked_once_and_never_an_exception() -> None:
    waiting, asked = Waiting(5.0), list[int]()
    for _ in range(3):
        assert waiting.answer("same", lambda: asked.append(1), None) is None
    assert asked == [1]
    assert waiting.answer("broken", lambda: 1 // 0, 7) == 7
    waiting.close()
    assert waiting.answer("closed", lambda: 1, 0) == 0
