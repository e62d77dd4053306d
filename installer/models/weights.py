"""Which files of a model's folder an engine loads, and how many bytes they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SETS = (
    re.compile(r"(?!consolidated)(?!adapter_)[^/]+\.safetensors"),
    re.compile(r"consolidated[^/]*\.safetensors"),
    re.compile(r"pytorch_model[^/]*\.bin"),
    re.compile(r"consolidated[^/]*\.pth"),
)
"""The same weights in several formats, the one that is loaded first. Folders inside are never loaded."""


def bytes_of(files: Mapping[str, int | None]) -> int | None:
    """Bytes of the weights; `None` where there are none, or the size of one is not known."""
    for pattern in _SETS:
        sizes = [size for name, size in files.items() if pattern.fullmatch(name)]
        if sizes:
            known = [size for size in sizes if size is not None]
            return sum(known) if len(known) == len(sizes) and sum(known) > 0 else None
    return None
