"""Keeping secrets out of everything that is written down.

A secret enters through the environment only (never a recipe). Whatever goes into an event, a log, a message or a
document passes a `Redactor` first, string by string and before it is encoded. One definition of what names a secret,
one table of what a secret looks like (`known.json`); docs/secrets.md tells both.
"""

from __future__ import annotations

from installer.core.secrets.known import shapes
from installer.core.secrets.names import names_a_secret, names_a_secret_in_text
from installer.core.secrets.redactor import Lines, Redactor
from installer.core.secrets.stream import Stream
from installer.core.secrets.text import MASK, contains_key_begin, placeholder, without_likely_secrets
from installer.core.secrets.values import secrets_of

__all__ = [
    "MASK", "Lines", "Redactor", "Stream", "looks_like_a_secret", "names_a_secret", "names_a_secret_in_text",
    "placeholder", "redact", "secrets_of",
]  # fmt: skip


def looks_like_a_secret(text: str) -> bool:
    """Whether something in `text` has the shape of a token or a key."""
    return shapes().search(text) is not None or contains_key_begin(text)


def redact(text: str) -> str:
    """`text` without anything that looks like a secret; for what no environment has a say in."""
    return without_likely_secrets(text)
