"""What to look for elsewhere: the words of a message without paths, numbers, names and secrets. Pure."""

from __future__ import annotations

import re

from installer.core.secrets import redact

_LONGEST = 12
_FEWEST = 4
_VALUES = re.compile(
    r"https?://\S+"
    r"|\[type=\w+, input_value=.*"  # what a validator repeats
    r"|(?:[A-Za-z]:)?(?:~|\.{0,2})/[^\s'\"`,;)]+"  # paths
    r"|(?<![\w.])[\w.-]+/[\w./-]+"  # names of models and folders
    r"|\b0x[0-9a-fA-F]+\b|\b[0-9a-fA-F-]{8,}\b"
    r"|[=:<>~!]*\bv?\d\S*"
    r"|\*{3}"
)
_QUOTED = re.compile(r"'[^']{0,200}'|\"[^\"]{0,200}\"|`[^`]{0,200}`")
"""What the author of a message filled in."""
_NOT_WORDS = re.compile(r"[^\w.+-]+")


def search_phrase(exception: str, text: str) -> str:
    """Words to search for; the kind of the exception first. Names in quotes only where little else is left."""
    name = exception.rpartition(".")[2]
    message = redact(text.split(": ", 1)[-1] if exception and text.startswith(exception) else text)
    words = _words(_QUOTED.sub(" ", message))
    if len(words) < _FEWEST:
        words = _words(message)
    return " ".join(word for word in (name, *words[:_LONGEST]) if word)


def _words(message: str) -> list[str]:
    found = [word.strip(".-") for word in _NOT_WORDS.split(_VALUES.sub(" ", message))]
    return [word for word in found if len(word) > 1]
