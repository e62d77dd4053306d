"""The wheels of a bundle: those of the deployment, by the hashes of its lock, and those of this tool itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

import installer
from installer.bundles import tool_wheel
from installer.bundles.packing import Content, member_of
from installer.core.errors import DeployError, PredictedError
from installer.core.outcomes import Code
from installer.core.packages.lock import IMAGE, Lock
from installer.host import fetching
from installer.host.fetching import Wanted
from installer.host.local import LocalHost
from installer.packages import pylock, uv
from installer.packages.resolver_errors import conflict_sentence
from installer.packages.wheels.compatible_wheels import file_name, fitting
from installer.session import recipes
from installer.session.prepared import Prepared

DEPLOYMENT, TOOL = "wheels", "tool"
"""The folders of the bundle that they are in."""


@dataclass(frozen=True, slots=True)
class WheelSources:
    """What fetching needs to know: where files may be already, where they are put, whom to tell."""

    host: LocalHost
    work: Path
    folders: tuple[Path, ...]
    progress: Callable[[str, int], None]

    def fetch(self, wanted: Sequence[Wanted], folder: str, what: str) -> list[Content]:
        """The files of `wanted` as members of the bundle's `folder`."""
        files = fetching.fetch(
            wanted, self.work / "fetched", self.host.sources(), folders=self.folders, progress=self.progress
        )
        return [member_of(f"{folder}/{one.name}", files[one.name], what, one.sha256) for one in wanted]


def chosen(text: str, python: str, platform: str, without: Collection[str] = ()) -> dict[str, Wanted]:
    """The wheel of each package of a lock file, by the package's name. Raises `PredictedError` if one has none."""
    found: dict[str, Wanted] = {}
    lacking = []
    for package in pylock.packages(text):
        name = canonicalize_name(str(package["name"]))
        if name in without:
            continue
        wheel = fitting(package, python, platform)
        if wheel is None or not wheel.get("hashes", {}).get("sha256"):
            lacking.append(f"{name} {package.get('version', '')}".strip())
        else:
            found[name] = Wanted(
                file_name(wheel), str(wheel.get("url") or wheel.get("path")), wheel["hashes"]["sha256"]
            )
    if lacking:
        raise PredictedError(
            "Not everything that the recipe needs can be included.",
            f"There is no wheel with a SHA-256 for Python {python} on {platform} of {', '.join(lacking)}.",
            "A package that must be compiled first cannot be bundled: take another version of it in the recipe.",
            code=Code.WHEEL_PLATFORM,
        )
    return found


def carried(lock: Lock, wanted: Mapping[str, Wanted]) -> Lock:
    """The lock as the bundle contains it: addresses relative to the bundle, hashes in the lock file."""
    packages = tuple(
        replace(package, url=f"{DEPLOYMENT}/{wanted[package.name].name}", source="folder")
        if package.name in wanted
        else package
        for package in lock.packages
    )
    rows = [(one.name, one.version, one.url, wanted[one.name].sha256) for one in packages if one.name in wanted]
    return replace(lock, packages=packages, notices=(), pylock=pylock.of_wheels(lock.python, rows))


def landed(lock: Lock, folder: Path, key: str) -> Lock:
    """The lock of a bundle that was unpacked into `folder`, as the answer to the question `key`."""
    hashes: dict[str, str] = {
        canonicalize_name(str(row["name"])): row["wheels"][0]["hashes"]["sha256"] for row in _rows(lock)
    }
    packages = tuple(
        package if package.source == IMAGE else replace(package, url=(folder / package.url).as_uri())
        for package in lock.packages
    )
    rows = [(one.name, one.version, one.url, hashes[one.name]) for one in packages if one.source != IMAGE]
    return replace(lock, key=key, packages=packages, pylock=pylock.of_wheels(lock.python, rows))


def _rows(lock: Lock) -> Iterable[Mapping[str, Any]]:
    return pylock.packages(lock.pylock)


def of_tool(prepared: Prepared, desk: WheelSources, python: str, platform: str) -> list[Content]:
    """This tool and what it needs, for the Python that starts it there."""
    package = Path(installer.__file__).parent
    wheel = tool_wheel.write((package, package.parent / "stages"), recipes.folder(), desk.work / "tool")
    lock = _tool_lock(prepared, desk, python, platform)
    needed = desk.fetch(list(chosen(lock, python, platform).values()), TOOL, "tool")
    return [member_of(f"{TOOL}/{wheel.name}", wheel, "tool"), *needed]


def _tool_lock(prepared: Prepared, desk: WheelSources, python: str, platform: str) -> str:
    """The packages of this tool, pinned to the versions that it is tested with where those are known."""
    folder = desk.work / "tool"
    question = folder / "requirements.in"
    question.write_text("\n".join([*tool_wheel.requirements(), ""]), encoding="utf-8")
    tested = recipes.checkout() / "requirements/run.txt"
    host, base, sources = desk.host, desk.host.environment(), desk.host.sources()
    command = [
        host.uv(), "pip", "compile", str(question), "--format", "pylock.toml", "-o", str(folder / "pylock.toml"),
        "--only-binary", ":all:", "--python-version", python, "--python-platform", platform, "--quiet", "--color",
        "never", "--no-header", *(("--constraint", str(tested)) if tested.is_file() else ()),
        *_sources(prepared, uv.source_flags(sources, base)),
    ]  # fmt: skip
    environment = uv.environment(base, prepared.home, sources) | uv.addresses(sources, base)
    done = host.run(command, environment={**environment, "UV_PYTHON_DOWNLOADS": "never"}, folder=folder)
    if done.code != 0:
        raise DeployError(
            f"The packages of this tool cannot be resolved for Python {python} on {platform}.",
            conflict_sentence(done.output), "Check the network, or what pip is configured with (pip config list).",
            code=Code.NETWORK,
        )  # fmt: skip
    return (folder / "pylock.toml").read_text(encoding="utf-8")


def _sources(prepared: Prepared, otherwise: Sequence[str]) -> Sequence[str]:
    """A bundle that is made again has the tool's packages, too."""
    brought = prepared.request.bundle
    return ("--no-index", "--find-links", str(Path(brought) / TOOL)) if brought else otherwise


def sizes(wanted: Mapping[str, Wanted], lock: Lock) -> int:
    """Bytes of the wheels, as far as the index says."""
    return sum(package.bytes or 0 for package in lock.packages if package.name in wanted)


def as_json(lock: Lock) -> str:
    from dataclasses import asdict

    return json.dumps(asdict(lock), ensure_ascii=False, indent=1) + "\n"
