"""Reading and cutting PEP 751 lock files, and the dependency graph that uv writes next to them. Pure text work."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from packaging.utils import canonicalize_name

_BLOCK = "\n[[packages]]\n"
_NAME = re.compile(r'^name = "([^"]+)"')
_ADDRESS = re.compile(r"(https?|file)://")
_ANNOTATED = re.compile(r"^([A-Za-z0-9._-]+)==\S+\s*(?:#\s*via\s+(.*))?$")


def requirement_name(requirement: str) -> str:
    """The normal name in a requirement such as `flashinfer_python[cu13]==0.7.2`."""
    match = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", requirement)
    return canonicalize_name(match.group(1)) if match else ""


def packages(text: str) -> list[dict[str, Any]]:
    """The `[[packages]]` of a lock file."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    found: list[dict[str, Any]] = tomllib.loads(text).get("packages", [])
    return found


def only(text: str, names: Collection[str]) -> str:
    """The same lock file with just the packages called `names` (normal form)."""
    head, *blocks = text.split(_BLOCK)
    kept = [block for block in blocks if (match := _NAME.match(block)) and match.group(1) in names]
    return head + "".join(_BLOCK + block.rstrip("\n") + "\n" for block in kept)


def of_wheels(python: str, wheels: Iterable[tuple[str, str, str, str]]) -> str:
    """A lock file of exactly these wheels: normal name, version, address, SHA-256."""
    head = f'lock-version = "1.0"\ncreated-by = "deploy-tui"\nrequires-python = ">={python}"\n'
    return head + "".join(
        f"{_BLOCK}name = {json.dumps(name)}\nversion = {json.dumps(version)}\n"
        f"wheels = [{{ url = {json.dumps(url)}, hashes = {{ sha256 = {json.dumps(sha256)} }} }}]\n"
        for name, version, url, sha256 in wheels
    )


def best_wheel(package: Mapping[str, Any]) -> Mapping[str, Any]:
    """The wheel of a locked package that an installer would most likely take; empty if there is only an sdist.

    uv has already left out the wheels of other platforms; among the rest a platform wheel beats a pure one, and the
    newest manylinux the older ones.
    """
    wheels = package.get("wheels") or []
    return max(wheels, key=lambda wheel: _rank(_url(wheel)), default=package.get("sdist") or {})


def _url(wheel: Mapping[str, Any]) -> str:
    return str(wheel.get("url") or wheel.get("path") or "")


def _rank(url: str) -> tuple[bool, int]:
    minors = [int(minor) for minor in re.findall(r"manylinux_2_(\d+)", url)]
    return not url.endswith("none-any.whl"), max(minors, default=0)


def parents(annotated: str) -> dict[str, tuple[str, ...]]:
    """What requires each package, from `uv pip compile --annotation-style line`."""
    found: dict[str, tuple[str, ...]] = {}
    for line in annotated.splitlines():
        if match := _ANNOTATED.match(line.strip()):
            via = (match.group(2) or "").split(",")
            found[canonicalize_name(match.group(1))] = tuple(
                canonicalize_name(name.strip()) for name in via if name.strip()
            )
    return found


def closure(roots: Collection[str], graph: Mapping[str, Collection[str]]) -> set[str]:
    """`roots` and everything that they need, by a graph of what requires what (see `parents`)."""
    found = {name for name in roots if name in graph}
    while more := {name for name, via in graph.items() if name not in found and found.intersection(via)}:
        found |= more
    return found


def indexes(annotated: str) -> dict[str, str]:
    """The index of each package, from `uv pip compile --emit-index-annotation --annotation-style line`."""
    found: dict[str, str] = {}
    name = ""
    for line in map(str.strip, annotated.splitlines()):
        if match := _ANNOTATED.match(line):
            name = canonicalize_name(match.group(1))
        elif line.startswith("# from ") and name:
            found[name] = line.removeprefix("# from ")
    return found


def with_indexes(text: str, found: Mapping[str, str]) -> str:
    """The same lock file, saying for each package with an address which index it came from.

    uv leaves that out, and without it does not find in its cache what it fetched or unpacked before, and does it again.
    """
    head, *blocks = text.split(_BLOCK)
    return head + "".join(_BLOCK + _with_index(block, found) for block in blocks)


def _with_index(block: str, found: Mapping[str, str]) -> str:
    name = _NAME.match(block)
    index = found.get(name.group(1), "") if name else ""
    if not _ADDRESS.match(index) or 'url = "' not in block or "\nindex = " in block:
        return block
    return re.sub(
        r"^(version = .*)$", lambda line: f"{line[1]}\nindex = {json.dumps(index)}", block, count=1, flags=re.M
    )
