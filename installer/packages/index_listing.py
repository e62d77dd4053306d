"""Pages of package indexes, as JSON (PEP 691), HTML (PEP 503, 700) or PyPI's own JSON, read into files. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from packaging.utils import canonicalize_name

from installer.core.files import foreign_json

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file of a package."""

    name: str
    url: str
    uploaded: str = ""
    """ISO 8601; empty if the index does not say."""
    requires_python: str = ""
    yanked: bool = False


def read_page(body: str, base: str) -> tuple[ListedFile, ...]:
    """The files that a page of the simple API lists; `base` is where it was read."""
    if body.lstrip().startswith("{"):
        return tuple(_of_json(body, base))
    reader = _Links(base)
    reader.feed(body)
    return tuple(reader.files)


def read_project(body: str, base: str) -> tuple[ListedFile, ...]:
    """The files in what PyPI answers at /pypi/NAME/json."""
    try:
        releases: Mapping[str, Any] = foreign_json.loads(body)["releases"]
        return tuple(
            ListedFile(
                str(file["filename"]), urljoin(base, str(file["url"])), str(file.get("upload_time_iso_8601") or ""),
                str(file.get("requires_python") or ""), bool(file.get("yanked")),
            )
            for files in releases.values() for file in files
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


def version_of(file: str, package: str) -> str | None:
    """The version in the name of a wheel or a source archive of `package`; `None` if it is none of it."""
    from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

    try:
        if file.endswith(".whl"):
            name, version = parse_wheel_filename(file)[:2]
        elif file.endswith((".tar.gz", ".zip")):
            name, version = parse_sdist_filename(file)
        else:
            return None
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return str(version) if name == canonicalize_name(package) else None


def _of_json(body: str, base: str) -> Iterator[ListedFile]:
    try:
        for file in foreign_json.loads(body)["files"]:
            yield ListedFile(
                str(file["filename"]), urljoin(base, str(file["url"])), str(file.get("upload-time") or ""),
                str(file.get("requires-python") or ""), bool(file.get("yanked")),
            )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError):
        return


class _Links(HTMLParser):
    """The anchors of a page."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.files: list[ListedFile] = []
        self._base = base

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "base":
            self._base = urljoin(self._base, attributes.get("href") or "")
        if tag != "a" or not attributes.get("href"):
            return
        url = urljoin(self._base, str(attributes["href"])).partition("#")[0]
        name = unquote(urlsplit(url).path.rpartition("/")[2])
        self.files.append(
            ListedFile(
                name, url, attributes.get("data-upload-time") or "", attributes.get("data-requires-python") or "",
                "data-yanked" in attributes,
            )
        )  # fmt: skip
