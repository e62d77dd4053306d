"""Finds the pieces of a secret that a terminal wrapped: where a row ends, the secret continues in another one.

Eight characters of one are a piece; fewer are found everywhere by chance and are useless.
"""

from __future__ import annotations

from collections.abc import Iterable

from installer.core.secrets.values import is_plain

PIECE = 8
_LEAST = 12
"""Characters of the shortest secret that is looked for in pieces."""


class Fragments:
    """Of the secrets of one environment."""

    def __init__(self, secrets: Iterable[str]) -> None:
        long = [secret for secret in secrets if len(secret) >= _LEAST and not is_plain(secret)]
        self._pieces = frozenset(secret[at : at + PIECE] for secret in long for at in range(len(secret) - PIECE + 1))

    def text(self, text: str) -> str:
        """`text` with every character of such a piece as a star."""
        if not self._pieces:
            return text
        hidden = bytearray(len(text))
        for at in range(len(text) - PIECE + 1):
            if text[at : at + PIECE] in self._pieces:
                hidden[at : at + PIECE] = b"\1" * PIECE
        return "".join("*" if hide else sign for sign, hide in zip(text, hidden, strict=True)) if any(hidden) else text
