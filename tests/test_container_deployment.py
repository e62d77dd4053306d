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

from installer.core.recipe_loader import load
from installer.session import recipes
from stages import container_files
from tests.stand_ins.deployment import Deployment, free_port
from tests.stand_ins.docker import BASE_IMAGE, docker, missing

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def image(deployment: Deployment) -> Iterator[str]:
    """An image that holds the deployment's environment, and the Python that this one was made with, where they were."""
    if why := missing():
        pytest.skip(why)
    environment = deployment.home.current.resolve()
    base = Path((environment / "bin/python").resolve()).parents[1]
    inside = [str(folder).lstrip("/") for folder in {environment, base} if folder != Path("/usr")]
    name, tag = "deploy-tui-test-engine", "deploy-tui-test/engine:1"
    docker("rm", "--force", name)
    docker("run", "--detach", "--init", "--name", name, BASE_IMAGE, "sleep", "600", check=True)
    try:
        docker("exec", name, "chmod", "755", "/root", check=True)
        packed = subprocess.Popen(["tar", "-c", "-C", "/", *inside], stdout=subprocess.PIPE)
        subprocess.run(["docker", "cp", "-", f"{name}:/"], stdin=packed.stdout, check=True)
        assert packed.wait() == 0
        path = f"ENV PATH={environment}/bin:/usr/local/bin:/usr/bin:/bin"
        docker("commit", "--change", path, name, tag, check=True)
    finally:
        docker("rm", "--force", name)
    yield tag
    docker("image", "rm", "--force", tag)


@pytest.fixture
def recipe_file(image: str, deployment: Deployment, tmp_path: Path) -> Iterator[Path]:
    """The embedded default, served from that image."""
    shipped = yaml.safe_load((recipes.folder() / "qwen2.5-0.5b-cpu.yaml").read_text(encoding="utf-8"))
    model = next(deployment.home.models.iterdir())
    written = {
        "schema": 1,
        "name": "engine-in-a-container",
        "title": "A CPU engine in a container",
        "container": {"image": image, "gpus": False, "user": "vllm", "environment": {"HOME": "/tmp"}, "shm_mib": 256,
                      "ulimits": {"nofile": 65536}},
        "engine": {"name": "vllm"},
        "model": {"served_as": "tiny", "path": str(model)},
        "verification": {"imports": ["torch", "transformers", "vllm"]},
        "server": {**shipped["server"], "port": free_port()},
    }  # fmt: skip
    file = tmp_path / "engine.yaml"
    file.write_text(yaml.safe_dump(written))
    yield file
    recipe = load(file.read_text(encoding="utf-8"), str(file))
    docker("rm", "--force", container_files.name(recipe))
    docker("image", "rm", "--force", container_files.tag(recipe))


def test_a_real_engine_answers_from_a_container(recipe_file: Path, tmp_path: Path) -> None:
    made = Deployment(tmp_path / "home")

    done = made.tool("--stage", "all", "--yes", "--json", "--recipe", str(recipe_file))

    assert done.returncode == 0, done.stderr[-3000:]
    events = [json.loads(line) for line in done.stdout.splitlines()]
    ready = next(event for event in events if event["event"] == "server-ready")
    assert set(json.loads(ready["structured"])) == {"language", "is_question"}
    name = container_files.name(load(recipe_file.read_text(encoding="utf-8"), str(recipe_file)))
    assert docker("exec", name, "id", "-un").stdout.strip() == "vllm", "the server does not run as root"
    assert docker("exec", name, "sh", "-c", "ulimit -n").stdout.strip() == "65536"
    assert made.tool("server", "stop").returncode == 0
    assert not docker("ps", "--all", "--quiet", "--filter", f"name={name}").stdout.strip()
    shutil.rmtree(made.root)
