"""Hints at a container, and what an image says of its CUDA."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.machine.facts import Container
from installer.host.container import container, toolkit_version


def _machine(tmp_path: Path, *files: str) -> Path:
    for file in files:
        path, _, text = file.partition("=")
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("files", "environment", "runtime"),
    [
        ([".dockerenv="], {}, "docker"),
        (["run/.containerenv=", ".dockerenv="], {}, "podman"),
        ([".dockerenv="], {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "kubernetes"),
        (["run/systemd/container=lxc\n"], {}, "lxc"),
        (["proc/1/cgroup=0::/kubepods.slice/kubepods-besteffort.slice/cri-containerd-abc.scope\n"], {}, "kubernetes"),
        (["proc/1/cgroup=12:memory:/docker/4f1a0c7e9d\n"], {}, "docker"),
        ([], {"RUNPOD_POD_ID": "abc"}, "runpod"),
        ([], {"VAST_CONTAINERLABEL": "C.123"}, "vast"),
    ],
)
def test_each_hint_is_seen(tmp_path: Path, files: list[str], environment: dict[str, str], runtime: str) -> None:
    found = container(environment, _machine(tmp_path, *files))

    assert found is not None
    assert found.runtime == runtime


def test_a_machine_without_hints_is_no_container(tmp_path: Path) -> None:
    assert container({}, _machine(tmp_path, "proc/1/cgroup=0::/init.scope\n")) is None


def test_the_image_says_its_cuda_in_the_environment(tmp_path: Path) -> None:
    found = container({"CUDA_VERSION": "12.4.1"}, _machine(tmp_path, ".dockerenv="))

    assert found == Container(runtime="docker", cuda="12.4")


def test_the_image_says_its_cuda_by_its_toolkit(tmp_path: Path) -> None:
    version = (
        '{\n "cuda" : {\n  "name" : "CUDA SDK",\n  "version" : "12.8.1"\n },\n "cuda_cccl" : {"version" : "1"}\n}\n'
    )
    found = container({}, _machine(tmp_path, ".dockerenv=", f"usr/local/cuda/version.json={version}"))

    assert found == Container(runtime="docker", cuda="12.8")


def test_an_older_toolkit_says_it_in_its_header(tmp_path: Path) -> None:
    root = _machine(tmp_path, "include/cuda.h=/* */\n#define CUDA_VERSION 11080\n")

    assert toolkit_version(root) == "11.8"
    assert toolkit_version(tmp_path / "nowhere") is None
