"""Reads uv's explanation of why there is no solution: which code it is, what it is about. Pure text work.

The sentences are those of uv 0.13 (tests check them); one that is not known counts as a conflict of requirements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from installer.core.outcomes import Code
from installer.core.secrets import redact

_PREFIX = re.compile(r"^(error|cause): ")
_NETWORK = (
    "dns error", "error sending request", "Connection refused", "Network connectivity is disabled", "timed out",
    "network was disabled", "Failed to fetch", "Request failed after", "client error (Connect)",
)  # fmt: skip
_FIRST, _REST = r"[A-Za-z0-9]", r"[A-Za-z0-9._-]*"
_PACKAGE = rf"(?P<name>{_FIRST}{_REST})"
_BUILD, _NO_VERSION = "build", "no-version"
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (Code.WHEEL_DEFECT, re.compile(rf"does not match given (?:name|version) `{_PACKAGE}`")),
    (Code.PYTHON_VERSION, re.compile(rf"{_PACKAGE}\S* (?:depends on|requires) Python")),
    (Code.PYTHON_VERSION, re.compile(rf"{_PACKAGE}\S* (?:has|have) no wheels with a matching Python")),
    (Code.WHEEL_PLATFORM, re.compile(rf"{_PACKAGE}\S* (?:has|have) no wheels with a matching platform")),
    (Code.WHEEL_PLATFORM, re.compile(rf"{_PACKAGE}\S* (?:has|have) no usable wheels")),
    (Code.WHEEL_PLATFORM, re.compile(rf"{_PACKAGE}\S* (?:has|have) no wheels")),
    (_BUILD, re.compile(rf"Failed to (?:build|download and build) `{_PACKAGE}")),
    (
        Code.INDEX_MISSING,
        re.compile(rf"{_PACKAGE} was not found in the (?:package registry|provided package locations)"),
    ),
    (_NO_VERSION, re.compile(rf"there (?:is|are) no versions? of {_PACKAGE}")),
    (_NO_VERSION, re.compile(rf"only (?:the following versions of )?{_PACKAGE}\S* (?:is|are) available")),
    (_NO_VERSION, re.compile(rf"only {_PACKAGE}")),
)
_PINNED = re.compile(
    r"(?P<who>[A-Za-z0-9._-]+)(?P<extras>\[[^\]]*\])?==(?P<release>[^\s,]+) depends on "
    r"(?P<what>[A-Za-z0-9._-]+)==(?P<pin>[^\s,]+)"
)
_ALL = re.compile(
    r"all versions of (?P<who>[A-Za-z0-9._-]+)(?:\[[^\]]*\])? depend on (?P<what>[A-Za-z0-9._-]+)==(?P<pin>[^\s,]+)"
)
_NONE = re.compile(
    r"there are no versions of (?P<what>[A-Za-z0-9._-]+) and (?P<who>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?"
    r"(?:==(?P<release>[^\s,]+)|[<>~!]\S+)? depends on (?P=what)(?![\w.=<>~!-])"
)
_ABSENT = "there is no version of {what}=={pin}"


@dataclass(frozen=True, slots=True)
class Pin:
    """A release that a package requires and that the index does not have."""

    holder: str
    release: str
    """Of the holder; empty if uv names none."""
    package: str
    version: str


_MARKER = re.compile(r"(?<=[A-Za-z0-9\]])\{[^{}]*\}")
"""The marker of a requirement behind its name, which is not shown."""


@dataclass(frozen=True, slots=True)
class Refusal:
    code: Code
    package: str
    """That it is about; empty if that is not one."""
    explanation: str
    """uv's own words, on one line."""
    version_missing: bool = False
    """The index knows the package, but no version that would do."""
    to_build: bool = False
    """Its metadata is not available without building it: the wheels that there are fit another platform."""


def classify(output: str) -> Refusal:
    """What uv's words come to."""
    sentence = conflict_sentence(output)
    if is_of_network(output):
        return Refusal(Code.NETWORK, "", sentence)
    for kind, sign in _SIGNS:
        if match := sign.search(sentence):
            return _refusal(kind, match["name"], sentence)
    return Refusal(Code.DEPENDENCY_CONFLICT, _last_required(sentence), sentence)


def _refusal(kind: str, name: str, sentence: str) -> Refusal:
    sentence = _MARKER.sub("", sentence)
    name = re.split(r"[=<>!~\[{]", name)[0]
    if kind == _NO_VERSION:
        # "only x<=1 is available" explains a clash of two packages as often as a release that is not there.
        clash = " depends on " in sentence
        code = Code.DEPENDENCY_CONFLICT if clash else Code.INDEX_MISSING
        return Refusal(code, canonicalize_name(name), sentence, not clash)
    if kind == _BUILD:
        return Refusal(Code.WHEEL_PLATFORM, canonicalize_name(name), sentence, to_build=True)
    return Refusal(Code(kind), canonicalize_name(name), sentence)


def missing_pin(explanation: str) -> Pin | None:
    """The release that a published package requires and that is not there; `None`: that is not what it says.

    The version is empty if there is no release at all.
    """
    for shape in (_PINNED, _ALL):
        for found in shape.finditer(explanation):
            if _ABSENT.format(what=found["what"], pin=found["pin"]) in explanation:
                release = found.groupdict().get("release") or _required(found["who"], explanation)
                return Pin(canonicalize_name(found["who"]), release, canonicalize_name(found["what"]), found["pin"])
    none = _NONE.search(explanation)
    return (
        Pin(canonicalize_name(none["who"]), none["release"] or "", canonicalize_name(none["what"]), "")
        if none
        else None
    )


def _required(name: str, explanation: str) -> str:
    match = re.search(rf"require {re.escape(name)}(?:\[[^\]]*\])?==([^\s,]+)", explanation)
    return match[1] if match else ""


def _last_required(sentence: str) -> str:
    found = re.findall(rf"you require {_PACKAGE}", sentence)
    return canonicalize_name(re.split(r"[=<>!~\[{]", found[-1])[0]) if found else ""


def is_of_network(output: str) -> bool:
    """Whether it failed for want of a network, so that nothing is known about the packages."""
    return any(sign in output for sign in _NETWORK)


def conflict_sentence(output: str) -> str:
    """The sentence of uv's explanation that names the clash, without its hints."""
    lines = [_PREFIX.sub("", line.strip(" ×╰─▶│")) for line in output.splitlines()]
    kept = [line for line in lines if line and not line.startswith(("warning:", "Using ", "No solution found when"))]
    return redact(" ".join(kept).partition(" hint: ")[0])[:600]
