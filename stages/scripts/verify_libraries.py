"""Whether every compiled part of the packages finds the shared libraries that it needs, without loading any of them.

Engines only warn where a compiled part of theirs does not load, and die when it is called; so `import` proves too
little. The rule:

* Required is every compiled file of the packages that the recipe's verification imports, and of torch, and whatever
  those need in turn from inside the environment. A needed library that is missing fails the check.
* The rest of the environment is only reported: it is full of parts made for other machines (one for each release of
  FFmpeg, for RDMA, MPI, other GPUs), which their packages try and do without.
* The driver's own libraries come with a GPU; without one they are only reported.

Someone has a library where the loader finds it by itself (the part's own search path, LD_LIBRARY_PATH, ldconfig's
cache, the system's folders, what this process has loaded), and where it is anywhere in the environment: packages
load such libraries before they need them, torch those in nvidia/*/lib. Never changes or runs anything but, as the last
word on a library that is not found otherwise, the loader's own search for it.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

Result = tuple[str, str, list[str]] | tuple[str, str, list[str], dict[str, Any]]
"""Status, a sentence, details; after a failure also `code` or `missing`, by which its advice is chosen."""
_SHOWN = 3


def check(elf: Any, folders: Iterable[str], imports: Iterable[str], known: Mapping[str, Any], gpu: bool) -> Result:
    """Look at the packages in `folders`.

    `elf` reads the files (`verify_elf`); `known` holds `packages` (library to Debian package) and `driver` (the
    libraries that come with the driver).
    """
    shelf = CompiledFiles(elf, folders, known["driver"])
    if shelf.machine is None:
        return "skipped", "this system's programs are not of a kind that is known here", []
    modules = {"torch", *imports}
    required = shelf.with_needs(_roots(shelf.folders, shelf.parts, modules))
    gone = shelf.missing(required)
    others = shelf.missing(set(shelf.parts) - required)
    waiting = sorted(gone.keys() & set(known["driver"])) if not gpu else []
    failed = {library: users for library, users in gone.items() if library not in waiting}
    if failed:
        number = _count(len(failed), "shared library", "shared libraries")
        text = f"{number} that the engine's packages need cannot be found"
        details = [_line(shelf, known["packages"], *pair) for pair in sorted(failed.items())]
        return "failed", text, details, {"missing": sorted(failed)}
    unreadable = sorted(_roots(shelf.folders, shelf.unreadable, modules))
    if unreadable or not required:
        return "skipped", *_no_verdict([shelf.short(path) for path in unreadable])
    text = f"{_count(len(required), 'compiled part')} of the engine's packages find every library they need"
    details = list(_not_required(shelf, others, () if gpu else known["driver"]))
    if waiting:
        return "info", f"{text}, except the NVIDIA driver's {', '.join(waiting)}: there is no GPU here", details
    return "ok", text, details


class CompiledFiles:
    """The compiled files of an environment, and where the libraries are that they name."""

    def __init__(self, elf: Any, folders: Iterable[str], driver: Iterable[str]) -> None:
        self._read = cache(elf.read)
        program = self._read(os.path.realpath(sys.executable))
        self.machine = program.machine if program else None
        self.folders = tuple(folders)
        found = [path for folder in self.folders for path in _compiled(folder)]
        self.parts = {path for path in found if self.fits(path)}
        self.unreadable = [path for path in found if self._library(path) is None]
        self._carried = {name: path for path in self.parts for name in (Path(path).name, self._read(path).soname)}
        for name in driver:  # what is called so in an environment is a stub to link against
            self._carried.pop(name, None)
        self._first = _listed("LD_LIBRARY_PATH")
        self._system = System(elf.known_to_the_loader(), program.search if program else ())

    def fits(self, path: str) -> bool:
        """Whether the loader would take this file here."""
        library = self._library(path)
        return library is not None and library.machine == self.machine

    def _library(self, path: str) -> Any:
        """What the loader would read of it; `None` if it could not, or is no file: opening a pipe would wait."""
        return self._read(path) if Path(path).is_file() else None

    @cache  # noqa: B019 - one object, as long as the process
    def find(self, folder_list: tuple[str, ...], name: str) -> str | None:
        """Where a library comes from; "" where it is the system's, `None` if it is missing."""
        for folder in (*folder_list, *self._first):
            path = os.path.join(folder, name)
            if self.fits(path):
                return path
        if self._system.has(name, self.fits):
            return ""
        return self._carried.get(name) or ("" if _the_loader_finds(name) else None)

    def needs(self, path: str) -> Iterator[tuple[str, str | None]]:
        """Each library that a file needs, and where it comes from."""
        library = self._read(path)
        for name in library.needed if library else ():
            yield name, self.find(library.search, name)

    def with_needs(self, paths: Iterable[str]) -> set[str]:
        """These files and all that they need, without the system's: that looks after its own."""
        seen: set[str] = set()
        waiting = list(paths)
        while waiting:
            path = waiting.pop()
            if path not in seen:
                seen.add(path)
                waiting += [where for _, where in self.needs(path) if where]
        return seen

    def missing(self, paths: Iterable[str]) -> dict[str, list[str]]:
        """The missing libraries, each with the files that need it."""
        gone: dict[str, list[str]] = {}
        for path in sorted(paths):
            for name, where in self.needs(path):
                if where is None:
                    gone.setdefault(name, []).append(path)
        return gone

    def short(self, path: str) -> str:
        """A path as people know it: from the package on."""
        folder = next((folder for folder in self.folders if path.startswith(folder + os.sep)), None)
        return os.path.relpath(path, folder) if folder else path


