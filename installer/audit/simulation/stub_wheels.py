"""Wheels with nothing in them but metadata: how uv is told what is installed already, or what an index has that
cannot be asked. Never installed, and never passed to anything but uv's resolver."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_WHEEL = "Wheel-Version: 1.0\nGenerator: deploy-tui\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@dataclass(frozen=True, slots=True)
class Stub:
    name: str
    version: str
    requires: tuple[str, ...] = ()
    """Its Requires-Dist."""

    @property
    def file_name(self) -> str:
        return f"{self.name.replace('-', '_')}-{self.version}-py3-none-any.whl"


def write(stubs: Iterable[Stub], folder: Path) -> None:
    """Put the stubs into `folder`, which is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for stub in stubs:
        info = f"{stub.name.replace('-', '_')}-{stub.version}.dist-info"
        with zipfile.ZipFile(folder / stub.file_name, "w", zipfile.ZIP_STORED) as wheel:
            wheel.writestr(f"{info}/METADATA", _metadata(stub))
            wheel.writestr(f"{info}/WHEEL", _WHEEL)
            wheel.writestr(f"{info}/RECORD", "")


def _metadata(stub: Stub) -> str:
    head = f"Metadata-Version: 2.1\nName: {stub.name}\nVersion: {stub.version}\n"
    return head + "".join(f"Requires-Dist: {requirement}\n" for requirement in stub.requires)
