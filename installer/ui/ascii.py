"""The screen in letters that every terminal has, where its locale has no others. One cell stays one cell."""

from __future__ import annotations

import locale
import os
import sys
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import LineFilter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.color import Color

_PLAIN = ("C", "POSIX")
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python sets LC_CTYPE to where the locale is `C` (PEP 538)."""
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


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal's locale has no more than ASCII or Latin letters.

    If no locale is set (a pod has none set), Python assumes UTF-8 and terminals show it. `C` and `POSIX` are a
    choice, although Python reads them as UTF-8 too, for which it may set LC_CTYPE itself.
    """
    chosen = [environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")]
    if chosen[0] is None and chosen[1] in _COERCED and chosen[2] in _PLAIN:
        del chosen[1]
    name = next(filter(None, chosen), "")
    codeset = name.partition(".")[2].partition("@")[0].lower().replace("-", "")
    if name in _PLAIN or codeset:  # the name is what was chosen, whether this machine has that locale or not
        return codeset != "utf8"
    encoding = sys.__stdout__.encoding if sys.__stdout__ else ""
    names = {name.lower().replace("-", "") for name in (encoding, locale.getpreferredencoding(False)) if name}
    return bool(names) and not any(name.startswith("utf") for name in names)
