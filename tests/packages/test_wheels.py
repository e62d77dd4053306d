"""What a wheel says about itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from installer.core.packages.archive import Archive
from installer.core.packages.sources import Sources
from installer.host.archives import open_archive
from installer.host.index_client import IndexClient
from installer.packages.wheels import contents as reading
from tests.stand_ins import fatbin, wheels

ABI3 = "cp39-abi3-manylinux2014_x86_64"


def opened(wheel: Path) -> Archive:
    archive = open_archive(str(wheel), IndexClient(Sources()), 1.0)
    assert archive is not None
    return archive


def test_name_requirements_and_modules(tmp_path: Path) -> None:
    more = {"_speed.abi3.so": b"\x7fELF", "other/deep/a.py": b"", "mini_engine-1.0.data/scripts/run": b""}
    wheel = wheels.build(tmp_path, "mini-engine", "1.0", ["torch==2.0; extra == 'all'"], tag=ABI3, more=more)
    found = reading.facts(str(wheel), opened(wheel))
    assert (found.name, found.version, found.requires_python, found.defect) == ("mini-engine", "1.0", ">=3.8", "")
    assert found.requires == ("torch==2.0; extra == 'all'",) and found.tags == (ABI3,)
    assert found.modules == ("mini_engine", "_speed", "other")
    assert found.source == str(wheel) and found.binaries == ()


def test_the_extensions_that_matter(tmp_path: Path) -> None:
    code = fatbin.extension(["libtorch.so", "libcudart.so.13"], fatbin.machine_code(80, 90), ["_ZN3c104Type__cxx11E"])
    filler = bytes(range(256)) * 1024
    more = {"k/common_ops.abi3.so": code, "k/extra.so": filler, "k/small.so": b"\x7fELF"}
    archive = opened(wheels.build(tmp_path, "k", "1.0", tag=ABI3, more=more))
    assert reading.extensions(archive, ["k/common_ops*.so"]) == ("k/common_ops.abi3.so",)
    assert reading.extensions(archive) == ()  # none is large enough, compressed
    (read,) = reading.read_binaries(archive, ["k/common_ops.abi3.so"])
    assert read.elf == (80, 90) and read.torch_abi == "cxx11" and read.complete
    assert reading.with_binaries(reading.facts("k", archive), [read]).cuda == "13"


def test_what_may_not_be_spent_is_not_read(tmp_path: Path) -> None:
    archive = opened(wheels.build(tmp_path, "k", "1.0", tag=ABI3, more={"k/a.so": fatbin.machine_code(80)}))
    (read,) = reading.read_binaries(archive, ["k/a.so"], may_spend=lambda _: False)
    assert (read.elf, read.libraries, read.complete) == ((), (), False)


@pytest.mark.parametrize(
    ("name", "told", "words"),
    [
        ("mini-1.0-py3-none-any.whl", "1.1", "METADATA says 1.1"),
        ("mini-1.0.whl", "1.0", "not the name of a wheel"),
        ("mini-2.0-py3-none-any.whl", "1.0", "file name says version 2.0"),
        ("other-1.0-py3-none-any.whl", "1.0", "file name says other"),
        ("mini-1.0.0-py3-none-any.whl", "1.0", ""),
        ("Mini-1.0-py2.py3-none-any.whl", "1.0", ""),
    ],
)
def test_defects(tmp_path: Path, name: str, told: str, words: str) -> None:
    wheel = wheels.build(tmp_path / "made", "mini", "1.0", told=told)
    given = Path(shutil.copy(wheel, tmp_path / name))
    defect = reading.facts(str(given), opened(given)).defect
    assert (words in defect) if words else not defect, defect


def test_an_address_with_an_escaped_local_version() -> None:
    name = reading.file_name(
        "https://download.pytorch.org/whl/torch-2.4.1%2Bcu124-cp310-cp310-linux_x86_64.whl#sha256=ab"
    )
    assert reading.of_file_name(name) == ("torch", "2.4.1+cu124", ("cp310-cp310-linux_x86_64",))
