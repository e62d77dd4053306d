"""Reads uv's explanation of why there is no solution: which code it is, what it is about. Pure text work.

The sentences are those of uv 0.13 (tests hold them); one that is not known counts as a conflict of requirements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from installer.core.secrets import redact

_PREFIX = re.compile(r"^(error|cause): ")
_NETWORK = (
    "dns error", "error sending request", "Connection refused", "Network connectivity is disabled", "timed out",
    "network was disabled", "Failed to fetch", "Request failed after", "client error (Connect)",
)  # fmt: skip
_FIRST, _REST = r"[A-Za-z0-9]", r"[A-Za-z0-9._-]*"
_PACKAGE = rf"(?P<name>{_FIRST}{_REST})"
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("wheel-defect", re.compile(rf"does not match given (?:name|version) `{_PACKAGE}`")),
    ("python-version", re.compile(rf"{_PACKAGE}\S* (?:depends on|requires) Python")),
    ("python-version", re.compile(rf"{_PACKAGE}\S* (?:has|have) no wheels with a matching Python")),
    ("wheel-platform", re.compile(rf"{_PACKAGE}\S* (?:has|have) no wheels with a matching platform")),
    ("wheel-platform", re.compile(rf"{_PACKAGE}\S* (?:has|have) no usable wheels")),
    ("wheel-platform", re.compile(rf"{_PACKAGE}\S* (?:has|have) no wheels")),
    ("build", re.compile(rf"Failed to (?:build|download and build) `{_PACKAGE}")),
    ("index-missing", re.compile(rf"{_PACKAGE} was not found in the (?:package registry|provided package locations)")),
    ("no-version", re.compile(rf"there (?:is|are) no versions? of {_PACKAGE}")),
    ("no-version", re.compile(rf"only (?:the following versions of )?{_PACKAGE}\S* (?:is|are) available")),
    ("no-version", re.compile(rf"only {_PACKAGE}")),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    code: str
    """A code of the registry; or "build": the metadata cannot be had without building the package."""
    subject: str
    """The package that it is about; empty where that is not one."""
    sentence: str
    """uv's explanation, on one line."""
    version_missing: bool = False
    """The index knows the package, but no version that would do."""


def classify(output: str) -> Refusal:
    """What uv's words come to."""
    sentence = essence(output)
    if is_of_network(output):
        return Refusal("network", "", sentence)
    for code, sign in _SIGNS:
        if match := sign.search(sentence):
            return _refusal(code, match["name"], sentence)
    return Refusal("dependency-conflict", _last_required(sentence), sentence)


def _refusal(code: str, name: str, sentence: str) -> Refusal:
    name = re.split(r"[=<>!~\[{]", name)[0]
    if code == "no-version":
        # "only x<=1 is available" explains a clash of two packages as often as a release that is not there.
        clash = " depends on " in sentence
        return Refusal(
            "dependency-conflict" if clash else "index-missing", canonicalize_name(name), sentence, not clash
        )
    return Refusal(code, canonicalize_name(name), sentence)


def _last_required(sentence: str) -> str:
    found = re.findall(rf"you require {_PACKAGE}", sentence)
    return canonicalize_name(re.split(r"[=<>!~\[{]", found[-1])[0]) if found else ""


def is_of_network(output: str) -> bool:
    """Whether it failed for want of a network, so that nothing is known about the packages."""
    return any(sign in output for sign in _NETWORK)


def essence(output: str) -> str:
    """The sentence of uv's explanation that names the clash, without its hints."""
    lines = [_PREFIX.sub("", line.strip(" ×╰─▶│")) for line in output.splitlines()]
    kept = [line for line in lines if line and not line.startswith(("warning:", "Using ", "No solution found when"))]
    return redact(" ".join(kept).partition(" hint: ")[0])[:600]
