"""What one wheel says about itself: its file name, its METADATA, its modules, its compiled extensions.

Reads through an `Archive` only, and of it no more than is requested. Never installs or imports anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from email.parser import HeaderParser
from fnmatch import fnmatchcase
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from installer.core.packages.archive import Archive
from installer.core.plans.stack import Binary, WheelFacts
from installer.packages.wheels import binaries

_WHOLE = 12 * 1024 * 1024
"""Extensions up to this size (compressed) are read whole."""
_SMALLEST = 32 * 1024
"""An extension smaller than this has no GPU code worth looking at."""
_MOST = 4


def file_name(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])


def facts(url: str, archive: Archive) -> WheelFacts:
    """Everything but what only the binaries say."""
    file, names = file_name(url), archive.names()
    metadata = _metadata(archive, names)
    name, version, tags = of_file_name(file)
    headers = HeaderParser().parsestr(metadata.decode("utf-8", "replace")) if metadata else None
    return WheelFacts(
        name=canonicalize_name(str((headers and headers["Name"]) or name)),
        version=str((headers and headers["Version"]) or version),
        source=url,
        requires=tuple(headers.get_all("Requires-Dist", ())) if headers else (),
        requires_python=str(headers.get("Requires-Python", "")) if headers else "",
        extras=tuple(canonicalize_name(extra) for extra in headers.get_all("Provides-Extra", ())) if headers else (),
        tags=tags,
        modules=_modules(names),
        defect=_defect(file, names, (str(headers["Name"]), str(headers["Version"])) if headers else None),
    )


def of_file_name(file: str) -> tuple[str, str, tuple[str, ...]]:
    """Normal name, version and tags; all empty if it is not the name of a wheel."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        name, version, _, tags = parse_wheel_filename(file)
    except InvalidWheelFilename:
        return "", "", ()
    return str(name), str(version), tuple(sorted(map(str, tags)))


def extensions(archive: Archive, globs: Sequence[str] = ()) -> tuple[str, ...]:
    """The compiled files that decide what the wheel runs on: those that fit `globs`, else its largest."""
    compiled = [name for name in archive.names() if name.endswith(".so")]
    fitting = [name for name in compiled if any(fnmatchcase(name, glob) for glob in globs)]
    large = [name for name in compiled if archive.size(name) >= _SMALLEST]
    return tuple(sorted(fitting or large, key=archive.size, reverse=True)[: _MOST if fitting else 1])


def with_binaries(found: WheelFacts, read: Sequence[Binary]) -> WheelFacts:
    return replace(found, binaries=tuple(read), cuda=binaries.cuda_of(read))


def read_binaries(
    archive: Archive,
    members: Sequence[str],
    *,
    repeats: int = binaries.REPEATS,
    may_spend: Callable[[int], bool] = lambda _: True,
) -> tuple[Binary, ...]:
    """What the compiled files `members` were built for.

    A large one is read only until its architectures repeat themselves. `may_spend` is asked before more bytes are
    fetched; a file of which it lets nothing be read has no libraries and is not `complete`.
    """
    return tuple(_binary(archive, member, repeats, may_spend) for member in members)


def _binary(archive: Archive, member: str, repeats: int, may_spend: Callable[[int], bool]) -> Binary:
    size = archive.size(member)
    if size <= _WHOLE and may_spend(size):
        data = archive.read(member)
        return binaries.examine(member, data) if data else Binary(member, complete=False)
    before, asked = archive.transferred, 0

    def refused() -> bool:
        nonlocal asked
        more = archive.transferred - before - asked
        asked += more
        return not may_spend(more)

    # Pieces also end if the connection is interrupted: only what was read in one go is known to be all.
    data = b"" if refused() else binaries.enough(archive.pieces(member), refused, repeats)
    return binaries.examine(member, data, complete=False) if data else Binary(member, complete=False)


def _metadata(archive: Archive, names: Sequence[str]) -> bytes | None:
    member = next((name for name in names if _is_metadata(name)), None)
    return archive.read(member) if member else None


def _is_metadata(name: str) -> bool:
    return name.count("/") == 1 and name.endswith(".dist-info/METADATA")


def _modules(names: Sequence[str]) -> tuple[str, ...]:
    """Top-level modules: folders, single files and extensions, without the wheel's own notes."""
    found: dict[str, None] = {}
    for name in names:
        top, _, rest = name.partition("/")
        if top.endswith((".dist-info", ".data", ".libs")):
            continue
        if rest or top.endswith((".py", ".so")):
            module = top.partition(".")[0]
            if module.isidentifier():
                found.setdefault(module)
    return tuple(found)


def _defect(file: str, names: Sequence[str], stated: tuple[str, str] | None) -> str:
    return next(_defects(file, names, stated), "")


def _defects(file: str, names: Sequence[str], stated: tuple[str, str] | None) -> Iterator[str]:
    name, version, _ = of_file_name(file)
    if not name:
        yield f"{file} is not the name of a wheel"
    if stated is None:
        if not any(map(_is_metadata, names)):
            yield "it contains no METADATA"
        return
    if name and canonicalize_name(stated[0]) != name:
        yield f"its file name says {name}, its METADATA says {canonicalize_name(stated[0])}"
    if name and not _same_version(stated[1], version):
        yield f"its file name says version {version}, its METADATA says {stated[1]}"
    folders = {member.partition("/")[0] for member in names if _is_metadata(member)}
    folder_name, _, folder_version = folders.pop().removesuffix(".dist-info").rpartition("-")
    if folders:
        yield "it contains the metadata of several packages"
    elif canonicalize_name(folder_name) != canonicalize_name(stated[0]) or not _same_version(folder_version, stated[1]):
        yield f"its folder of metadata is called {folder_name}-{folder_version}, its METADATA says {' '.join(stated)}"


def _same_version(one: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other
