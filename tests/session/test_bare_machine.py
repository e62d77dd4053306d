"""A bundle on a bare machine: nothing there but a shell and tar, with a Python and without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from installer.bundles import tool_wheel
from installer.core.machine.file import to_mapping
from installer.core.runs.home import Home
from installer.host.facts import read_facts
from tests.faults.index import serve
from tests.faults.testbed import RECIPE, Ground
from tests.stand_ins import bare, wheels

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(bare.missing()), reason=bare.missing())]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("python") / "python"
    if lacking := bare.python(place):
        pytest.skip(lacking)
    return place


@pytest.fixture(scope="module")
def bundle(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the tool and a Python, for a machine that has none; the tool's own packages are those that are installed
    here."""
    root = tmp_path_factory.mktemp("maker")
    wheels.stack(root / "wheels")
    wheels.of_installed(root / "wheels", tool_wheel.requirements())
    machine = {**to_mapping(read_facts(root, ())), "python": [], "ports_in_use": []}
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
    return root / "bundle"


def test_where_nothing_is_it_installs_the_tool_and_deploys(bundle: Path, tmp_path: Path) -> None:
    script = "sh /bundle/install.sh --stage 2-7 --yes >&2; cd /root/.local; echo share/deploy-tui/python/*"
    done = bare.run(tmp_path / "machine", bundle, f"{script} state/deploy-tui/current/lib/*/site-packages/*")
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    names = [Path(one).name for one in done.stdout.split()]
    assert {"torch-2.0.0.dist-info", "mini_engine-1.0.dist-info"} <= set(names), names
    assert names[0].startswith("cpython-"), "the one of the bundle"


def test_where_only_a_python_is_that_one_starts_the_tool(bundle: Path, python: Path, tmp_path: Path) -> None:
    script = "sh /bundle/install.sh; cd /root/.local/share/deploy-tui; bin/deploy-tui --version; echo *"
    done = bare.run(tmp_path / "machine", bundle, script, python)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert {"bin", "environment"} <= set(done.stdout.split()) and "python" not in done.stdout.split(), (
        "the one of the bundle was not needed"
    )
