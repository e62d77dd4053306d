"""Small real wheels, built on the spot: installable, importable, with real metadata and hashes."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement


def build(
    folder: Path, name: str, version: str, requires: Sequence[str] = (), *, body: str = "", padding: int = 0,
    tag: str = "py3-none-any", python: str = ">=3.8", extras: Sequence[str] = (),
    more: Mapping[str, bytes] | None = None, told: str = "", recorded: Mapping[str, int] | None = None,
) -> Path:  # fmt: skip
    """Write `NAME-VERSION-TAG.whl` into `folder`.

    `padding` adds that many incompressible bytes, `more` further files; `told` is another version for the METADATA,
    `recorded` other sizes for the RECORD than the files have.
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
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{module}-{version}-{tag}.whl"
    _written(target, files, zipfile.ZIP_DEFLATED if more else zipfile.ZIP_STORED, recorded)
    return target


def _written(
    target: Path, files: dict[str, bytes], how: int = zipfile.ZIP_STORED, recorded: Mapping[str, int] | None = None
) -> None:
    """With a record of the files."""
    info = next(path.split("/")[0] for path in files if ".dist-info/" in path)
    sizes = {**{path: len(data) for path, data in files.items()}, **(recorded or {})}
    record = "".join(f"{path},sha256={_digest(data)},{sizes[path]}\n" for path, data in files.items())
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    with zipfile.ZipFile(target, "w", how) as wheel:
        for path, data in files.items():
            wheel.writestr(path, data)


def of_installed(folder: Path, requirements: Sequence[str]) -> None:
    """Wheels of packages that are installed here, with all that they need, made from their own records."""
    todo, found = [Requirement(line) for line in requirements], dict[str, metadata.Distribution]()
    seen: set[str] = set()
    while todo:
        one = todo.pop()
        if str(one) in seen or not _holds(one, ()):
            continue
        seen.add(str(one))
        found[one.name] = metadata.distribution(one.name)
        more = map(Requirement, found[one.name].requires or ())
        for needed in more:
            if _holds(needed, tuple(one.extras)):
                needed.marker = None
                todo.append(needed)
    folder.mkdir(parents=True, exist_ok=True)
    for distribution in found.values():
        files = dict(_files(distribution))
        info = next(path.split("/")[0] for path in files if path.endswith(".dist-info/WHEEL"))
        told = files[f"{info}/WHEEL"].decode().splitlines()
        tags = [line.partition(": ")[2].split("-") for line in told if line.startswith("Tag: ")]
        tag = "-".join(".".join(dict.fromkeys(part)) for part in zip(*tags, strict=True))
        _written(folder / f"{info.removesuffix('.dist-info')}-{tag}.whl", files)


def _holds(one: Requirement, extras: Sequence[str]) -> bool:
    return one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def _files(distribution: metadata.Distribution) -> Iterator[tuple[str, bytes]]:
    """What a wheel of it holds; what its installer wrote is left out."""
    made = {entry.name for entry in distribution.entry_points if entry.group == "console_scripts"}
    stem = next(f.parts[0] for f in distribution.files or () if f.name == "WHEEL").removesuffix(".dist-info")
    for file in distribution.files or ():
        path = PurePosixPath(file)
        if "__pycache__" in path.parts or path.name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"):
            continue
        if path.parts[0] != "..":
            yield str(path), Path(str(file.locate())).read_bytes()
        elif path.parent.name == "bin" and path.name not in made:
            yield f"{stem}.data/scripts/{path.name}", Path(str(file.locate())).read_bytes()


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
