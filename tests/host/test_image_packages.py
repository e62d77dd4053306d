"""Packages by the names of their folders."""

from __future__ import annotations

from pathlib import Path

from installer.host.image_packages import packages, versions
from installer.knowledge.packages import having


def test_versions_are_read_off_folder_names() -> None:
    names = [
        "torch-2.8.0+cu128.dist-info", "torch", "flashinfer_python-0.6.15.post1.dist-info", "vllm-0.33.0.dist-info",
        "sgl_kernel-0.3.21-py3.12.egg-info", "requests-2.32.0.dist-info", "torchgen", "xformers-0.0.30.dist-info",
    ]  # fmt: skip

    assert versions(names, having("reported")) == {
        "torch": "2.8.0+cu128", "flashinfer-python": "0.6.15.post1", "vllm": "0.33.0", "sgl-kernel": "0.3.21",
        "xformers": "0.0.30",
    }  # fmt: skip


def test_the_environment_of_python3_wins_over_its_base(tmp_path: Path) -> None:
    for prefix, version in (("env", "2.11.0+cu130"), ("base", "2.4.1")):
        (tmp_path / prefix / "bin").mkdir(parents=True)
        (tmp_path / prefix / "bin/python3").write_text("")
        (tmp_path / prefix / "bin/python3").chmod(0o755)
        (tmp_path / prefix / f"lib/python3.12/site-packages/torch-{version}.dist-info").mkdir(parents=True)
    (tmp_path / "base/local/lib/python3.12/dist-packages/vllm-0.9.2.dist-info").mkdir(parents=True)
    environment = {"PATH": str(tmp_path / "env/bin"), "HOME": str(tmp_path)}

    found = packages(str(tmp_path / "base/bin/python3"), having("reported"), environment)

    assert found["torch"] == "2.11.0+cu130"
    assert found["vllm"] == "0.9.2"


def test_only_the_version_in_use_counts_where_a_prefix_holds_several(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3.12").write_text("")
    for minor in ("3.11", "3.12"):
        (tmp_path / f"lib/python{minor}/site-packages/sglang-0.5.{minor[2:]}.dist-info").mkdir(parents=True)

    found = packages(str(tmp_path / "bin/python3.12"), having("reported"), {"PATH": "", "HOME": str(tmp_path)})

    assert found["sglang"] == "0.5.12"
