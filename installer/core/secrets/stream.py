"""Takes secrets out of a stream of bytes that comes in pieces of any size, wherever they are cut.

A line is passed on when it is complete. Of a line without an end so much is kept back that no secret is cut in two.
"""

from __future__ import annotations

import re

from installer.core.secrets.redactor import Lines, Redactor

_END = re.compile(rb"\r\n|\n|\r")
_LONGEST = 64 * 1024
_KEPT_BACK = 8 * 1024
"""No secret that is known to the redactor, in any of its printed forms, is assumed to be longer."""


class Stream:
    """Bytes in, the same bytes without secrets out."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._lines = Lines(redactor)
        self._rest = bytearray()

    def feed(self, piece: bytes) -> bytes:
        """What can be passed on after `piece`."""
        self._rest += piece
        out, start = [], 0
        # A carriage return at the very end may be the first half of a line's end.
        complete = len(self._rest) - self._rest.endswith(b"\r")
        for end in _END.finditer(self._rest, 0, complete):
            out += [self._line(self._rest[start : end.start()]), end.group()]
            start = end.end()
        del self._rest[:start]
        if len(self._rest) > _LONGEST:
            out.append(self._cut())
        return b"".join(out)

    def finish(self) -> bytes:
        """What was kept back; the stream has ended."""
        rest = self._line(self._rest) if self._rest else b""
        self._rest.clear()
        return rest

    def _line(self, raw: bytes | bytearray) -> bytes:
        return self._lines.line(_text(raw)).encode("utf-8", "surrogateescape")

    def _cut(self) -> bytes:
        """The safe beginning of a line that has no end: it is redacted whole, and its end stays for the next piece."""
        clean = self._redactor.text(_text(self._rest)).encode("utf-8", "surrogateescape")
        keep = min(_KEPT_BACK, len(clean))
        self._rest[:] = clean[len(clean) - keep :]
        return clean[: len(clean) - keep]


def _text(raw: bytes | bytearray) -> str:
    return bytes(raw).decode("utf-8", "surrogateescape")
