"""`install.sh` where it must not go on: said in a sentence, and nothing installed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from installer.bundles import bootstrap, packing
from installer.bundles.manifest import Bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Parts in which the tool is cut in two, with the script beside them."""
    contents = []
    for name, size in {"tool/a.whl": 90_000, "tool/uv-1-py3-none-any.whl": 5_000, "wheels/b.whl": 70_000}.items():
        file = tmp_path / name.replace("/", "-")
        file.write_bytes(os.urandom(size))
        contents.append(packing.member_of(name, file, name.partition("/")[0]))
    place = tmp_path / "bundle"
    place.mkdir()
    made = Bundle("mini", "2026-11-29", "0.1.0", "", {}, "3.11", "x86_64-manylinux_2_36")
    made = packing.write_parts(made, contents, place, 64 * 1024, lambda *_: None)
    (place / bootstrap.NAME).write_text(bootstrap.script(made.members, made.parts, "3.99"))
    return place


def _run(bundle: Path, *words: str) -> tuple[int, str]:
    home = bundle.with_name("home")
    home.mkdir(exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    command = ["sh", str(bundle / bootstrap.NAME), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert not list(home.rglob("bin/deploy-tui")) and not list(home.rglob(".unpacked*"))
    return done.returncode, done.stderr


def test_a_whole_tool_is_put_together_and_wants_its_python(bundle: Path) -> None:
    assert _run(bundle) == (
        2,
        "There is no Python 3.99 here, and this bundle brings none.\n"
        "Install one, or make the bundle for this machine: its tool is for Python 3.99.\n",
    )


def test_a_missing_first_part_is_named(bundle: Path) -> None:
    (bundle / "part-001.tar").unlink()
    code, said = _run(bundle)
    assert (code, "part-001.tar is missing" in said) == (2, True), said


def test_a_part_with_other_packages_is_not_needed_for_the_tool(bundle: Path) -> None:
    (bundle / "part-002.tar").unlink()
    assert "There is no Python 3.99 here" in _run(bundle)[1]


def test_a_damaged_tool_is_not_installed(bundle: Path) -> None:
    part = bundle / "part-000.tar"
    content = bytearray(part.read_bytes())
    content[5000] ^= 4
    part.write_bytes(content)
    code, said = _run(bundle)
    assert (code, "a file of it has another SHA-256" in said) == (2, True), said


def test_another_place_is_no_bundle(bundle: Path, tmp_path: Path) -> None:
    assert _run(bundle, str(tmp_path / "nowhere"))[1].startswith("There is no bundle at")
