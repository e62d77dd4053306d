"""A bundle on a bare machine: nothing there but a shell and tar, with a Python and without one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from installer.bundles import tool_wheel
from installer.core.machine.file import to_mapping
from installer.core.runs.home import Home
from installer.host.facts import read_facts
from tests.faults.ground import RECIPE, Ground
from tests.faults.index import serve
from tests.stand_ins import bare, wheels

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(bare.missing()), reason=bare.missing())]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("python") / "python"
    if lacking := bare.python(place):
        pytest.skip(lacking)
    return place


@pytest.fixture(scope="module")
def bundle(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """With the tool and a Python, for a machine that has none; the tool's own packages are those that are installed
    here."""
    root = tmp_path_factory.mktemp("maker")
    wheels.stack(root / "wheels")
    wheels.of_installed(root / "wheels", tool_wheel.requirements())
    machine = {**to_mapping(read_facts(root, ())), "python": []}
    (root / "machine.yaml").write_text(yaml.safe_dump(machine))
    with serve(root / "wheels") as index:
        maker = Ground(root, Home(root / "home"), index)
        maker.environment["UV_PYTHON_DOWNLOADS_JSON_URL"] = bare.offered(python, root / "offered")
        said = maker.tool(
            "bundle", "make", str(RECIPE), "--machine", str(root / "machine.yaml"), "-o", str(root / "bundle"),
            "--part-size", "16MiB", "--set", f"environment.python==={bare.VERSION}.*",
        )  # fmt: skip
    assert said.code == 0, said.output
    kinds = {member["what"] for member in json.loads((root / "bundle/bundle.json").read_text())["members"]}
    assert kinds == {"document", "tool", "python", "wheel"}
    yield root / "bundle"
    shutil.rmtree(root)


@pytest.mark.parametrize("has_python", [False, True], ids=["no Python", "a Python"])
def test_it_installs_the_tool_and_deploys(bundle: Path, python: Path, tmp_path: Path, has_python: bool) -> None:
    root = tmp_path / "machine"
    if has_python:
        shutil.copytree(python, root / "opt/python", symlinks=True)
    done = bare.run(root, bundle, ["sh", "/bundle/install.sh", "--stage", "2-7", "--yes"])
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    current = root / "root/.local/state/deploy-tui/current"
    generation = root / str(current.readlink()).lstrip("/") if current.readlink().is_absolute() else current
    installed = {found.name for found in generation.glob("lib/python3*/site-packages/*.dist-info")}
    assert {"torch-2.0.0.dist-info", "mini_engine-1.0.dist-info"} <= installed
    assert (root / "root/.local/share/deploy-tui/python").exists() != has_python
