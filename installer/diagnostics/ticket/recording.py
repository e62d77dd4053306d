"""The recording of a run for its ticket: read with care, cleaned row by row, and played on its page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from html import escape
from importlib.resources import files
from pathlib import Path

from installer.core.errors import DamagedError
from installer.core.runs.cast import OUTPUT, Cast, Shown, parse
from installer.core.runs.terminal_frames import STEPS
from installer.core.text.ansi_row import changed
from installer.core.text.plain import clean
from installer.disk.reading import read_own

_MOST = 5_000_000
"""Bytes of a recording; ours are shorter."""
_BEFORE_FAILURE_S = 1.0


def recorded(file: Path, change: Callable[[str], str]) -> Cast | None:
    """A recording whose rows are as `change` has them; `None` if there is none that can be read."""
    try:
        cast = parse((read_own(file, _MOST) or b"").decode("utf-8", "replace"))
    except (OSError, ValueError, DamagedError, RecursionError):
        return None
    row = lru_cache(4096)(lambda text: changed(text, change))
    events = tuple(Shown(one.at, one.kind, _event(one, row)) for one in cast.events)
    return Cast(cast.columns, cast.rows, cast.began, row(cast.title), events)


def rows(cast: Cast) -> Iterator[str]:
    """Every row that it shows, once, without colours."""
    seen = set()
    for event in cast.events:
        for part in STEPS.split(event.text):
            text = clean(part).strip()
            if text and text not in seen:
                seen.add(text)
                yield text


def player(cast: Cast | None) -> str:
    """What plays it on a page; a sentence where there is nothing to play."""
    if cast is None or not cast.events:
        return "<p>This run was not shown in a terminal, so there is no recording.</p>"
    marks = [(one, escape(one.text)) for one in cast.marks]
    buttons = "".join(f'<button type="button" data-at="{one.at:.3f}">{name}</button>' for one, name in marks)
    failed = next((one.at for one in reversed(cast.marks) if one.text.startswith("failed")), None)
    tape = {
        "rows": cast.rows, "seconds": round(cast.seconds, 3),
        "begin": 0 if failed is None else max(0.0, failed - _BEFORE_FAILURE_S),
        "events": [[round(one.at, 3), one.kind, one.text] for one in cast.events],
    }  # fmt: skip
    data = json.dumps(tape, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    script = files(__package__).joinpath("player.js").read_text(encoding="utf-8")
    speeds = "".join(f'<option value="{n}"{" selected" if n == 4 else ""}>×{n}</option>' for n in (1, 2, 4, 16, 64))
    return (
        f'<div id="player"><pre></pre><p><button type="button">Play</button> <input type="range" min="0" '
        f'max="{cast.seconds:.3f}" step="any" aria-label="Where it stands"> <output></output> '
        f'<select aria-label="Speed">{speeds}</select></p><nav>{buttons}</nav></div>\n'
        f'<script type="application/json" id="tape">{data}</script>\n<script>\n{script}</script>'
    )


def _event(event: Shown, row: Callable[[str], str]) -> str:
    if event.kind != OUTPUT:
        return clean(row(event.text))
    return "".join(part if at % 2 else row(part) for at, part in enumerate(STEPS.split(event.text)))
