"""Pages of package indexes, wherever they are: over HTTP, or in folders, where a listing replaces a page.

What cannot be read is an answer with status 0 or 404, never an exception.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from installer.core.contracts.host import Answer
from installer.host.index_client import IndexClient

_LARGEST = 32 * 1024 * 1024


def page(url: str, client: IndexClient, *, accept: str, timeout_s: float) -> Answer:
    try:
        place = urlsplit(url)
    except ValueError as error:
        return Answer(0, str(error), url)
    if place.scheme not in ("http", "https"):
        return _from_disk(Path(unquote(place.path) if place.scheme == "file" else url))
    got = client.get(url, timeout_s=timeout_s, limit=_LARGEST, headers={"Accept": accept} if accept else None)
    if got.why:
        return Answer(0, got.why, got.url)
    return Answer(got.status, got.body.decode("utf-8", "replace"), got.url, got.headers)


def _from_disk(path: Path) -> Answer:
    try:
        if path.is_dir():
            written = path / "index.html"
            where = written if written.is_file() else path
            body = written.read_text("utf-8", "replace") if where is written else _listing(path)
            return Answer(200, body, path.absolute().as_uri() + "/", {"content-type": "text/html"})
        if path.is_file():
            return Answer(200, path.read_text("utf-8", "replace"), path.absolute().as_uri())
    except OSError as error:
        return Answer(0, str(error), str(path))
    return Answer(404, "there is no such folder", str(path))


def _listing(folder: Path) -> str:
    files = sorted(file for file in folder.iterdir() if file.is_file())
    return "".join(f'<a href="{escape(file.absolute().as_uri())}">{escape(file.name)}</a>\n' for file in files)
