"""The files of one revision of a hub model: listed, fetched side by side, continued, checked.

Every file is fetched into `<folder>/.incomplete/<hash>` and moved to its place only when its hash is the one that the
hub lists, so a file in its place is a whole file. Plain HTTP is preferred because it continues in the middle of a file;
Xet starts over with each, so it is used where it is requested (HF_XET_HIGH_PERFORMANCE) or needed (over 50 GB).
Never runs inside the engine: only `installer.host.hub`, a process of its own, imports this.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from huggingface_hub import (
    HfApi,
    constants,
    get_hf_file_metadata,
    get_session,
    hf_hub_download,
    hf_hub_url,
    hf_raise_for_status,
)
from huggingface_hub.errors import HfHubHTTPError, HTTPError  # type: ignore[attr-defined]

from installer.core.errors import DeployError
from installer.core.recipes.globs import matching
from installer.host.hub_progress import FileProgress, Meter, Report

INCOMPLETE = ".incomplete"
_WORKERS = 8
_ATTEMPTS = 5
"""How often in a row a file may fail without a single new byte."""
_SPARE = 64_000_000
_NO_DATA_S = 10.0
"""How long a connection may deliver nothing."""
_FINAL = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    path: str
    size: int | None
    sha256: str | None
    """Of the content, for files that the hub keeps outside of git."""
    blob: str | None
    """The git object id of the content, for the others."""

    @property
    def content(self) -> str:
        """A name for the content, the same as long as the content is."""
        return self.sha256 or self.blob or hashlib.sha1(self.path.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        return {"path": self.path, "size": self.size, "sha256": self.sha256, "content": self.content}


@dataclass(frozen=True, slots=True)
class Listing:
    commit: str
    files: tuple[RemoteFile, ...]


class Repository:
    """One revision of one model on the hub."""

    def __init__(self, identifier: str, revision: str, token: str | None) -> None:
        self.id = identifier
        self.revision = revision
        self.token = token
        self.endpoint: str = constants.ENDPOINT

    def listing(self, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> Listing:
        """Which files there are, with the sizes and hashes that the hub vouches for."""
        info = HfApi(token=self.token or False).model_info(self.id, revision=self.revision, files_metadata=True)
        paths = [sibling.rfilename for sibling in info.siblings or ()]
        kept = set(matching(paths, include, exclude))
        files = tuple(_remote(sibling) for sibling in info.siblings or () if sibling.rfilename in kept)
        if not files:
            raise DeployError(
                f"No file of {self.id} is selected.",
                f"None of its {len(paths)} files matches the include and exclude patterns.",
                "Change those patterns in the recipe.",
                code="hub-not-found",
            )
        return Listing(info.sha or self.revision, files)

    def probe(self, listing: Listing) -> None:
        """Whether the files may be read: a gated model lists them to everybody."""
        self._metadata(listing.commit, listing.files[0])

    def fetch(self, listing: Listing, folder: Path, report: Report) -> None:
        """Bring every file of the listing to its place; the first failure ends it."""
        (folder / INCOMPLETE).mkdir(parents=True, exist_ok=True)
        self._room(listing, folder)
        pool = ThreadPoolExecutor(_WORKERS)
        try:
            # Big ones first: the last to end should be a small one.
            ordered = sorted(listing.files, key=lambda file: -(file.size or 0))
            jobs = [pool.submit(self._fetch, listing.commit, file, folder, report) for file in ordered]
            for job in as_completed(jobs):
                job.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _room(self, listing: Listing, folder: Path) -> None:
        left = sum(_left(file, folder) for file in listing.files)
        free = shutil.disk_usage(folder).free
        if left + _SPARE > free:
            raise OSError(errno.ENOSPC, f"{left:,} bytes are still to be fetched, and {free:,} are free", str(folder))

    def _fetch(self, commit: str, file: RemoteFile, folder: Path, report: Report) -> None:
        place, partial = folder / file.path, folder / INCOMPLETE / file.content
        if not _intact(place, file):
            self._download(commit, file, partial, report)
            if not _intact(partial, file):
                # What was there before may have been wrong already: once more, from the start.
                partial.unlink()
                self._download(commit, file, partial, report)
            _must_be_intact(partial, file, self.id)
            place.parent.mkdir(parents=True, exist_ok=True)
            partial.replace(place)
        size = place.stat().st_size
        report(file.path, size, size)

    def _download(self, commit: str, file: RemoteFile, partial: Path, report: Report) -> None:
        failures = 0
        while True:
            before = _size(partial)
            try:
                return self._attempt(commit, file, partial, report)
            except (HTTPError, OSError) as error:
                failures = failures + 1 if _size(partial) <= before else 0
                if failures >= _ATTEMPTS or self._is_final(error):
                    raise
                time.sleep(min(0.5 * 2**failures, 8.0))

    def _attempt(self, commit: str, file: RemoteFile, partial: Path, report: Report) -> None:
        """One connection from where `partial` ends, or as many as Xet makes of it."""
        remote = self._metadata(commit, file)
        total = file.size if file.size is not None else remote.size
        progress = FileProgress(file.path, total, report)
        if remote.xet_file_data is not None and not constants.HF_HUB_DISABLE_XET and _wants_xet(total):
            self._by_xet(commit, file, partial, progress)
        elif not partial.exists() or _size(partial) != total:
            self._by_http(remote.location, partial, total, progress)

    def _by_xet(self, commit: str, file: RemoteFile, partial: Path, progress: FileProgress) -> None:
        """The whole file from its beginning; the hub's client keeps what is half fetched in a folder of its own."""
        folder = partial.with_name(f"{partial.name}.xet")
        fetched = hf_hub_download(
            self.id, file.path, revision=commit, local_dir=folder, endpoint=self.endpoint, headers=self._headers(),
            token=self.token or False, tqdm_class=type("Meter", (Meter,), {"progress": progress}),
        )  # fmt: skip
        Path(fetched).replace(partial)
        shutil.rmtree(folder, ignore_errors=True)

    def _by_http(self, address: str, partial: Path, total: int | None, progress: FileProgress) -> None:
        """What is still missing of the file; what comes is kept at once, whatever becomes of the connection."""
        if total is not None and _size(partial) > total:
            partial.unlink()
        # A signed address on another host must not be sent the token.
        headers = self._headers(secret=address.startswith(f"{self.endpoint}/"))
        with partial.open("r+b" if partial.exists() else "w+b", buffering=0) as out:
            if done := out.seek(0, 2):
                headers["range"] = f"bytes={done}-"
            with get_session().stream("GET", address, headers=headers, timeout=_NO_DATA_S) as answer:
                hf_raise_for_status(answer)
                if done and answer.status_code != 206:  # this server knows no ranges
                    out.truncate(0)
                    done = out.seek(0)
                for piece in answer.iter_bytes():
                    done += out.write(piece)
                    progress.at(done)
        if total is not None and done < total:
            raise OSError(f"the connection ended after {done:,} of {total:,} bytes")

    def _is_final(self, error: Exception) -> bool:
        """Whether trying again cannot help. What the storage refuses may only be an address that has run out."""
        if isinstance(error, HfHubHTTPError) and error.response is not None:
            status = int(error.response.status_code)
            ours = str(error.response.url).startswith(f"{self.endpoint}/")
            return ours and 400 <= status < 500 and status not in (408, 416, 429)
        return isinstance(error, OSError) and error.errno in _FINAL

    def _metadata(self, commit: str, file: RemoteFile) -> Any:
        address = hf_hub_url(self.id, file.path, revision=commit, endpoint=self.endpoint)
        return get_hf_file_metadata(address, headers=self._headers(), token=False)

    def _headers(self, *, secret: bool = True) -> dict[str, str]:
        # Compressed answers have no length and cannot be continued.
        headers = {"user-agent": "deploy-tui", "accept-encoding": "identity"}
        return {**headers, "authorization": f"Bearer {self.token}"} if secret and self.token else headers


