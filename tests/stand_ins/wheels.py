"""Small real wheels, built on the spot: installable, importable, with real metadata and hashes."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path


def build(
    folder: Path, name: str, version: str, requires: Sequence[str] = (), *, body: str = "", padding: int = 0,
    tag: str = "py3-none-any", python: str = ">=3.8", extras: Sequence[str] = (),
    more: Mapping[str, bytes] | None = None, told: str = "",
) -> Path:  # fmt: skip
    """Write `NAME-VERSION-TAG.whl` into `folder`.

    `padding` adds that many incompressible bytes, `more` further files; `told` is another version for the METADATA.
    """
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    files: dict[str, bytes] = {
        f"{module}/__init__.py": f"__version__ = {version!r}\n{body}".encode(),
        **(more or {}),
        f"{info}/METADATA": _metadata(name, told or version, requires, python, extras),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
    }
    if padding:
        block = b"".join(hashlib.sha256(f"{name}{i}".encode()).digest() for i in range(padding // 32 + 1))
        files[f"{module}/weights.bin"] = block[:padding]
    record = "".join(f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in files.items())
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{module}-{version}-{tag}.whl"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED if more else zipfile.ZIP_STORED) as wheel:
        for path, data in files.items():
            wheel.writestr(path, data)
    return target


def _metadata(name: str, version: str, requires: Sequence[str], python: str, extras: Sequence[str]) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", f"Requires-Python: {python}"]
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    return "\n".join([*lines, *(f"Requires-Dist: {line}" for line in requires), ""]).encode()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def stack(folder: Path) -> None:
    """A whole small engine stack: the shape of the real one, a few kilobytes large."""
    build(folder, "torch", "2.0.0", ["mini-sympy"], padding=3_000_000)
    build(folder, "torch", "2.1.0", ["mini-sympy"])
    build(folder, "mini-sympy", "1.0")
    build(folder, "flashinfer-python", "0.7", ["torch"])
    build(folder, "transformers", "5.0", ["mini-tokenizers>=1"])
    build(folder, "mini-tokenizers", "1.2")
    build(folder, "mini-fastapi", "1.0", padding=2_000_000)
    build(folder, "mini-engine", "1.0", ["torch", "transformers>=5", "mini-fastapi", "flashinfer-python"])
    build(folder, "mini-engine", "1.1", ["torch", "transformers>=5", "mini-fastapi", "flashinfer-python"])
