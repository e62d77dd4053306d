"""What a release consists of: the wheel, its guard against the package of the same import name, and the single file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from installer import __version__
from installer.core.errors import ExitCode
from tests.stand_ins import docker, wheels

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(target), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(target.glob("deploy_tui-*.whl"))


def test_the_wheel_claims_two_names_and_carries_its_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"installer", "stages"}
    for recipe in ROOT.glob("recipes/*.yaml"):
        assert f"installer/_recipes/{recipe.name}" in names
    for data in ("installer/ui/deploy.tcss", "stages/scripts/verify.py", "stages/scripts/make_stand_in.py"):
        assert data in names
    assert any(name.startswith("installer/knowledge/") for name in names)


def test_the_source_distribution_has_the_files_of_the_repository_alone(tmp_path: Path) -> None:
    """No caches that tests and tools leave in a checkout, and that ignore themselves for git only."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert "installer/cli/__init__.py" in names
    assert names - {*listed, "PKG-INFO"} == set()


def test_it_says_the_version_that_it_is(wheel: Path) -> None:
    assert wheel.name.startswith(f"deploy_tui-{__version__}-")
    code = "import sys; from installer.cli import main; sys.exit(main(['--version']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout == f"deploy-tui {__version__}\n"


def test_the_changelog_begins_with_the_version() -> None:
    headings = [line for line in (ROOT / "CHANGELOG.md").read_text("utf-8").splitlines() if line.startswith("## ")]
    assert headings[0] == f"## {__version__}"


def test_a_tag_names_the_version() -> None:
    """Of the commit that is tested, if it has a tag."""
    command = ["git", "tag", "--points-at", "HEAD", "v*"]
    tags = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert set(tags) <= {f"v{__version__}"}


def test_it_refuses_to_share_an_environment_with_its_namesake(wheel: Path, tmp_path: Path) -> None:
    wheels.build(tmp_path, "installer", "1.0.0")
    venv.create(tmp_path / "env", with_pip=False)
    site = next((tmp_path / "env/lib").glob("python3*/site-packages"))
    for file in (tmp_path / "installer-1.0.0-py3-none-any.whl", wheel):
        with zipfile.ZipFile(file) as archive:
            archive.extractall(site)
    code = "import sys; from installer.cli import main; sys.exit(main(['--version']))"
    done = subprocess.run(
        [str(tmp_path / "env/bin/python"), "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 2
    assert "shares its environment with the package `installer`" in done.stderr


_CANNOT_BE_HAD = 69
"""What `dist.sh` ends with where its packer cannot be installed."""


@pytest.fixture(scope="module")
def single_file(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("single") / "deploy-tui.pyz"
    done = subprocess.run(
        [str(ROOT / "dist.sh"), "--file", str(wheel), str(made)],
        env={**os.environ, "DIST_PYTHONS": sys.executable}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == _CANNOT_BE_HAD:
        pytest.skip(f"the single file cannot be packed: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return made


@pytest.mark.real
def test_the_single_file_says_its_version_and_makes_a_plan_without_the_network(
    single_file: Path, tmp_path: Path
) -> None:
    def told(*words: str) -> str:
        command = [getattr(sys, "_base_executable", sys.executable), "-I", str(single_file), *words]
        done = subprocess.run(command, env=environment, cwd=empty, capture_output=True, text=True, check=False)
        assert done.returncode in (ExitCode.OK, ExitCode.PREDICTED), done.stderr
        return done.stdout

    (empty := tmp_path / "empty").mkdir()
    environment = {"HOME": str(tmp_path / "user"), "PEX_ROOT": str(tmp_path / "pex"), "PATH": "/usr/bin:/bin"}
    assert told("--version") == f"deploy-tui {__version__}\n"
    words = ("plan", "--recipe", "qwen2.5-0.5b-cpu", "--home", str(tmp_path / "home"), "--json", "--offline")
    plan = json.loads(told(*words))
    assert plan["recipe"] == "qwen2.5-0.5b-cpu" and plan["facts"]["os"]
    assert list(empty.iterdir()) == []


@pytest.mark.real
@pytest.mark.skipif(bool(docker.missing()), reason=docker.missing())
def test_the_single_file_runs_on_a_bare_debian(single_file: Path) -> None:
    """Nothing but a Python there: no pip, no git, no network; the image of `.ci/docker`."""
    tool = "python3 -I /deploy-tui.pyz"
    script = f"""
        set -e
        for program in git pip3 curl; do ! command -v $program >/dev/null; done
        {tool} --version
        {tool} doctor --json --home /root/home >/root/doctor.json || test $? = 3
        python3 -m json.tool /root/doctor.json >/dev/null
        {tool} plan --recipe qwen2.5-0.5b-cpu --home /root/home --offline --json >/root/plan.json || test $? = 3
        python3 -m json.tool /root/plan.json >/dev/null
        {tool} --stage 1,2 --recipe qwen2.5-0.5b-cpu --home /root/home --offline --yes
    """
    mount = f"type=bind,source={single_file},target=/deploy-tui.pyz,readonly"
    done = docker.docker(
        "run", "--rm", "--network", "none", "--mount", mount, docker.BASE_IMAGE, "sh", "-c", script
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"deploy-tui {__version__}\n")
