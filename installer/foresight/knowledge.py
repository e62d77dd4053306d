"""The tables of `installer/knowledge`: what is known of GPUs, drivers and engines, each row with its source.

Reads a table when it is first asked for, once. Never fills a gap: what no row says is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent.parent / "knowledge"


@cache
def table(name: str) -> Mapping[str, Any]:
    """The document `installer/knowledge/NAME.yaml`."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: Mapping[str, Any] = yaml.load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), loader)
    return document
