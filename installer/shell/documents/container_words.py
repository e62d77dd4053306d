"""Words of a container as files give them: its command, its variables, as the shell would write them. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

_DEFAULT = re.compile(r"\$\{(\w+)(?::?-([^}]*))?\}")


def environment(given: Any) -> list[str]:
    rows = given.items() if isinstance(given, Mapping) else (str(one).partition("=")[::2] for one in given or ())
    return [word for name, value in rows for word in ("-e", f"{name}={'' if value is None else plain(str(value))}")]


def words(given: Any) -> list[str]:
    """A command: a list of words, or a text that is split as the shell would."""
    if given is None:
        return []
    if isinstance(given, list):
        return [plain(str(word)) for word in given]
    try:
        return [plain(word) for word in shlex.split(str(given))]
    except ValueError:
        return []


def plain(text: str) -> str:
    """`${NAME:-default}` as its default; what is set from outside stays a variable."""
    return _DEFAULT.sub(lambda match: match[2] if match[2] is not None else match[0], text)


def joined(words: list[str]) -> str:
    return " ".join(
        word if re.fullmatch(r"[\w./:=@+-]*\$\{?\w+\}?[\w./:=@+-]*", word) else shlex.quote(word) for word in words
    )
