"""Takes out of everything that goes into a ticket what must not leave the machine: secrets first, names after them.

Escape codes go before that, and a secret of this environment is found where a terminal broke it over lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from installer.core.machine.names import Names
from installer.core.secrets import Lines, Redactor, placeholder
from installer.core.secrets.fragments import Fragments
from installer.core.text.plain import clean, visible
from installer.diagnostics.ticket.placeholders import Placeholders

_WRAPPED = 12
"""Characters of the shortest secret that is looked for over line ends; a shorter one would be found by chance."""
_BREAK = r"(?:[ \t]*\n[ \t]*)?"
_KEY_LINE = re.compile(r"[\s'\"|>]*[A-Za-z0-9+/=]{40,}[\s'\",]*")


class Cleaner:
    """Of one ticket."""

    def __init__(self, secrets: Sequence[str], names: Names) -> None:
        self._redactor = Redactor(secrets)
        self._fragments = Fragments(secrets)
        self._placeholders = Placeholders(names)
        wrapped = [secret for secret in secrets if len(secret) >= _WRAPPED and "\n" not in secret]
        self._wrapped = [(re.compile(_BREAK.join(map(re.escape, secret))), placeholder(secret)) for secret in wrapped]

    def lines(self, lines: Iterable[str], *, torn: bool = False) -> list[str]:
        """Lines of a log. `torn`: what came before them is not there, so they may begin inside of a private key."""
        text = "\n".join(visible(clean(line)) for line in lines)
        for pattern, put in self._wrapped:
            text = pattern.sub(lambda match, put=put: put + "\n" * match[0].count("\n"), text)  # type: ignore[misc]
        redacting, cleaned = Lines(self._redactor), []
        for line in text.split("\n"):
            torn = torn and _KEY_LINE.fullmatch(line) is not None
            cleaned.append("***" if torn else self._placeholders.text(redacting.line(line)))
        return cleaned

    def row(self, text: str) -> str:
        """A row of a screen, where lines may be broken anywhere."""
        return self._placeholders.text(self._fragments.text(self._redactor.text(visible(text))))

    def value(self, value: Any) -> Any:
        """A document, string by string; the value under a secret's name is removed entirely."""
        return self._each(self._redactor.value(value))

    def _each(self, value: Any) -> Any:
        if isinstance(value, str):
            return "\n".join(self.lines(value.split("\n")))
        if isinstance(value, Mapping):
            return {str(key): self._each(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._each(inner) for inner in value]
        return value