def _remote(sibling: Any) -> RemoteFile:
    path = PurePosixPath(sibling.rfilename)
    if path.is_absolute() or ".." in path.parts or path.parts[0] == INCOMPLETE:
        raise DeployError(
            "The hub lists a file outside the model's folder.",
            f"Its name is {sibling.rfilename!r}.",
            "Do not use this model.",
            code="hub-unsafe",
        )
    sha256 = sibling.lfs.sha256 if sibling.lfs is not None else None
    return RemoteFile(str(path), sibling.size, sha256, None if sha256 else sibling.blob_id)


def _wants_xet(total: int | None) -> bool:
    return bool(constants.HF_XET_HIGH_PERFORMANCE) or (total or 0) > constants.MAX_HTTP_DOWNLOAD_SIZE


def _left(file: RemoteFile, folder: Path) -> int:
    if file.size is None or _size(folder / file.path) == file.size:
        return 0
    return max(file.size - _size(folder / INCOMPLETE / file.content), 0)


def _intact(path: Path, file: RemoteFile) -> bool:
    """Whether the file is there with the size and the hash that the hub lists."""
    if not path.is_file() or (file.size is not None and path.stat().st_size != file.size):
        return False
    if file.sha256 is not None:
        return _digest(path, hashlib.sha256()) == file.sha256
    if file.blob is not None:
        return _digest(path, hashlib.sha1(f"blob {path.stat().st_size}\0".encode())) == file.blob
    return True


def _must_be_intact(path: Path, file: RemoteFile, model: str) -> None:
    if not _intact(path, file):
        path.unlink(missing_ok=True)
        raise DeployError(
            f"{file.path} of {model} failed its check: checksum mismatch.",
            f"Its hash is not {file.content}, twice in a row.",
            "A mirror or proxy may be serving an old or damaged copy: check HF_ENDPOINT, then run it again.",
            code="hub-hash",
        )


def _digest(path: Path, digest: Any) -> str:
    with path.open("rb") as content:
        while block := content.read(4_194_304):
            digest.update(block)
    return str(digest.hexdigest())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
