"""A package index served over HTTP from a folder of wheels, as the simple API has it; can be made slow or broken."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Index(ThreadingHTTPServer):
    """`url` is what goes into --index-url."""

    daemon_threads = True

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), _Handler)
        self.folder = folder
        self.requests: list[str] = []
        self.lookups: list[str] = []
        """Requests for a part of a file, or for its size."""
        self.held: set[str] = set()
        """Files whose name starts so trickle, and come to no end before they are taken out of here."""
        self.ranges = True
        """Whether it answers with ranges of a file."""
        self.suffixes = True
        """Whether it counts ranges from the end."""
        self.sent = 0
        """Bytes of ranges that were asked for."""
        self.uploaded: dict[str, str] = {}
        """When files came, by name; where any is given, pages say it."""
        self.json = False
        """Whether pages are JSON for who prefers that (PEP 691)."""
        self.login = ""
        """Who may read here, as "user:password"; empty: everybody."""
        self.started = threading.Event()
        """Set once a file that is held is being sent."""

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}/simple"


class _Handler(BaseHTTPRequestHandler):
    server: Index

    def do_GET(self) -> None:
        if not self._is_let_in():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="packages"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        looked = "Range" in self.headers or self.command == "HEAD"
        (self.server.lookups if looked else self.server.requests).append(self.path)
        if match := re.fullmatch(r"/simple/([^/]+)/", self.path):
            self._page(match.group(1))
        elif match := re.fullmatch(r"/pypi/([^/]+)/json", self.path):
            self._project(match.group(1))
        elif match := re.fullmatch(r"/files/([^/]+)\.metadata", self.path):
            self._metadata(self.server.folder / match.group(1))
        elif match := re.fullmatch(r"/files/([^/]+)", self.path):
            self._file(self.server.folder / match.group(1))
        else:
            self.send_error(404)

    def _is_let_in(self) -> bool:
        login = base64.b64encode(self.server.login.encode()).decode()
        return not self.server.login or self.headers.get("Authorization") == f"Basic {login}"

    def do_HEAD(self) -> None:
        self.do_GET()

    def _page(self, project: str) -> None:
        wheels = self._wheels(project)
        if not wheels:
            self.send_error(404)
            return
        if self.server.json and "json" in self.headers.get("Accept", ""):
            files = [{"filename": w.name, "url": f"/files/{w.name}", "hashes": {}, **self._times(w)} for w in wheels]
            body = {"meta": {"api-version": "1.1"}, "name": project, "files": files}
            self._send(json.dumps(body).encode(), "application/vnd.pypi.simple.v1+json")
            return
        links = "".join(
            f'<a href="/files/{w.name}#sha256={hashlib.sha256(w.read_bytes()).hexdigest()}" data-core-metadata="true">'
            f"{w.name}</a>\n"
            for w in wheels
        )
        self._send(f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html")

    def _project(self, project: str) -> None:
        """All that PyPI says of a package, with the times that its pages may leave out."""
        releases: dict[str, list[dict[str, str]]] = {}
        for wheel in self._wheels(project):
            upload = {"upload_time_iso_8601": self.server.uploaded.get(wheel.name, "")}
            told = {"filename": wheel.name, "url": f"../../files/{wheel.name}", **upload}
            releases.setdefault(wheel.name.split("-")[1], []).append(told)
        self._send(json.dumps({"releases": releases}).encode(), "application/json")

    def _wheels(self, project: str) -> list[Path]:
        return [w for w in sorted(self.server.folder.glob("*.whl")) if _normal(w.name.split("-")[0]) == project]

    def _times(self, wheel: Path) -> dict[str, str]:
        uploaded = self.server.uploaded.get(wheel.name)
        return {"upload-time": uploaded} if uploaded else {}

    def _metadata(self, file: Path) -> None:
        """The metadata alone (PEP 658), so that resolving downloads no wheel."""
        if not file.exists():
            self.send_error(404)
            return
        with zipfile.ZipFile(file) as wheel:
            member = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
            self._send(wheel.read(member), "text/plain")

    def _file(self, file: Path) -> None:
        if not file.exists():
            self.send_error(404)
            return
        data = file.read_bytes()
        ranged = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if ranged and self.server.ranges:
            self._part(data, *ranged.groups())
            return
        self._send(data, "application/zip", file.name)

    def _part(self, data: bytes, first: str, last: str) -> None:
        if not first and not self.server.suffixes:
            self.send_error(416)
            return
        start = int(first) if first else max(0, len(data) - int(last))
        end = min(int(last), len(data) - 1) if first and last else len(data) - 1
        part = data[start : end + 1]
        self.server.sent += len(part)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{end}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if self.command == "GET":
            with suppress(OSError):  # the client has seen enough
                self.wfile.write(part)

    def _send(self, data: bytes, kind: str, name: str = "") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "HEAD":
            return
        sent = 0
        with suppress(OSError):  # the client was cancelled: that is what the test is about
            while any(name.startswith(start) for start in self.server.held):
                self.server.started.set()
                sent = min(sent + 1024, len(data) - 1)
                self.wfile.write(data[sent - 1024 : sent])
                time.sleep(0.05)
            self.wfile.write(data[sent:])

    def log_message(self, *_: object) -> None:
        return


def in_folder(folder: Path, root: Path) -> str:
    """The same index as pages below the new folder `root`, with nobody serving it; its URL."""
    for wheel in sorted(folder.glob("*.whl")):
        page = root / "simple" / _normal(wheel.name.split("-")[0]) / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        with page.open("a", encoding="utf-8") as links:
            links.write(f'<a href="{wheel.as_uri()}">{wheel.name}</a>\n')
    return (root / "simple").as_uri()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@contextmanager
def serve(folder: Path) -> Iterator[Index]:
    """Serve `folder` until the block ends."""
    index = Index(folder)
    thread = threading.Thread(target=index.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield index
    finally:
        index.shutdown()
        index.server_close()
