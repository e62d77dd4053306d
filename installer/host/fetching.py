"""Fetches whole files by their hash: continued where it was cut off, taken from a folder where they are already.

Under a file's name there is the whole file with the right hash, or none.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from installer.core.errors import Cancelled, DeployError
from installer.core.outcomes import Code
from installer.core.packages.sources import Sources
from installer.core.secrets import redact
from installer.host.index_client import IndexClient

_AT_ONCE = 4
_TRIES = 4
_PATIENCE_S = 60.0
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Wanted:
    name: str
    """Of the file."""
    url: str
    """http(s), file, or a path."""
    sha256: str


Progress = Callable[[str, int], None]
"""Name of a file, and how many more bytes of it are here."""


def fetch(
    wanted: Sequence[Wanted], folder: Path, sources: Sources, *, folders: Sequence[Path] = (), progress: Progress
) -> dict[str, Path]:
    """The file of each name: in one of `places` or where its address says, else fetched into `folder`.

    Raises `DeployError` for the first that is not available.
    """
    folder.mkdir(parents=True, exist_ok=True)
    client, over = IndexClient(sources), threading.Event()

    def one(item: Wanted) -> Path:
        found = next(filter(None, (_local_copy(item, place) for place in (*folders, *_here(item), folder))), None)
        if found is not None:
            progress(item.name, found.stat().st_size)
            return found
        return _fetched(client, item, folder, progress, over)

    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            try:
                return {item.name: file for item, file in zip(wanted, pool.map(one, wanted), strict=True)}
            except BaseException:
                over.set()
                pool.shutdown(cancel_futures=True)
                raise
    finally:
        client.close()


def _here(item: Wanted) -> tuple[Path, ...]:
    """The folder of a file of this machine."""
    place = urlsplit(item.url)
    if place.scheme in ("", "file"):
        return (Path(unquote(place.path)).parent,)
    return ()


def _local_copy(item: Wanted, place: Path) -> Path | None:
    """The file, where it is in a folder and has the right hash."""
    file = place / item.name
    return file if file.is_file() and _digest(file).hexdigest() == item.sha256 else None


def _fetched(client: IndexClient, item: Wanted, folder: Path, progress: Progress, over: threading.Event) -> Path:
    half, why = folder / f"{item.name}.part", "no answer"
    if not item.url.startswith(("http://", "https://")):
        raise _gone(item, "no such file, or not the one that the lock was made with")
    for _ in range(_TRIES):
        begun = half.stat().st_size if half.exists() else 0
        digest = _digest(half) if begun else hashlib.sha256()
        try:
            for piece in _appended(client.download(item.url, begun, _PATIENCE_S), half):
                digest.update(piece)
                progress(item.name, len(piece))
                if over.is_set():
                    raise Cancelled
        except ConnectionError as error:
            why = str(error)
            continue
        if digest.hexdigest() == item.sha256:
            half.replace(folder / item.name)
            return folder / item.name
        half.unlink(missing_ok=True)
        why = "its hash does not match the lock"
    raise _gone(item, why)


def _appended(pieces: Iterator[bytes], file: Path) -> Iterator[bytes]:
    with file.open("ab") as out:
        for piece in pieces:
            out.write(piece)
            yield piece


def _digest(file: Path) -> hashlib._Hash:
    found = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            found.update(piece)
    return found


def _gone(item: Wanted, why: str) -> DeployError:
    return DeployError(
        f"{item.name} could not be fetched.",
        f"{redact(item.url)}: {why}.",
        "Run it again: what was fetched is kept. Or name a folder that has it with --from.",
        code=Code.NETWORK,
    )
