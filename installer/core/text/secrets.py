"""Keeping secrets out of everything that is written down.

A secret enters through the environment only (never a recipe). Whatever goes into an event, a log or a message passes
`redact` first.
"""

from __future__ import annotations

import re
from typing import Iterable, Mapping

MASK = "***"
_NAMES = re.compile(r"(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL)", re.IGNORECASE)
_SHAPES = re.compile(
    r"\b(hf_[A-Za-z0-9]{8,}|sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{16,}|pypi-[A-Za-z0-9_-]{16,})"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|(?<=Bearer )[A-Za-z0-9._~+/=-]{8,}"
)


def names_a_secret(name: str) -> bool:
    """Whether a variable of that name holds a secret."""
    return bool(_NAMES.search(name))


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values in an environment whose names say that they are secret, longest first."""
    found = {value for name, value in environment.items() if names_a_secret(name) and len(value) >= 6}
    return tuple(sorted(found, key=len, reverse=True))


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that needs none of them."""
    secrets = secrets_of(environment)
    return {name: value for name, value in environment.items() if value not in secrets}


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the given secrets and without anything that has the shape of one."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return _SHAPES.sub(MASK, text)
