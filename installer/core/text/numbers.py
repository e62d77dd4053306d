"""Whole numbers as people and programs write them. What else looks like digits (`²`, `٣`) is none."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"[0-9]{1,20}")


def is_whole(text: str) -> bool:
    """Whether it is made of the digits 0 to 9 alone, and short enough for a number that means something."""
    return _WHOLE.fullmatch(text) is not None
