"""Kernels that engines compiled on a machine with the same GPU, out of a home that served there. Compiles nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from installer.bundles.manifest import is_plain
from installer.bundles.packing import Content, member_of
from installer.core.errors import UsageError
from installer.core.runs.home import Home
from installer.session.prepared import Prepared
from stages import compile_cache

FOLDER = "kernels"
CARRIED = "carried"
"""In the home there they are as if an earlier generation had compiled them: which are of use, its stage 10 checks."""


def of(prepared: Prepared, home: Path | None) -> list[Content]:
    """The newest of them for that machine's GPU. Raises `UsageError` if `home` has none."""
    if home is None:
        return []
    device = compile_cache.device(prepared.facts)
    kept = sorted(Home(home).compiled.glob(f"*/{device}"), reverse=True)
    if not kept:
        raise UsageError(
            f"{home} contains nothing compiled for {device}.",
            "Kernels are kept by GPU, in the home of a deployment that served there.",
            "Name such a home with --kernels, or leave it out: they are compiled when the server first starts.",
        )
    return list(_members(kept[0], device))


def _members(folder: Path, device: str) -> Iterator[Content]:
    for file in sorted(folder.rglob("*")):
        path = f"{FOLDER}/{device}/{file.relative_to(folder).as_posix()}"
        if file.is_file() and not file.is_symlink() and file.name != compile_cache.NOTE and is_plain(path):
            yield member_of(path, file, "kernels")
