"""This tool itself as a wheel, made from what is running, whether that is a checkout or an installed package."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

DISTRIBUTION = "deploy-tui"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The same files make the same wheel."""
_WHEEL = "Wheel-Version: 1.0\nGenerator: deploy-tui\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def write(packages: tuple[Path, ...], recipes: Path, folder: Path) -> Path:
    """A wheel of the `packages` with the `recipes` inside, in `folder`."""
    found = metadata.distribution(DISTRIBUTION)
    stem = f"{DISTRIBUTION.replace('-', '_')}-{found.version}"
    info = f"{stem}.dist-info"
    scripts = "\n".join(f"{one.name} = {one.value}" for one in found.entry_points if one.group == "console_scripts")
    files = dict(_files(packages, recipes))
    files[f"{info}/METADATA"] = (found.read_text("METADATA") or "").encode()
    files[f"{info}/WHEEL"] = _WHEEL.encode()
    files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{scripts}\n".encode()
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD")
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return target


def requirements() -> list[str]:
    """What it needs of other packages, without its extras."""
    return [line for line in metadata.requires(DISTRIBUTION) or () if "extra ==" not in line]


def _files(packages: tuple[Path, ...], recipes: Path) -> Iterator[tuple[str, bytes]]:
    for package in packages:
        yield from _below(package, package.name)
    if recipes.parent not in packages:
        yield from _below(recipes, f"{packages[0].name}/_recipes")


def _below(folder: Path, name: str) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        if file.is_file() and "__pycache__" not in inside.parts:
            yield f"{name}/{inside.as_posix()}", file.read_bytes()


def _record(files: dict[str, bytes], itself: str) -> bytes:
    rows = [f"{name},sha256={_base64(content)},{len(content)}" for name, content in files.items()]
    return "\n".join([*rows, f"{itself},,", ""]).encode()


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
