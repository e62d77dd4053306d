"""The screen in letters that every terminal has, where its locale has no others. One cell stays one cell."""

from __future__ import annotations

import locale
import sys
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import LineFilter

if TYPE_CHECKING:
    from textual.color import Color

_SIGNS = {
    "✓": "+", "✗": "X", "×": "x", "▸": ">", "◂": "<", "·": ".", "–": "-", "…": ".", "★": "*", "●": "*", "→": ">",
    "“": '"', "”": '"', "’": "'", "°": "o", "▼": "v", "▲": "^", "↑": "^", "↓": "v", "←": "<", "│": "|", "║": "|",
    "▌": "|", "▐": "|", "▏": "|", "▕": "|", "▎": "|", "▊": "|", "━": "=", "╸": "-", "╺": "-", "─": "-", "═": "=",
    "▔": "-", "█": "#", "▓": "#", "▒": "%", "░": ".", "▀": "#", "▄": "#",
}  # fmt: skip
"""What our own signs become."""
_LEVELS = dict(zip("▁▂▃▅▆▇", "_.-+*#", strict=True))
_CORNERS = dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼┏┓┗┛╔╗╚╝", "+")
_TABLE = str.maketrans({**_SIGNS, **_LEVELS, **_CORNERS})


def plain_letters(text: str) -> str:
    """`text` in ASCII, as wide as before; a letter that has no like becomes a question mark, a wide one two."""
    if text.isascii():
        return text
    from rich.cells import cell_len

    shown = text.translate(_TABLE)
    return shown if shown.isascii() else "".join(c if c.isascii() else "?" * cell_len(c) for c in shown)


class Ascii(LineFilter):
    """Applied to every line before it is drawn."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(plain_letters(text), style, control) for text, style, control in segments]


def wanted() -> bool:
    """Whether the terminal's locale has no more than ASCII or Latin letters."""
    encoding = sys.__stdout__.encoding if sys.__stdout__ else ""
    names = {name.lower().replace("-", "") for name in (encoding, locale.getpreferredencoding(False)) if name}
    return bool(names) and not any(name.startswith("utf") for name in names)
