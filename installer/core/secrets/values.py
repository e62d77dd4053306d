"""The secrets that an environment contains, and every way in which a program may print one of them.

Values only; where they came from is forgotten. Nothing here is ever written down.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote

from installer.core.secrets.known import shapes, words_of
from installer.core.secrets.names import names_a_secret

LEAST = 6
"""Shorter values are found everywhere by chance: nothing would be readable, and they protect nothing."""
_ADDRESS = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{0,40}://([^\s/]{1,500})@|[A-Za-z][A-Za-z0-9+.-]{0,40}://(\S{1,500}:\S{1,500})@"
)
_PLAIN = re.compile(r"[A-Za-z]+|[0-9.]+|(?:~?/[A-Za-z0-9._-]+)+/?")
_SURE = 8


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets in an environment, longest first: by the variable's name, in an address, or by their form."""
    found = {secret for name, value in environment.items() for secret in _of(name, value)}
    common = words_of("plain_values", "values")
    usable = (secret for secret in found if len(secret) >= LEAST and secret.lower() not in common)
    return tuple(sorted(usable, key=lambda secret: (-len(secret), secret)))


def _of(name: str, value: str) -> Iterator[str]:
    if names_a_secret(name):
        yield value.strip()
        return
    for match in _ADDRESS.finditer(value):
        user, colon, password = (match[1] or match[2]).partition(":")
        yield from {password, unquote(password)} if colon else {user} if len(user) >= 20 else ()
    yield from (match.group() for match in shapes().finditer(value))


def is_plain(secret: str) -> bool:
    """Whether it looks like an ordinary word, figure or path, and so may occur somewhere by chance."""
    return len(secret) < _SURE or _PLAIN.fullmatch(secret) is not None


def printed(secret: str) -> Iterator[str]:
    """`secret` as it is, and as JSON, Python, a shell, HTML and an address write it."""
    yield secret
    yield from _escaped(secret)
    yield from (quote(secret, safe=""), quote(secret), quote_plus(secret), _as_html(secret))
    yield shlex.quote(secret).removeprefix("'").removesuffix("'")


def _as_html(secret: str) -> str:
    # As `html.escape`, whose module is too large for the process next to a server.
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#x27;")):
        secret = secret.replace(sign, written)
    return secret


def _escaped(secret: str) -> Iterator[str]:
    for text in (json.dumps(secret), json.dumps(secret, ensure_ascii=False), repr(secret)):
        yield text[1:-1]
    yield json.dumps(json.dumps(secret))[3:-3]
    yield repr(secret.encode("utf-8", "surrogateescape"))[2:-1]


def lines_of(secrets: Iterable[str]) -> Iterator[str]:
    """The single lines of secrets that have several: a log contains them one by one."""
    for secret in secrets:
        if len(lines := secret.splitlines()) > 1:
            yield from (line.strip() for line in lines)
