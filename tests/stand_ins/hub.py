"""A model hub on this machine: the part of the Hugging Face hub's HTTP interface that its own client really calls.

Small files are served by the hub itself, big ones ("lfs") by a redirect to another host name (`localhost` instead of
`127.0.0.1`), as the real one does with its storage network. It can be told to misbehave, and remembers what was asked.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" * 6 + "c0ff"


@dataclass
class HubModel:
    files: dict[str, bytes]
    lfs: tuple[str, ...] = ("model.safetensors",)
    xet: dict[str, str] = field(default_factory=dict)
    """Xet hash by path, for files whose bytes lie in the content store of `StandInHub.store`."""
    licence: str = ""
    tag: str = ""
    """What its page says that it is for (`pipeline_tag`)."""
    gated: bool = False
    private: bool = False
    readers: tuple[str, ...] = ()
    """Tokens that may read it, where it is gated or private."""
    revisions: tuple[str, ...] = ("main", COMMIT)
    claimed_sizes: dict[str, int] = field(default_factory=dict)


@dataclass
class Asked:
    method: str
    path: str
    range: str | None
    authorization: str | None


@dataclass
class StandInHub:
    models: dict[str, HubModel] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    cuts: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """By file name: cut the next connection after that many bytes of the body, and so on."""
    hold_after: dict[str, int] = field(default_factory=dict)
    """By file name: send that many bytes and then nothing, until `release` is set."""
    release: threading.Event = field(default_factory=threading.Event)
    held: threading.Event = field(default_factory=threading.Event)
    wrong: dict[str, bytes] = field(default_factory=dict)
    """By file name: what is really sent."""
    failures: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """By file name, or by path for what is stored elsewhere: HTTP status of the next answers."""
    ranges: bool = True
    store: Path | None = None

    def __enter__(self) -> StandInHub:
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def storage_url(self) -> str:
        return f"http://localhost:{self._server.server_port}"

    def downloads(self, name: str) -> list[Asked]:
        """The requests for the bytes of a file."""
        return [a for a in self.asked if a.method == "GET" and a.path.endswith(name) and "/api/" not in a.path]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                _Answer(hub, self).give()

            def do_HEAD(self) -> None:
                _Answer(hub, self).give()

            def log_message(self, *_: object) -> None: ...

        return Handler


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that was killed is what some tests are about."""


class _Answer:
    def __init__(self, hub: StandInHub, handler: BaseHTTPRequestHandler) -> None:
        self.hub = hub
        self.http = handler
        self.path = unquote(urlsplit(handler.path).path)
        self.token = (handler.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        hub.asked.append(
            Asked(handler.command, self.path, handler.headers.get("Range"), handler.headers.get("Authorization"))
        )

    def give(self) -> None:
        if self.path.startswith("/api/xet-token/"):
            self._xet_token()
        elif self.path.startswith("/api/models/"):
            self._about(self.path.removeprefix("/api/models/"))
        elif self.path.startswith("/storage/"):
            model, _, name = self.path.removeprefix("/storage/").partition("//")
            if self.hub.failures[self.path]:
                return self._refuse(self.hub.failures[self.path].pop(0), "")
            self._bytes(name, self.hub.models[model].files[name], {})
        else:
            self._resolve()

    def _about(self, rest: str) -> None:
        name, _, revision = rest.partition("/revision/")
        if (model := self._model(name)) is None:
            return
        if revision and revision not in model.revisions:
            return self._refuse(404, "RevisionNotFound")
        siblings = []
        for path, content in model.files.items():
            entry: dict[str, object] = {"rfilename": path, "size": model.claimed_sizes.get(path, len(content))}
            entry["blobId"] = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            if path in model.lfs or path in model.xet:
                sha256 = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 134}
            siblings.append(entry)
        body = {"id": name, "modelId": name, "sha": COMMIT, "private": model.private, "siblings": siblings}
        if model.licence:
            body["cardData"] = {"license": model.licence}
        if model.tag:
            body["pipeline_tag"] = model.tag
        self._send(200, json.dumps({**body, "gated": "manual" if model.gated else False}).encode(), {})

    def _resolve(self) -> None:
        name, _, rest = self.path.lstrip("/").partition("/resolve/")
        revision, _, path = rest.partition("/")
        if (model := self._model(name)) is None:
            return
        if model.gated and self.token not in model.readers:
            return self._refuse(403 if self.token else 401, "GatedRepo")
        if revision not in model.revisions:
            return self._refuse(404, "RevisionNotFound")
        if path not in model.files:
            return self._refuse(404, "EntryNotFound")
        if self.hub.failures[path]:
            return self._refuse(self.hub.failures[path].pop(0), "")
        self._file(name, model, path)

    def _file(self, name: str, model: HubModel, path: str) -> None:
        content = model.files[path]
        if path not in model.lfs and path not in model.xet:
            etag = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            return self._bytes(path, content, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT})
        headers = {
            "X-Repo-Commit": COMMIT,
            "X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X-Linked-Size": str(len(content)),
            "Location": f"{self.hub.storage_url}/storage/{name}//{path}?Signature=signed-secret-value",
        }
        if path in model.xet:
            headers["X-Xet-Hash"] = model.xet[path]
            headers["X-Xet-Refresh-Route"] = f"{self.hub.url}/api/xet-token/{name}"
        self._send(302, b"", headers)

    def _xet_token(self) -> None:
        headers = {
            "X-Xet-Cas-Url": f"local://{self.hub.store}",
            "X-Xet-Access-Token": "xet-access",
            "X-Xet-Token-Expiration": str(int(time.time()) + 3600),
        }
        self._send(200, b"{}", headers)

    def _model(self, name: str) -> HubModel | None:
        model = self.hub.models.get(name)
        if model is None or (model.private and self.token not in model.readers):
            self._refuse(404 if self.token else 401, "RepoNotFound")
            return None
        return model

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, b'{"error": "no"}', {"X-Error-Code": code} if code else {})

    def _bytes(self, path: str, content: bytes, headers: dict[str, str]) -> None:
        content = self.hub.wrong.get(path, content)
        wanted = self.http.headers.get("Range") if self.hub.ranges else None
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if wanted:
            headers = {**headers, "Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        self._send(206 if wanted else 200, content[start:], headers, path)

    def _send(self, status: int, body: bytes, headers: dict[str, str], path: str = "") -> None:
        self.http.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.http.send_header(name, value)
        self.http.end_headers()
        if self.http.command == "HEAD":
            return
        hub, out = self.hub, self.http.wfile
        try:
            if hub.cuts[path]:
                out.write(body[: hub.cuts[path].pop(0)])
                self.http.close_connection = True
            elif path in hub.hold_after:
                out.write(body[: hub.hold_after[path]])
                out.flush()
                hub.held.set()
                hub.release.wait(60)
            else:
                out.write(body)
        except OSError:
            self.http.close_connection = True