class System:
    """What the loader finds outside of the environment."""

    def __init__(self, cache: Mapping[str, list[str]], program: Iterable[str]) -> None:
        self._cache = cache
        self._loaded = _loaded()
        kind = sysconfig.get_config_var("MULTIARCH") or ""
        usual = (f"{root}/{name}" for root in ("", "/usr") for name in (f"lib/{kind}", "lib64", "lib"))
        self._folders = (*program, *usual)

    def has(self, name: str, fits: Any) -> bool:
        if name in self._loaded:
            return True
        return any(map(fits, (*self._cache.get(name, ()), *(f"{folder}/{name}" for folder in self._folders))))


def _compiled(folder: str) -> Iterator[str]:
    for at, _, names in os.walk(folder):
        yield from (os.path.join(at, name) for name in names if name.endswith(".so") or ".so." in name)


def _roots(folders: Iterable[str], parts: Iterable[str], modules: Iterable[str]) -> list[str]:
    """The compiled files of these modules' packages that this Python could load."""
    starts = {os.path.join(folder, module.split(".")[0]) for folder in folders for module in modules}
    mine = [path for path in parts if any(path.startswith((start + os.sep, start + ".")) for start in starts)]
    ours = str(sysconfig.get_config_var("EXT_SUFFIX"))
    return [path for path in mine if ".cpython-" not in Path(path).name or path.endswith(ours)]


def _loaded() -> set[str]:
    """The libraries in this process: the interpreter's own are not always where others would find them."""
    try:
        lines = Path("/proc/self/maps").read_text(errors="replace").splitlines()
    except OSError:
        return set()
    return {Path(line).name for line in lines if ".so" in line}


def _listed(variable: str) -> tuple[str, ...]:
    return tuple(folder for folder in os.environ.get(variable, "").split(":") if folder)


def _the_loader_finds(name: str) -> bool:
    """Ours is a copy of the loader's search; on a system that is built otherwise, only the loader itself knows."""
    try:
        from ctypes import CDLL

        CDLL(name)
    except (ImportError, OSError):
        return False
    return True


def _line(shelf: CompiledFiles, packages: Mapping[str, str], library: str, users: list[str]) -> str:
    package = f", of the Debian package {packages[library]}," if library in packages else ""
    more = f" and {len(users) - _SHOWN} more" if len(users) > _SHOWN else ""
    return f"{library}{package} is needed by {', '.join(map(shelf.short, users[:_SHOWN]))}{more}"


def _no_verdict(unreadable: list[str]) -> tuple[str, list[str]]:
    """Nothing is known of what a file needs that cannot be read, nor where there is none at all."""
    if not unreadable:
        return "no compiled part of the engine's packages was found, so what they need is not known", []
    more = f" and {len(unreadable) - _SHOWN} more" if len(unreadable) > _SHOWN else ""
    names = f"{', '.join(unreadable[:_SHOWN])}{more}"
    return "not every compiled part of the engine's packages can be read, so what they need is not known", [
        f"not a library that the loader could read: {names}"
    ]


def _not_required(shelf: CompiledFiles, gone: Mapping[str, list[str]], driver: Iterable[str]) -> Iterator[str]:
    """What is missing in packages that the recipe does not import, a line a package."""
    by_package: dict[str, set[str]] = {}
    for library in gone.keys() - set(driver):
        for path in gone[library]:
            by_package.setdefault(Path(shelf.short(path)).parts[0].split(".")[0], set()).add(library)
    for package, libraries in sorted(by_package.items()):
        few = ", ".join(sorted(libraries)[:_SHOWN])
        more = f" and {len(libraries) - _SHOWN} more" if len(libraries) > _SHOWN else ""
        yield f"not required: parts of {package} would need {few}{more}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
