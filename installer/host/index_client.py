"""Asks package indexes over HTTP: one kept connection for many small questions, and a count of what they cost.

Certificate, proxy, trusted hosts and credentials are those of pip's configuration, then those of the environment. What
the network does comes back as a value. It must never wait longer than it was given, nor again for a host that has just
proved to be out of reach.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from installer.core.packages.sources import Sources
from installer.core.text.numbers import is_whole
from installer.host.http_client import failures, is_here, trust, words

if TYPE_CHECKING:
    import httpx

_CONNECT_S = 3.0
_GIVEN_UP = 2
"""Failures in a row after which a host is not asked any more,"""
_FOR_S = 30.0
"""for so long."""
_PIECE = 1 << 16
_LARGE_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. `status` 0: there was none, and `why` says so in a few words."""

    status: int
    body: bytes = b""
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    why: str = ""


class IndexClient:
    """Thread-safe; connections are made on first use and kept."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._clients: dict[str, httpx.Client] = {}
        self._lock = threading.Lock()
        self._failed: dict[str, tuple[int, float]] = {}
        self.transferred = 0

    def get(
        self, url: str, *, timeout_s: float, limit: int, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> Fetched:
        """An answer of at most `limit` bytes, whole within `timeout_s`; a longer one has its headers and no body."""
        try:
            with self._open(method, url, headers or {}, timeout_s) as response:
                length = response.headers.get("content-length", "0")
                if is_whole(length) and int(length) > limit and method == "GET":
                    return _fetched(response, b"", "the answer is too large")
                body = bytearray()
                for piece in self._pieces(response, timeout_s, response.iter_bytes(_PIECE)):
                    body += piece
                    if len(body) > limit:
                        return _fetched(response, b"", "the answer is too large")
                return _fetched(response, bytes(body))
        except failures() as error:
            return Fetched(0, url=url, why=words(error))

    def stream(self, url: str, headers: Mapping[str, str], timeout_s: float) -> Iterator[bytes]:
        """The body of a partial answer (206), as it comes; nothing if it is another. Ends early where it breaks."""
        try:
            with self._open("GET", url, headers, timeout_s) as response:
                if response.status_code == 206:
                    yield from self._pieces(response, timeout_s, response.iter_raw(_PIECE))
        except failures():
            return

    def download(self, url: str, begun: int, pause_s: float) -> Iterator[bytes]:
        """The body from byte `begun` on, however long it takes; any pause is at most `pause_s`.

        Raises `ConnectionError` if it does not begin or is interrupted.
        """
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={begun}-"} if begun else {})}
        try:
            with self._open("GET", url, headers, pause_s) as response:
                if response.status_code not in (200, 206):
                    raise ConnectionError(f"HTTP {response.status_code}")
                skip = begun if response.status_code == 200 else 0  # it knows no ranges
                for piece in response.iter_raw(_LARGE_PIECE):
                    yield piece[skip:]
                    skip = max(0, skip - len(piece))
        except failures() as error:
            raise ConnectionError(words(error)) from error

    def close(self) -> None:
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    @contextmanager
    def _open(self, method: str, url: str, headers: Mapping[str, str], timeout_s: float) -> Iterator[httpx.Response]:
        host = urlsplit(url).netloc
        failures_before, last = self._failed.get(host, (0, 0.0))
        if failures_before >= _GIVEN_UP and time.monotonic() - last < _FOR_S:
            raise ConnectionError(f"{urlsplit(url).hostname} did not answer before")
        with ExitStack() as opened:
            try:
                # `stream` of httpx is typed for what it passes on as it is.
                more: dict[str, Any] = {"headers": dict(headers), "timeout": self._timeout(timeout_s)}
                auth = self._credentials(url)
                if auth:
                    more["auth"] = auth
                response = opened.enter_context(self._client(url).stream(method, url, **more))
            except failures():
                self._failed[host] = (self._failed.get(host, (0, 0.0))[0] + 1, time.monotonic())
                raise
            self._failed.pop(host, None)
            yield response

    def _pieces(self, response: httpx.Response, timeout_s: float, body: Iterator[bytes]) -> Iterator[bytes]:
        deadline, before = time.monotonic() + timeout_s, 0
        for piece in body:
            with self._lock:
                self.transferred += response.num_bytes_downloaded - before
            before = response.num_bytes_downloaded
            yield piece
            if time.monotonic() > deadline:
                raise TimeoutError(f"no complete answer within {timeout_s:g} s")

    def _timeout(self, timeout_s: float) -> Any:
        import httpx

        return httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S))

    def _client(self, url: str) -> httpx.Client:
        kind = self._kind(url)
        with self._lock:
            if kind not in self._clients:
                self._clients[kind] = self._made(kind)
            return self._clients[kind]

    def _kind(self, url: str) -> str:
        if is_here(url):
            return "here"
        place = urlsplit(url)
        names = {place.hostname, place.netloc.rpartition("@")[2]}
        return "trusted" if names & set(self._sources.trusted_hosts) else "outside"

    def _made(self, kind: str) -> httpx.Client:
        import httpx

        limits = httpx.Limits(max_connections=16, max_keepalive_connections=16)
        if kind == "here":
            return httpx.Client(trust_env=False, verify=False, follow_redirects=True, limits=limits)
        options: dict[str, Any] = {"follow_redirects": True, "limits": limits}
        if self._sources.proxy:
            options["proxy"] = self._sources.proxy
        if kind == "trusted":
            options["verify"] = False
        elif self._sources.certificate:
            import ssl

            options["verify"] = ssl.create_default_context(cafile=self._sources.certificate)
        else:
            options["verify"] = trust()
        return httpx.Client(**options)

    def _credentials(self, url: str) -> tuple[str, str] | None:
        """Name and password that an index's address carries, for everything else on the same host."""
        asked = urlsplit(url)
        if asked.username:
            return None  # httpx reads them out of the address itself
        for index in (self._sources.index_url or "", *self._sources.extra_index_urls):
            known = urlsplit(index)
            if known.username and (known.scheme, known.hostname, known.port) == (
                asked.scheme, asked.hostname, asked.port,
            ):  # fmt: skip
                return unquote(known.username), unquote(known.password or "")
        return None


def _fetched(response: httpx.Response, body: bytes, why: str = "") -> Fetched:
    return Fetched(response.status_code, body, str(response.url), dict(response.headers), why)
