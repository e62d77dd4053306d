"""Text that others wrote, made safe to show. Never interprets it: no markup, no escape codes, no direction marks."""

from __future__ import annotations

import re

from textual.content import Content

from installer.core.text.plain import clean

WIDEST = 2000
"""Characters of one line that are shown; the log file keeps the rest."""
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """`text` as one line without anything that a terminal would act on."""
    shown = _DIRECTION.sub("", clean(text.replace("\n", " "))).expandtabs()
    return shown if len(shown) <= WIDEST else shown[: WIDEST - 1] + "…"


def said(text: str, style: str = "") -> Content:
    """`plain(text)` in one style, ready to be shown."""
    return Content.styled(plain(text), style) if style else Content(plain(text))
