"""Packages out of the machine's own Python, put into an environment of ours as they are: an image's torch, say.

Files are linked where the disk allows it, else copied, so the environment is whole by itself and is cloned, switched
and rolled back like any other. Must never write into a file of the image: that none was touched is asserted after each
stage.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from installer.core.contracts.stage import StageContext
from installer.core.errors import DamagedError, StageError
from installer.core.outcomes import Code
from installer.core.packages.lock import LockedPackage
from installer.disk.reading import read_json
from installer.disk.writing import write_atomically

_NOTE = "from-image.json"
"""In the environment: what was taken, and how it was then."""
_Need = tuple[str, frozenset[str]]
"""A package by its normal name, with the extras that are requested: torch requires `cuda-toolkit[cublas,cudart,…]`."""


def take(ctx: StageContext, packages: Sequence[LockedPackage]) -> None:
    """Put `packages`, and what only they need, into the environment. Raises `StageError`."""
    if not packages:
        return
    assert ctx.environment is not None and ctx.lock is not None
    note = dict(_note(ctx.environment))
    ours = {package.name for package in ctx.lock.packages}
    wanted = {package.name: package.version for package in packages}
    waiting: list[_Need] = [(name, frozenset()) for name in wanted]
    seen: set[_Need] = set()
    while waiting:
        seen.add(need := waiting.pop())
        name, extras = need
        info = ctx.host.image_package(name)
        if info is None and name not in wanted:
            continue  # an image may have built it in
        info = _fitting(info, name, wanted.get(name), ctx.lock.python)
        if name in wanted or name not in note:
            _put(info, ctx.environment, ctx.lock.python)
            note[name] = {"info": str(info), "state": _state(info)}
        waiting += [need for need in _needs(info, extras) if need[0] not in ours and need not in seen]
    write_atomically(ctx.environment / _NOTE, json.dumps(note, indent=1) + "\n")
    ctx.output(f"Taken from the machine's own Python: {', '.join(sorted(note))}.")


def taken(environment: Path | None) -> frozenset[str]:
    """Names of what an environment has from the machine's own Python."""
    return frozenset(_note(environment)) if environment else frozenset()


def assert_untouched(environment: Path | None) -> None:
    """The machine's own packages are as they were when they were taken. Raises `StageError`."""
    for name, row in _note(environment).items() if environment else ():
        info = Path(row["info"])
        if not info.is_dir() or _state(info) != row["state"]:
            raise StageError(
                f"The machine's own {name} was changed after it was copied into this environment.",
                f"{info.parent} no longer contains the same files.",
                "Run stages 2-7 again: the environment is created again from the present files.",
                code=Code.PIN_OVERRIDDEN,
            )


def _note(environment: Path) -> Mapping[str, Mapping[str, str]]:
    try:
        return read_json(environment / _NOTE) or {}
    except (OSError, DamagedError):
        return {}


def _fitting(info: Path | None, name: str, version: str | None, python: str) -> Path:
    have = info.name.removesuffix(".dist-info").rpartition("-")[2] if info else "none"
    if info is None or (version is not None and have.replace("_", "+") != version.replace("_", "+")):
        raise StageError(
            f"The machine's own Python has a different {name} than the plan.",
            f"The plan has {version}; {have} is installed.",
            "Run it again: this makes a new plan.",
            code=Code.PIN_OVERRIDDEN,
        )
    above = info.parent.parent.name
    if above.startswith("python3.") and above != f"python{python}":
        raise StageError(
            f"The machine's own {name} is for {above}, and the environment is for Python {python}.",
            "A compiled package works in the Python that it was made for.",
            f"Set environment.python to =={above.removeprefix('python')}.*, or remove {name} from environment.reuse.",
            code=Code.PYTHON_VERSION,
        )
    return info


def _put(info: Path, environment: Path, python: str) -> None:
    site = environment / f"lib/python{python}/site-packages"
    rows = []
    for row in _record(info):
        source = info.parent / row[0]
        if row[0].startswith("..") or row[0].endswith((".pyc", "/RECORD")) or not source.is_file():
            continue  # a script begins with the path of the image's Python
        target = site / row[0]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)
        rows.append(row)
    with (site / info.name / "RECORD").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([*rows, [f"{info.name}/RECORD", "", ""]])


def _record(info: Path) -> Iterator[list[str]]:
    with (info / "RECORD").open(encoding="utf-8", newline="") as lines:
        yield from (row for row in csv.reader(lines) if len(row) == 3)


def _state(info: Path) -> str:
    """Names, sizes and times of a package's files."""
    found = hashlib.sha256()
    for row in _record(info):
        try:
            seen = (info.parent / row[0]).stat()
        except OSError:
            continue
        found.update(f"{row[0]} {seen.st_size} {seen.st_mtime_ns}\n".encode())
    return found.hexdigest()


def _needs(info: Path, extras: frozenset[str]) -> Iterator[_Need]:
    """What a package's metadata requires here, with `extras` of its own."""
    for line in (info / "METADATA").read_text(encoding="utf-8", errors="replace").splitlines():
        if not line:
            return  # what follows is the description
        if line.startswith("Requires-Dist:"):
            try:
                need = Requirement(line.partition(":")[2].strip())
            except InvalidRequirement:
                continue
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                yield canonicalize_name(need.name), frozenset(need.extras)
