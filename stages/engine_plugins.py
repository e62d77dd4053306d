"""Plugins of ours that an engine's release needs to work everywhere, by `installer/knowledge/workarounds.yaml`.

Each is a package of one module, made on the spot and installed like any other: listed by its name and version, sealed
with the generation. Its version is a digest of its code, so that changed code is another version. Never changes a file
of the engine.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from installer.core.contracts.stage import Change, ChangeKind, StageContext
from installer.core.errors import StageError
from installer.core.packages.lock import Lock
from installer.knowledge.tables import table
from installer.knowledge.versions import fits
from installer.packages import uv
from stages.uv_output import failure

_SCRIPTS = Path(__file__).parent / "scripts" / "engines"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can state: the same code is the same wheel."""


@dataclass(frozen=True, slots=True)
class Plugin:
    name: str
    module: str
    group: str
    """The entry points through which the engine loads it."""
    because: str

    @property
    def version(self) -> str:
        return f"1+g{hashlib.sha256(self._code).hexdigest()[:8]}"

    @property
    def file_name(self) -> str:
        return f"{self._stem}-py3-none-any.whl"

    def wheel(self) -> bytes:
        """The package as a wheel; the same bytes each time."""
        info = f"{self._stem}.dist-info"
        files = {
            f"{self.module}.py": self._code,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\n".encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: deploy-tui\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/entry_points.txt": f"[{self.group}]\n{self.module} = {self.module}:plugin\n".encode(),
        }
        rows = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
        record = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
        return _zipped({**files, f"{info}/RECORD": record.encode()})

    @property
    def _stem(self) -> str:
        return f"{self.name.replace('-', '_')}-{self.version}"

    @property
    def _code(self) -> bytes:
        return (_SCRIPTS / f"{self.module}.py").read_bytes()


def wanted(lock: Lock | None) -> tuple[Plugin, ...]:
    """The plugins that the packages of `lock` need."""
    have = {package.name: package.version for package in lock.packages} if lock else {}
    return tuple(
        Plugin(row["name"], row["module"], row["group"], row["because"])
        for row in table("workarounds")["workarounds"]
        if fits(have.get(row["package"], ""), row["versions"])
    )


def planned(lock: Lock | None) -> Mapping[str, str]:
    """Version by name, as they should be in the environment."""
    return {plugin.name: plugin.version for plugin in wanted(lock)}


def change(plugin: Plugin) -> Change:
    summary, command = (
        f"install {plugin.name} {plugin.version}: {plugin.because}",
        ("uv", "pip", "install", plugin.file_name),
    )
    return Change(ChangeKind.PLUGIN, summary, command, about=plugin.name)


def install(ctx: StageContext, plugin: Plugin) -> None:
    """Put it into the environment. Raises `StageError`."""
    if ctx.environment is None or ctx.run is None:
        raise StageError(
            "There is no environment to install into.", "Stage 2 creates it.", "Run deploy-tui --stage all."
        )
    wheel = ctx.run.work / plugin.file_name
    wheel.parent.mkdir(parents=True, exist_ok=True)
    wheel.write_bytes(plugin.wheel())
    command = (
        ctx.host.uv(), "pip", "install", "--python", f"{ctx.environment}/bin/python", "--no-deps", "--no-index",
        "--offline", "--color", "never", str(wheel),
    )  # fmt: skip
    environment = uv.environment(ctx.host.environment(), ctx.home, ctx.host.sources())
    done = ctx.execute(command, environment=environment, folder=ctx.run.work)
    if done.code != 0:
        raise failure(f"{plugin.name} could not be installed.", done)


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return out.getvalue()
