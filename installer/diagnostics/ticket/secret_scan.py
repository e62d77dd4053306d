"""The second net: detect-secrets over what is about to be packed. What only it finds stops the packing.

It looks for shapes and for names with values next to them, not for entropy: hashes must survive. It asks no network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from installer.core.errors import DeployError

_ENTROPY = "HighEntropy"
_LEFT_OUT = "IPPublicDetector"
"""Addresses have placeholders already; four numbers with dots are mostly versions."""
_PUT = ("***", "[host-", "[user-", "[home-", "[address-", "[gpu-")
_LONGEST = 16_384
_SHOWN = 8


def refuse_secrets(members: Mapping[str, str]) -> None:
    """Raises `DeployError` if it finds one, naming member and line and never the value."""
    try:
        detectors = _detectors()
    except ImportError as error:
        raise DeployError(
            "No ticket was written: the second scan for secrets could not run.",
            f"The package detect-secrets cannot be loaded ({error}).",
            "Install deploy-tui again; a ticket is never written without that scan.",
        ) from None
    found = list(_found(members, detectors))
    if found:
        more = f", and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise DeployError(
            f"No ticket was written: {len(found)} lines still look like secrets.",
            f"{'; '.join(found[:_SHOWN])}{more}. The values are not shown.",
            "Check these lines. Put a secret into a variable such as HIDDEN_SECRET and run this again: it is removed "
            "everywhere.",
        )


def _found(members: Mapping[str, str], detectors: list[Any]) -> Iterator[str]:
    for name, text in members.items():
        for number, line in enumerate(text.split("\n"), 1):
            kinds = sorted({kind for part in _parts(line) for kind in _kinds(part, detectors)})
            if kinds:
                yield f"{name} line {number} ({', '.join(kinds)})"


def _parts(line: str) -> Iterator[str]:
    """A long line in pieces that overlap."""
    for start in range(0, max(1, len(line)), _LONGEST // 2):
        yield line[start : start + _LONGEST]


def _kinds(text: str, detectors: list[Any]) -> Iterator[str]:
    for detector in detectors:
        for secret in detector.analyze_line(filename="ticket", line=text, line_number=1):
            if not any(put in (secret.secret_value or "") for put in _PUT):
                yield str(secret.type)


def _detectors() -> list[Any]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    classes: Iterable[type[Any]] = get_mapping_from_secret_type_to_class().values()
    return [kind() for kind in classes if _ENTROPY not in kind.__name__ and kind.__name__ != _LEFT_OUT]
