"""What the name of a container image tells."""

from __future__ import annotations

import pytest

from installer.knowledge import images


@pytest.mark.parametrize(
    ("reference", "possible"),
    [("runpod/pytorch:2.8.0-py3.11-cuda12.8.1-cudnn-devel-ubuntu22.04", True),
     ("runpod/pytorch:2.8.0-py3.11-cuda12.8.1-cudnn-devel-ubuntu", False),
     ("runpod/pytorch:1.0.2-cu1281-torch280-ubuntu2404", True),
     ("docker.io/nvidia/cuda:12.4.1-devel-ubuntu22.04", True), ("nvidia/cuda:12.4.1-devel-ubuntu", False),
     ("vllm/vllm-openai:v0.8.3", True), ("vllm/vllm-openai:0.8.3", False), ("vllm/vllm-openai", True),
     ("lmsysorg/sglang:v0.4.8.post1-cu126", True), ("python:3.11-slim", None),
     ("nvidia/cuda@sha256:00", None)],
)  # fmt: skip
def test_whether_a_repository_has_such_tags(reference: str, possible: bool | None) -> None:
    found = images.by_reference(reference)

    assert found is not None
    assert found.possible is possible


def test_an_image_of_somebody_is_unknown() -> None:
    assert images.by_reference("somebody/else:1") is None


def test_cuda_images_come_without_what_a_script_starts_with() -> None:
    devel = images.by_reference("nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04")
    runtime = images.by_reference("nvidia/cuda:12.4.1-runtime-ubuntu22.04")

    assert devel is not None and runtime is not None
    assert {"curl", "git", "wget"} <= devel.lacks
    assert "nvcc" in devel.has
    assert "nvcc" in runtime.lacks
    assert devel.parts == {"cuda": "12.4.1", "flavor": "devel", "os": "ubuntu", "release": "22.04"}


def test_the_version_of_an_engine_is_in_its_tag() -> None:
    sglang = images.by_reference("lmsysorg/sglang:v0.4.8.post1-cu126")
    vllm = images.by_reference("vllm/vllm-openai:v0.8.3")

    assert sglang is not None and vllm is not None
    assert (sglang.engine, sglang.parts["engine"]) == ("sglang", "0.4.8.post1")
    assert (vllm.engine, vllm.parts["engine"]) == ("vllm", "0.8.3")


def test_nothing_is_said_of_what_an_impossible_tag_holds() -> None:
    found = images.by_reference("runpod/pytorch:2.8.0-py3.11-cuda12.8.1-cudnn-devel-ubuntu")

    assert found is not None
    assert not found.has and not found.lacks


def test_what_a_distribution_brings() -> None:
    jammy = images.distribution("ubuntu", "22.04")

    assert jammy is not None
    assert (jammy.python, jammy.glibc) == ("3.10", "2.35")
    assert images.distribution("ubuntu", "4.10") is None
