"""Include and exclude patterns mean what they mean to the hub's own client."""

from __future__ import annotations

import pytest
from huggingface_hub.utils import filter_repo_objects  # type: ignore[attr-defined]

from installer.core.recipes.globs import matching

PATHS = ["config.json", "model-1.safetensors", "original/params.json", "original/sub/x.pth", "a[1].txt", "README.md"]


@pytest.mark.parametrize(
    ("include", "exclude"),
    [
        ((), ()),
        (("*.json",), ()),
        (("original/",), ()),
        ((), ("original/",)),
        (("*",), ("*.md", "original/*")),
        (("*.json", "*.safetensors"), ("original/*",)),
        (("model-?.safetensors",), ()),
        (("a[1].txt",), ()),
        (("nothing*",), ()),
    ],
)
def test_the_same_as_the_hub_client(include: tuple[str, ...], exclude: tuple[str, ...]) -> None:
    theirs = filter_repo_objects(PATHS, allow_patterns=list(include) or None, ignore_patterns=list(exclude) or None)
    assert matching(PATHS, include, exclude) == list(theirs)
