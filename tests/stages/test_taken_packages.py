"""An environment on top of an image's torch: taken as it is, and never touched."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from installer.core.runs.home import Home
from stages import image_packages
from tests.faults.index import serve
from tests.faults.testbed import RECIPE, Ground, Said
from tests.stand_ins import wheels

_REUSE = ("--set", "environment.reuse=[torch]")


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """A machine whose `python3` is that of an environment with torch in it, as many images have it."""
    wheels.stack(tmp_path / "wheels")
    # As torch 2.11 does: its libraries are wanted by extras of a package that holds nothing.
    wheels.build(tmp_path / "wheels", "torch", "2.0.0", ["toolkit[blas]==13.0"])
    wheels.build(tmp_path / "wheels", "toolkit", "13.0", ['blas-lib; extra == "blas"', 'fft-lib; extra == "fft"'],
                 extras=["blas", "fft"])  # fmt: skip
    for library in ("blas-lib", "fft-lib"):
        wheels.build(tmp_path / "wheels", library, "13.1")
    uv = str(Path(sys.executable).with_name("uv"))
    python = tmp_path / "image/bin/python"
    for words in (
        ("venv", "-q", "--python", sys.executable, str(tmp_path / "image")),
        (
            "pip",
            "install",
            "-q",
            "--no-index",
            "-f",
            str(tmp_path / "wheels"),
            "--python",
            str(python),
            "torch==2.0.0",
            "fft-lib",
        ),
    ):
        subprocess.run([uv, *words], check=True)
    with serve(tmp_path / "wheels") as index:
        made = Ground(tmp_path, Home(tmp_path / "home"), index)
        made.environment["PATH"] = f"{python.parent}:{os.environ['PATH']}"
        yield made


def _site(environment: Path) -> Path:
    return next(environment.glob("lib/python3*/site-packages"))


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def _torch_fetched(ground: Ground) -> bool:
    return any(Path(path).name.startswith("torch-") and path.endswith(".whl") for path in ground.index.requests)


def _deploy(ground: Ground, *more: str) -> Said:
    return ground.ask(ground.deploying(*_REUSE, *more))


def test_torch_is_taken_from_the_image_and_left_alone(ground: Ground) -> None:
    before = _state(_site(ground.root / "image"))
    said = _deploy(ground)
    assert said.code == 0, said.output
    assert "take torch 2.0.0 from the machine's own Python" in said.output
    assert not _torch_fetched(ground)
    assert _state(_site(ground.root / "image")) == before
    ours = _site(ground.home.current)
    assert (ours / "torch-2.0.0.dist-info").is_dir() and (ours / "mini_engine-1.0.dist-info").is_dir()
    assert image_packages.taken(ground.home.current) == {"torch", "toolkit", "blas-lib"}
    assert (ours / "blas_lib/__init__.py").is_file() and not (ours / "fft_lib").exists()
    again = _deploy(ground)
    assert (again.code, "in place" in again.output) == (0, True), again.output


def test_the_next_generation_and_the_way_back_have_it_too(ground: Ground) -> None:
    assert _deploy(ground).code == 0
    upgraded = _deploy(ground, "--set", "engine.requires.0=mini-engine==1.1")
    assert upgraded.code == 0, upgraded.output
    assert (_site(ground.home.current) / "torch-2.0.0.dist-info").is_dir()
    assert ground.tool("rollback").code == 0
    assert (_site(ground.home.current) / "mini_engine-1.0.dist-info").is_dir()
    assert not _torch_fetched(ground)


def test_an_image_that_changed_since_is_noticed(ground: Ground) -> None:
    assert _deploy(ground).code == 0
    image_packages.assert_untouched(ground.home.current)
    record = _site(ground.root / "image") / "torch-2.0.0.dist-info/RECORD"
    first = record.parent.parent / record.read_text().partition(",")[0]
    os.utime(first, (1, 1))
    with pytest.raises(Exception, match="own torch was changed"):
        image_packages.assert_untouched(ground.home.current)


def test_what_the_image_lacks_is_refused_before_anything_is_fetched(ground: Ground) -> None:
    said = ground.ask(ground.deploying("--set", "environment.reuse=[torchvision]"))
    assert (said.code, "torchvision" in said.output) == (3, True), said.output
    assert not ground.home.current.exists()


def test_a_torch_that_does_not_fit_the_recipe_is_a_conflict(ground: Ground) -> None:
    said = _deploy(ground, "--set", "pytorch.requires.0=torch==2.1.0")
    assert (said.code, ground.home.current.exists()) == (3, False), said.output
    assert "torch" in said.output


def test_a_list_on_the_command_line_is_one(ground: Ground) -> None:
    said = ground.tool("plan", "--recipe", str(RECIPE), "--set", "environment.reuse=[torch, [x]]")
    assert (said.code, "list of single values" in said.output) == (2, True), said.output
    assert yaml.safe_load("[torch, triton]") == ["torch", "triton"]
