"""The Python packages of the image's own interpreter that matter to us, by folder names. Imports and runs nothing."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

from installer.host.interpreters import is_shim
from installer.host.python_locations import executables

_FOLDER = re.compile(r"(?P<name>[A-Za-z0-9._]+)-(?P<version>[^-]+)(?:-py3[^-]*)?\.(?:dist|egg)-info")


def packages(
    base: str | None, wanted: Collection[str], environment: Mapping[str, str] = os.environ
) -> dict[str, str | None]:
    """Version by package of those `wanted`; `base` is the default interpreter's path, where one was found."""
    found: dict[str, str | None] = {}
    for folder in _site_folders(environment, base):
        for name, version in versions(_names(folder), wanted).items():
            found.setdefault(name, version)
    return dict(sorted(found.items()))


def info(base: str | None, name: str, environment: Mapping[str, str] = os.environ) -> Path | None:
    """The `.dist-info` folder of the package that `packages` tells the version of."""
    for folder in _site_folders(environment, base):
        for entry in _names(folder):
            if entry.endswith(".dist-info") and versions([entry], (name,)):
                return folder / entry
    return None


def versions(names: Iterable[str], wanted: Collection[str]) -> dict[str, str]:
    """Version by normal name, of those `*.dist-info` names that are wanted."""
    matches = (match for name in names if (match := _FOLDER.fullmatch(name)))
    normal = ((canonicalize_name(match["name"]), match["version"]) for match in matches)
    return {name: version for name, version in normal if name in wanted}


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []


def _site_folders(environment: Mapping[str, str], base: str | None) -> Iterator[Path]:
    """Those of the virtual environment that `python3` may be, those of its base, and last those that we run in."""
    shell = (path for path in executables(environment) if not is_shim(path) and not _ours(path))
    programs = (next(shell, None), Path(base) if base else None, Path(sys.executable))
    for program in (path for path in programs if path is not None):
        # The name behind the link says which of several versions under one prefix it is.
        match = re.search(r"3\.\d+", Path(os.path.realpath(program)).name)
        prefix, named = program.parent.parent, f"python{match[0] if match else '3.*'}"
        yield from prefix.glob(f"lib*/{named}/site-packages")
        yield from prefix.glob(f"local/lib/{named}/dist-packages")
        yield from prefix.glob("lib/python3/dist-packages")


def _ours(program: Path) -> bool:
    """Whether it is the environment that this tool itself runs in."""
    return sys.prefix != sys.base_prefix and program.parent.parent == Path(sys.prefix)
