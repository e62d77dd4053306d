"""The environment in use, looked at without loading anything: extensions against GPUs, libraries that nobody has."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.plans.stack import Binary
from installer.diagnostics import installed_checks
from installer.diagnostics.installed_checks import environment, extensions

GPU = MachineFacts(gpus=(Gpu("NVIDIA H200", "9.0", 143771),))
REAL = importlib.util.find_spec("yaml._yaml")


def folder(tmp_path: Path) -> Path:
    made = tmp_path / "lib/python3.12/site-packages"
    (made / "vllm").mkdir(parents=True)
    return made


def test_without_an_environment_nothing_is_said(tmp_path: Path) -> None:
    assert list(environment(tmp_path, GPU)) == []


def test_an_environment_that_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("generations/7")

    (found,) = environment(tmp_path / "current", GPU)

    assert (found.code, found.severity) == ("stale-state", "warning")
    assert "generations/7" in found.evidence and "rollback" in found.fix


@pytest.mark.skipif(REAL is None, reason="there is no compiled PyYAML here")
def test_a_library_that_nobody_has_is_named_with_who_wants_it(tmp_path: Path) -> None:
    assert REAL and REAL.origin
    data = Path(REAL.origin).read_bytes()
    place = folder(tmp_path) / "vllm" / "_C.abi3.so"
    place.write_bytes(data)
    fine = [finding.severity for finding in environment(tmp_path, MachineFacts(gpus=()))]
    place.write_bytes(data.replace(b"libc.so.6\0", b"libX.so.6\0"))

    (found,) = environment(tmp_path, MachineFacts(gpus=()))

    assert fine == ["ok"]
    assert (found.code, found.severity) == ("system-library", "blocker")
    assert "libX.so.6" in found.evidence and "vllm/_C.abi3.so" in found.evidence
    assert "libX.so.6" in found.fix


def test_a_pipe_among_the_packages_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(folder(tmp_path) / "vllm" / "_C.abi3.so")

    assert [finding.severity for finding in environment(tmp_path, GPU)] == ["warning"]


@pytest.mark.skipif(REAL is None, reason="there is no compiled PyYAML here")
@pytest.mark.parametrize("beside", [False, True])
def test_a_file_that_is_no_library_is_named_and_no_verdict(tmp_path: Path, beside: bool) -> None:
    (place := folder(tmp_path) / "vllm" / "_C.abi3.so").write_bytes(b"\x7fELF" + b"\0" * 64)
    if beside:
        assert REAL and REAL.origin
        place.with_name("_D.abi3.so").write_bytes(Path(REAL.origin).read_bytes())

    (found,) = environment(tmp_path, GPU)

    assert found.severity == "warning" and "not known" in found.summary and "every" not in found.summary[9:]
    assert "vllm/_C.abi3.so" in found.evidence and "_D" not in found.evidence and found.fix


def test_an_environment_without_compiled_parts_is_no_verdict(tmp_path: Path) -> None:
    folder(tmp_path)

    (found,) = environment(tmp_path, GPU)

    assert found.severity == "warning" and "not known" in found.summary


@pytest.mark.parametrize(
    ("binary", "severity"),
    [
        (Binary("vllm/_C.abi3.so", elf=(80, 90)), "ok"),
        (Binary("vllm/_C.abi3.so", elf=(80,), ptx=(80,)), "warning"),
        (Binary("vllm/_C.abi3.so", elf=(100, 120)), "blocker"),
        (Binary("vllm/_C.abi3.so", elf=(100,), complete=False), "warning"),
    ],
)
def test_extensions_are_compared_with_the_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, binary: Binary, severity: str
) -> None:
    place = folder(tmp_path)
    (place / "vllm" / "_C.abi3.so").write_bytes(b"x")
    monkeypatch.setattr(installed_checks, "_binary", lambda *_: binary)

    (found,) = extensions(place, GPU)

    assert (found.code, found.severity) == ("gpu-arch", severity)
    assert "9.0" in found.evidence


def test_without_a_gpu_no_extension_is_read(tmp_path: Path) -> None:
    assert list(extensions(folder(tmp_path), MachineFacts(gpus=()))) == []
