"""Which files of a model's folder an engine loads, and how many bytes they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_SETS = (
    re.compile(r"(?!consolidated)(?!adapter_)[^/]+\.safetensors"),
    re.compile(r"consolidated[^/]*\.safetensors"),
    re.compile(r"pytorch_model[^/]*\.bin"),
    re.compile(r"consolidated[^/]*\.pth"),
)
"""The same weights in several formats, the one that is loaded first. Folders inside are never loaded."""


def loaded(files: Collection[str]) -> list[str]:
    """The files of weights that an engine loads; none if there are none of a kind that it knows."""
    return next((found for pattern in _SETS if (found := [name for name in files if pattern.fullmatch(name)])), [])


def bytes_of(files: Mapping[str, int | None]) -> int | None:
    """Bytes of the weights; `None` if there are none, or the size of one is not known."""
    sizes = [files[name] for name in loaded(files)]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) and sum(known) > 0 else None
