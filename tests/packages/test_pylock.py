"""Cutting lock files and following who needs whom."""

from __future__ import annotations

import pytest

from installer.packages import pylock

TEXT = """lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "torch"
version = "2.13.0+cpu"
wheels = [{ url = "file:///w/torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl", size = 7 }]

[[packages]]
name = "numpy"
version = "2.0"
sdist = { url = "https://x/numpy-2.0.tar.gz", hashes = { sha256 = "bb" } }
wheels = [
    { url = "https://x/numpy-2.0-py3-none-any.whl", hashes = { sha256 = "cc" } },
    { url = "https://x/numpy-2.0-cp311-cp311-manylinux_2_17_x86_64.whl", hashes = { sha256 = "dd" } },
    { url = "https://x/numpy-2.0-cp311-cp311-manylinux_2_28_x86_64.whl", hashes = { sha256 = "ee" } },
]
"""


def test_only_keeps_head_and_named_packages() -> None:
    cut = pylock.only(TEXT, {"numpy"})
    assert [p["name"] for p in pylock.packages(cut)] == ["numpy"]
    assert cut.startswith('lock-version = "1.0"')
    assert pylock.packages(pylock.only(TEXT, set())) == []


def test_the_newest_platform_wheel_is_the_best() -> None:
    torch, numpy = pylock.packages(TEXT)
    assert pylock.best_wheel(torch)["size"] == 7
    assert "manylinux_2_28" in pylock.best_wheel(numpy)["url"]


@pytest.mark.parametrize(
    ("requirement", "name"),
    [("flashinfer_python[cu13]==0.7.2", "flashinfer-python"), ("torch", "torch"), ("Foo.Bar>=1; x", "foo-bar")],
)
def test_names_are_normal(requirement: str, name: str) -> None:
    assert pylock.requirement_name(requirement) == name


def test_each_package_says_which_index_it_came_from() -> None:
    annotated = "torch==2.13.0+cpu   # via x\n    # from /w\nnumpy==2.0   # via torch\n    # from https://i/simple\n"
    assert pylock.indexes(annotated) == {"torch": "/w", "numpy": "https://i/simple"}
    torch, numpy = pylock.packages(pylock.with_indexes(TEXT, pylock.indexes(annotated)))
    assert "index" not in torch
    assert numpy["index"] == "https://i/simple" and len(numpy["wheels"]) == 3
    twice = pylock.with_indexes(pylock.with_indexes(TEXT, pylock.indexes(annotated)), {"numpy": "https://other"})
    assert pylock.packages(twice)[1]["index"] == "https://i/simple"


def test_a_closure_is_everything_that_a_package_needs() -> None:
    graph = pylock.parents(
        "torch==2.0   # via deployment (pyproject.toml), engine\n"
        "sympy==1.1   # via torch\nmpmath==1    # via sympy\nfastapi==1   # via engine\nengine==1\n"
    )
    assert pylock.closure({"torch"}, graph) == {"torch", "sympy", "mpmath"}
    assert pylock.closure({"absent"}, graph) == set()
