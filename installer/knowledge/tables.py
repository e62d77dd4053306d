"""The tables of `installer/knowledge`: what is known of GPUs, drivers and engines, each row with its source.

Reads a table when it is first needed, once. Never fills a gap: what no row says is unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@cache
def table(name: str) -> Mapping[str, Any]:
    """The document `installer/knowledge/NAME.yaml`.

    Derived files are JSON below their comments, which is YAML as well and read much faster.
    """
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    body = text[re.match(r"(?:#.*\n|\n)*", text).end() :]  # type: ignore[union-attr]
    document: Mapping[str, Any] = json.loads(body) if body.startswith("{") else parsed(text)
    return document


def parsed(text: str) -> Mapping[str, Any]:
    """A document of YAML, by the parser in C if this installation has it: ten times faster."""
    import yaml

    document: Mapping[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return document
