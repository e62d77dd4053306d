"""Takes secrets out of strings, before anything encodes them. Never out of what was encoded: that breaks it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from installer.core.secrets.names import names_a_secret_in_text
from installer.core.secrets.text import MASK, after_key_begin, begins_key, placeholder, without_likely_secrets
from installer.core.secrets.values import LEAST, is_plain, lines_of, printed, secrets_of

_MOST_KEY_LINES = 200


class Redactor:
    """Knows the secrets of one environment, and what secrets look like."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        given = [secret for secret in secrets if len(secret) >= LEAST]
        lines = [line for line in lines_of(given) if line]
        known = dict.fromkeys(sorted({*given, *(line for line in lines if len(line) >= LEAST)}))
        self._lines = frozenset(lines)
        self._sure = _forms(secret for secret in known if not is_plain(secret))
        plain = _forms(secret for secret in known if is_plain(secret))
        self._plain = [
            (form, re.compile(rf"(?<![A-Za-z0-9_]){re.escape(form)}(?![A-Za-z0-9_])"), put) for form, put in plain
        ]

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Redactor:
        return cls(secrets_of(environment))

    def text(self, text: str) -> str:
        """Text from outside: a program's line, an answer, a reason."""
        if text.strip() in self._lines:
            return MASK
        return without_likely_secrets(self._without_plain(self._without_sure(text)))

    def exact(self, text: str) -> str:
        """A string with a meaning for us (a path, a state): a secret that is an ordinary word stays in it."""
        return without_likely_secrets(self._without_sure(text))

    def value(self, value: Any, *, name: str = "") -> Any:
        """A document, string by string; the value under a secret's name is removed entirely."""
        if isinstance(value, str):
            hidden = len(value) >= LEAST and names_a_secret_in_text(name)
            return placeholder(value) if hidden and not value.startswith(MASK) else self.exact(value)
        if isinstance(value, Mapping):
            return {self.exact(str(key)): self.value(inner, name=str(key)) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.value(inner, name=flag or name) for flag, inner in flagged(value))
        return value

    def _without_sure(self, text: str) -> str:
        for form, put in self._sure:
            if form in text:
                text = text.replace(form, put)
        return text

    def _without_plain(self, text: str) -> str:
        for form, pattern, put in self._plain:
            if form in text:
                text = pattern.sub(put, text)
        return text


def flagged(words: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Each item of a list with the flag before it, if that names its meaning: `--api-key`, `x` are two words."""
    before = ""
    for word in words:
        text = word if isinstance(word, str) else ""
        yield ("" if text.startswith("-") else before), word
        before = text.lstrip("-") if text.startswith("--") and "=" not in text and " " not in text else ""


class Lines:
    """The lines of one stream, one after the other: a private key may go over many of them."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._inside = 0

    def line(self, text: str) -> str:
        """The next line, without its end."""
        if self._inside:
            text, more = after_key_begin(text)
            self._inside = self._inside - 1 if more else 0
        if begins_key(text):
            self._inside = _MOST_KEY_LINES
        return self._redactor.text(text)


def _forms(secrets: Iterable[str]) -> list[tuple[str, str]]:
    """Every printed form and its replacement, the longest first."""
    forms = {form: placeholder(secret) for secret in secrets for form in printed(secret) if len(form) >= LEAST}
    return sorted(forms.items(), key=lambda pair: (-len(pair[0]), pair[0]))
