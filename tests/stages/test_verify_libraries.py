"""Which compiled parts must find their libraries, on small environments whose libraries are crafted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from installer.core.runs.home import Home
from stages import libraries, verification_results
from stages.scripts import verify_elf, verify_libraries
from tests.stand_ins import elf

MACHINE = getattr(verify_elf.read(os.path.realpath(sys.executable)), "machine", None)
pytestmark = pytest.mark.skipif(MACHINE is None, reason="this system's programs are no ELF files")
OTHER = elf.AARCH64 if MACHINE == elf.X86_64 else elf.X86_64
NOBODY = "libnobody.so.7"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages with an engine that has what it needs."""
    folder = tmp_path / "site-packages"
    part(folder / "engine/_C.abi3.so", "libc.so.6")
    return folder


def part(path: Path, *needed: str, machine: int | None = None, **options: str) -> Path:
    return elf.write(path, needed, machine=machine or MACHINE or 0, **options)


def look(site: Path, *imports: str, gpu: bool = False) -> tuple[str, str, list[str]]:
    found = verify_libraries.check(verify_elf, [str(site)], imports or ("engine",), libraries.known(), gpu)
    status, said, details, *more = found
    # What the advice is chosen by is the same libraries that people are told of.
    assert [line.split()[0].rstrip(",") for line in details] == more[0]["missing"] if more else status != "failed"
    return status, said, details


# --- what fails


def test_a_library_that_nobody_has_fails_and_is_named_with_who_needs_it(site: Path) -> None:
    part(site / "engine/_C_AVX2.abi3.so", NOBODY, "libc.so.6")
    status, said, details = look(site)
    assert (status, details) == ("failed", [f"{NOBODY} is needed by engine/_C_AVX2.abi3.so"])
    assert said.startswith("1 shared library ")


def test_the_debian_package_is_named_where_it_is_known(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        libraries, "table", lambda _: {"packages": [{"library": NOBODY, "package": "nb7"}], "driver": []}
    )
    part(site / "engine/_C.abi3.so", NOBODY)
    assert look(site)[2] == [f"{NOBODY}, of the Debian package nb7, is needed by engine/_C.abi3.so"]


def test_many_users_are_counted(site: Path) -> None:
    for number in range(5):
        part(site / f"engine/_{number}.so", NOBODY)
    assert look(site)[2] == [f"{NOBODY} is needed by engine/_0.so, engine/_1.so, engine/_2.so and 2 more"]


def test_what_a_part_needs_in_turn_is_required_wherever_it_lies(site: Path) -> None:
    part(site / "engine/_C.abi3.so", "libhelper.so.1", runpath="$ORIGIN/../helper.libs")
    part(site / "helper.libs/libhelper.so.1", "libdeeper.so")
    part(site / "deeper/lib/libdeeper.so", NOBODY)
    assert look(site)[::2] == ("failed", [f"{NOBODY} is needed by deeper/lib/libdeeper.so"])


def test_torch_is_required_without_being_named(site: Path) -> None:
    part(site / "torch/lib/libtorch_cpu.so", NOBODY)
    assert look(site)[::2] == ("failed", [f"{NOBODY} is needed by torch/lib/libtorch_cpu.so"])


@pytest.mark.parametrize("name", ["engine.sub.module", "engine"])
def test_a_module_stands_for_its_whole_package(site: Path, name: str) -> None:
    part(site / "engine/other/_C.so", NOBODY)
    assert look(site, name)[0] == "failed"


def test_a_module_can_be_a_single_file(site: Path) -> None:
    part(site / "single.abi3.so", NOBODY)
    assert look(site)[0] == "ok" and look(site, "single")[0] == "failed"


def test_a_file_of_the_right_name_is_not_enough(site: Path, tmp_path: Path) -> None:
    part(site / "engine/_C.abi3.so", "libempty.so.1", "libother.so.1", runpath=f"$ORIGIN:{tmp_path}")
    (tmp_path / "libempty.so.1").write_text("")
    part(site / "engine/libother.so.1", machine=OTHER)
    assert [line.split()[0] for line in look(site)[2]] == ["libempty.so.1", "libother.so.1"]


# --- what does not


def test_other_packages_are_only_told(site: Path) -> None:
    part(site / "engine_plugins/_C.so", NOBODY)
    part(site / "codec/libcodec4.so", "libav.so.58", "libswr.so.3", "liba.so", "libb.so")
    status, said, details = look(site)
    assert status == "ok" and said.startswith("1 compiled part ")
    assert details == [
        "not required: parts of codec would need liba.so, libav.so.58, libb.so and 1 more",
        f"not required: parts of engine_plugins would need {NOBODY}",
    ]


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"runpath": "$ORIGIN/lib"}, "engine/lib"),
        ({"rpath": "${ORIGIN}/../engine.libs"}, "engine.libs"),
        ({}, "nvidia/cu13/lib"),
        ({}, "torch/lib"),
        ({}, "tvm_ffi/lib"),
    ],
    ids=["runpath", "rpath", "nvidia", "torch", "another package's"],
)
def test_what_packages_bring_along_is_found(site: Path, options: dict[str, str], place: str) -> None:
    part(site / "engine/_C.abi3.so", "libhelper.so.1", **options)
    assert look(site)[0] == "failed"
    part(site / place / "libhelper.so.1")
    assert look(site)[0] == "ok"


