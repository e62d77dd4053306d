"""The CPU engine inside a container that is built, started, proven and stopped from the generated files.

The image is made on the spot from the environment that the session's deployment installed: no registry is asked.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from installer.core.recipes.loader import load
from installer.session import recipes
from stages import container_files
from tests.stand_ins.deployment import Deployment, free_port
from tests.stand_ins.docker import BASE_IMAGE, docker, missing

pytestmark = pytest.mark.real


SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.fixture(scope="module")
def image(real_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image that holds the environment of the session's deployment, and the Python that it was made with."""
    if why := missing():
        pytest.skip(why)
    tag, environment = "deploy-tui-test/engine:1", real_environment
    python = (environment / "bin/python").resolve().parents[1]
    own = [] if python == Path("/usr") else [str(python)]
    left_out = [f"--exclude={python.relative_to('/')}/lib/python3*/{name}" for name in ("site-packages", "test")]
    system = base(tmp_path_factory.mktemp("image"))
    words = [
        "tar",
        "-c",
        *left_out,
        "-C",
        str(system),
        ".",
        "-C",
        "/",
        *(path.lstrip("/") for path in (str(environment), *own)),
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as packed:
        path = f"ENV PATH={environment}/bin:{SYSTEM_PATH}"
        subprocess.run(["docker", "import", "--change", path, "-", tag], stdin=packed.stdout, check=True)
    assert packed.returncode == 0
    shutil.rmtree(system)
    yield tag
    docker("image", "rm", "--force", tag)


def base(folder: Path) -> Path:
    """The files of the base image, with a home of root that others may pass through."""
    name = docker("create", BASE_IMAGE, "true", check=True).stdout.strip()
    with subprocess.Popen(["docker", "export", name], stdout=subprocess.PIPE) as exported:
        subprocess.run(["tar", "-x", "-C", str(folder)], stdin=exported.stdout, check=True)
    docker("rm", name, check=True)
    (folder / "root").chmod(0o755)
    return folder


@pytest.fixture
def recipe_file(image: str, deployed: Deployment, tmp_path: Path) -> Iterator[Path]:
    """The embedded default, served from that image."""
    shipped = yaml.safe_load((recipes.folder() / "qwen2.5-0.5b-cpu.yaml").read_text(encoding="utf-8"))
    # A model out of a package takes an environment to convert, and a container's home has none: the one that is there.
    model = next(folder for folder in deployed.home.models.iterdir() if (folder / "config.json").exists())
    written = {
        "schema": 1,
        "name": "engine-in-a-container",
        "title": "A CPU engine in a container",
        "container": {"image": image, "gpus": False, "user": "vllm", "environment": {"HOME": "/tmp"}, "shm_mib": 256,
                      "ulimits": {"nofile": 1000}},
        "engine": {"name": "vllm"},
        "model": {"served_as": shipped["model"]["served_as"], "path": str(model)},
        "verification": {"imports": ["torch", "transformers", "vllm"]},
        "server": {**shipped["server"], "port": free_port()},
    }  # fmt: skip
    file = tmp_path / "engine.yaml"
    file.write_text(yaml.safe_dump(written))
    yield file
    recipe = load(file.read_text(encoding="utf-8"), str(file))
    docker("rm", "--force", container_files.name(recipe))
    docker("image", "rm", "--force", container_files.tag(recipe))


def test_a_real_engine_answers_from_a_container(recipe_file: Path, deployed: Deployment, tmp_path: Path) -> None:
    made = Deployment(tmp_path / "home")

    done = made.tool("--stage", "all", "--yes", "--json", "--recipe", str(recipe_file))

    assert done.returncode == 0, done.stderr[-3000:]
    events = [json.loads(line) for line in done.stdout.splitlines()]
    ready = next(event for event in events if event["event"] == "server-ready")
    assert set(json.loads(ready["structured"])) == {"language", "is_question"}
    name = container_files.name(load(recipe_file.read_text(encoding="utf-8"), str(recipe_file)))
    assert docker("exec", name, "id", "-un").stdout.strip() == "vllm", "the server does not run as root"
    assert docker("exec", name, "sh", "-c", "ulimit -n").stdout.strip() == "1000"
    assert made.tool("server", "stop").returncode == 0
    assert not docker("ps", "--all", "--quiet", "--filter", f"name={name}").stdout.strip()
    shutil.rmtree(made.root)
