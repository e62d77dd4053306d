"""The text of a recipe file out of plain values, with a comment above each that has a reason. Pure; decides nothing."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from installer.core.files.document import Scalar

_PLAIN = re.compile(r"[A-Za-z0-9/][A-Za-z0-9._/+-]*(?: [A-Za-z0-9(][A-Za-z0-9._/+()-]*)*")
_NO_TEXT = re.compile(r"[-+.\d]*\d[\d.eE+-]*|true|false|null|yes|no|on|off|~", re.IGNORECASE)
_WIDTH = 118


def text_of(document: Mapping[str, Any], why: Mapping[str, str], heading: str) -> str:
    """`why`: reasons by the dotted key that they are about."""
    lines = [*_comment(heading, ""), ""]
    for key, value in document.items():
        lines += (
            ["", *_entry(key, value, key, why, 0)]
            if isinstance(value, dict | list)
            else _entry(key, value, key, why, 0)
        )
    return "\n".join(lines) + "\n"


def _entry(key: str, value: Any, path: str, why: Mapping[str, str], depth: int) -> Iterator[str]:
    pad = "  " * depth
    yield from _comment(why.get(path, ""), pad)
    if isinstance(value, Mapping) and value:
        yield f"{pad}{key}:"
        for inner, deeper in value.items():
            yield from _entry(inner, deeper, f"{path}.{inner}", why, depth + 1)
    elif isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(one, Mapping) for one in value):
        yield f"{pad}{key}:"
        for one in value:
            yield from _item(one, path, why, depth + 1)
    else:
        yield f"{pad}{key}: {_flow(value)}"


def _item(value: Mapping[str, Any], path: str, why: Mapping[str, str], depth: int) -> Iterator[str]:
    lines = [line for key, inner in value.items() for line in _entry(key, inner, f"{path}.{key}", why, depth + 1)]
    pad = "  " * depth
    yield f"{pad}- {lines[0].lstrip()}"
    yield from lines[1:]


def _comment(text: str, pad: str) -> Iterator[str]:
    for line in text.splitlines():
        for wrapped in textwrap.wrap(line, _WIDTH - len(pad), break_long_words=False, break_on_hyphens=False) or [""]:
            yield f"{pad}# {wrapped}".rstrip()


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list | tuple):
        words = [_scalar(one) for one in value]
        if any(word.startswith('"') for word in words):
            words = [json.dumps(one, ensure_ascii=False) for one in value]
        return f"[{', '.join(words)}]"
    return _scalar(value)


def _scalar(value: Scalar | None) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _NO_TEXT.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)