def test_a_library_is_known_by_the_name_it_has_when_loaded(site: Path) -> None:
    part(site / "engine/_C.abi3.so", "libhelper.so.1")
    part(site / "helper/libhelper.so.1.2.3", soname="libhelper.so.1")
    assert look(site)[0] == "ok"


def test_unpacked_libraries_are_found_and_must_find_theirs(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part(site / "engine/_C.abi3.so", "libhelper.so.1")
    part(tmp_path / "system/libhelper.so.1", NOBODY)
    monkeypatch.setenv("LD_LIBRARY_PATH", f"/nowhere:{tmp_path / 'system'}")
    assert look(site)[2] == [f"{NOBODY} is needed by {tmp_path}/system/libhelper.so.1"]
    part(tmp_path / "system" / NOBODY)
    assert look(site)[0] == "ok"


def test_extensions_for_another_python_are_not_required(site: Path) -> None:
    part(site / "engine/_ops.cpython-27-x86_64-linux-gnu.so", NOBODY)
    status, _, details = look(site)
    assert status == "ok" and "parts of engine" in details[0]


def test_extensions_for_another_processor_are_not_looked_at(site: Path) -> None:
    part(site / "engine/aarch64/_C.so", NOBODY, machine=OTHER)
    assert look(site)[::2] == ("ok", [])


def test_libraries_that_need_each_other_come_to_an_end(site: Path) -> None:
    part(site / "engine/_C.abi3.so", "liba.so", runpath="$ORIGIN")
    part(site / "engine/liba.so", "libb.so", runpath="$ORIGIN")
    part(site / "engine/libb.so", "liba.so", runpath="$ORIGIN")
    assert look(site)[0] == "ok"


def test_nothing_compiled_is_no_verdict(tmp_path: Path) -> None:
    assert look(tmp_path)[0] == "skipped"


# --- the driver's own


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> str:
    """A library that a table calls the driver's, and that no machine has."""
    monkeypatch.setattr(libraries, "table", lambda _: {"packages": [], "driver": [{"library": "libcu-none.so.1"}]})
    return "libcu-none.so.1"


def test_without_a_gpu_the_drivers_libraries_are_only_told(site: Path, driver: str) -> None:
    part(site / "engine/_C.abi3.so", driver)
    status, said, _ = look(site)
    assert status == "info" and f"the NVIDIA driver's {driver}" in said


def test_with_a_gpu_they_must_be_there(site: Path, driver: str) -> None:
    part(site / "engine/_C.abi3.so", driver)
    assert look(site, gpu=True)[0] == "failed"


def test_a_stub_to_link_against_is_not_the_driver(site: Path, driver: str) -> None:
    part(site / "engine/_C.abi3.so", driver)
    part(site / "nvidia/stubs/libcu-none.so", soname=driver)
    assert look(site, gpu=True)[0] == "failed"


def test_without_a_gpu_anything_else_still_fails(site: Path, driver: str) -> None:
    part(site / "engine/_C.abi3.so", driver, NOBODY)
    assert look(site)[2] == [f"{NOBODY} is needed by engine/_C.abi3.so"]


# --- the loader


def test_the_loader_has_the_last_word() -> None:
    assert verify_libraries._the_loader_finds("libc.so.6") and not verify_libraries._the_loader_finds(NOBODY)


# --- a full environment


def hide(library: str, scratch: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a world of its own where a library of the system is an empty file. Needs root."""
    hiding = 'mount --bind "$1" "$2" || exit 77; shift 2; exec "$@"'
    (scratch / "empty").write_text("")
    words = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        hiding,
        "sh",
        str(scratch / "empty"),
        os.path.realpath(library),
        *command,
    ]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.real
def test_an_engine_whose_library_the_system_lacks_is_found_out(real_environment: Path, tmp_path: Path) -> None:
    """vLLM for the CPU imports without libnuma, and its server dies."""
    libnuma = verify_elf.known_to_the_loader().get("libnuma.so.1")
    if not libnuma or shutil.which("unshare") is None or hide(libnuma[0], tmp_path, "true").returncode != 0:
        pytest.skip("libnuma cannot be hidden here")
    request = {
        "packages": None, "imports": ["vllm"], "libraries": libraries.known(), "gpus": [], "model": None,
        "vocabulary_at_least": None, "trust_remote_code": False,
    }  # fmt: skip
    (tmp_path / "request.json").write_text(json.dumps(request))
    python, script = str(real_environment / "bin/python"), str(Path(verify_libraries.__file__).with_name("verify.py"))
    command = (python, "-I", script, str(tmp_path / "request.json"), str(tmp_path / "results"))

    assert "\nfailed  " not in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    done = hide(libnuma[0], tmp_path, *command)
    found = verification_results.read((tmp_path / "results").read_text(), done.returncode, done.stdout)
    (failed,) = [verdict for verdict in found if verdict.status == "failed"]
    assert failed.check == "libraries" and "vllm/_C" in str(failed)
    assert "apt-get install libnuma1 as root" in verification_results.fixes([failed], Home(tmp_path))
