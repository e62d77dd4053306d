"""The text in which engines tell their figures (Prometheus' exposition format). Pure; what is no figure is left out."""

from __future__ import annotations

import re
from collections.abc import Collection

_LINE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})? ([-+.\deE]+)$", re.MULTILINE)


def sums(page: str, wanted: Collection[str] = ()) -> dict[str, float]:
    """Each figure by its name, summed over what the page tells apart; `wanted`: only these (all where empty)."""
    found: dict[str, float] = {}
    for match in _LINE.finditer(page):
        if wanted and match[1] not in wanted:
            continue
        try:
            found[match[1]] = found.get(match[1], 0.0) + float(match[2])
        except ValueError:
            continue
    return found
