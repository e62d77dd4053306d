"""Text that others wrote, made safe to show. Never interprets it: no markup, no escape codes, nothing unseen."""

from __future__ import annotations

from textual.content import Content

from installer.core.text.plain import clean, visible

WIDEST = 2000
"""Characters of one line that are shown; the log file keeps the rest."""


def plain(text: str) -> str:
    """`text` as one line without anything that a terminal would act on."""
    shown = visible(clean(text.replace("\n", " "))).expandtabs()
    return shown if len(shown) <= WIDEST else shown[: WIDEST - 1] + "…"


def plain_content(text: str, style: str = "") -> Content:
    """`plain(text)` in one style, ready to be shown."""
    return Content.styled(plain(text), style) if style else Content(plain(text))
