"""A manifest that `export kubernetes` wrote, started by podman: it answers, its probe sees it, it is taken down."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from installer.core.recipes import loader
from installer.session import exporting
from tests.stand_ins.deployment import free_port
from tests.stand_ins.patience import PATIENCE_S
from tests.stand_ins.podman import IMAGE, Podman, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
RECIPE = """\
schema: 1
name: pod
title: A small server
environment: {python: ">=3.10"}
pytorch: {skip: not wanted}
flashinfer: {skip: not wanted}
transformers: {skip: not wanted}
engine: {name: vllm, requires: ["vllm==0.19.0"]}
requirements: {gpu: false}
model: {served_as: tiny, path: /models/tiny}
server: {module: vllm.entrypoints.openai.api_server, port: PORT, flags: {--max-model-len: 400}}
"""
BODY = b'{"model": "tiny", "prompt": "a", "max_tokens": 1}'


@pytest.fixture
def podman() -> Iterator[Podman]:
    made = Podman()
    try:
        yield made
    finally:
        made.end()


def status(url: str, key: str = "") -> int:
    told = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, BODY, told), timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_a_deployment_answers_with_its_key_and_is_taken_down(podman: Podman, tmp_path: Path) -> None:
    port = free_port()  # podman listens on it for the whole machine
    recipe = loader.load(RECIPE.replace("PORT", str(port)), "pod.yaml")
    text = exporting.exported("kubernetes", recipe, image=IMAGE, key=True, plan=None)
    (tmp_path / "pod.yaml").write_text(text)
    (deployment,) = [one for one in yaml.safe_load_all(text) if one["kind"] == "Deployment"]
    (server,) = deployment["spec"]["template"]["spec"]["containers"]
    podman.build()
    podman.secret("pod-key", key="a-word")
    played = podman.run("kube", "play", str(tmp_path / "pod.yaml"), check=False)
    assert played.returncode == 0, played.stderr.decode()
    name = "pod-pod-0-server"
    url = f"http://{podman.address()}:{port}/v1/completions"
    deadline = time.monotonic() + PATIENCE_S
    while status(url) == 0:
        assert time.monotonic() < deadline, podman.run("logs", name, check=False)
        time.sleep(0.1)
    assert (status(url), status(url, "another"), status(url, "a-word")) == (401, 401, 200)
    probe = server["readinessProbe"]["exec"]["command"]
    assert podman.run("exec", name, *probe, check=False).returncode == 0
    podman.run("kube", "down", str(tmp_path / "pod.yaml"))
    assert podman.run("ps", "--all", "--quiet").stdout == b""
