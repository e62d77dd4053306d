"""JSON that someone else wrote: a model's config, a client's settings, an answer from the network.

Never passes on what could not be written down again, or what takes a traceback to find out.
"""

from __future__ import annotations

import json
import re
from typing import Any

_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}|[\ud800-\udfff]")


def loads(text: str) -> Any:
    """What `text` says. Raises `ValueError` if it is no JSON, is nested too deep, or contains half a character."""
    try:
        body = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if found := _HALF.search(text):
        try:
            json.dumps(body, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            line = text.count("\n", 0, found.start()) + 1
            raise ValueError(f"it contains an incomplete character in or after line {line}") from None
    return body
