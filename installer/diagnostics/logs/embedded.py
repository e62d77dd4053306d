"""The output of a build that an installer shows inside its own message, moved back to the margin. Pure.

Never changes a line outside of such a block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from installer.diagnostics.logs.lines import Line

_OPENS = re.compile(
    r"^(?P<margin>\s{2,})(?:\[(?:stdout|stderr)\]|--- std(?:out|err))\s*$"
    r"|^(?P<corner>\s*[╰`]─?-?> )\[\d+ lines? of output\]\s*$"
)
"""uv names the stream, indented like what follows; pip draws a corner, and what follows is under its text."""


def at_the_margin(lines: Iterable[Line]) -> Iterator[Line]:
    """Each line; those of a shown output without the indentation that only says that they are one."""
    margin = ""
    for line in lines:
        if match := _OPENS.match(line.text):
            margin = " " * len(match["margin"] or match["corner"])
            line = replace(line, text="")  # noqa: PLW2901
        elif margin and line.text.startswith(margin):
            line = replace(line, text=line.text[len(margin) :])  # noqa: PLW2901
        elif line.text.strip():
            margin = ""
        yield line
