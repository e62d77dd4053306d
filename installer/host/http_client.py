"""HTTP, for `installer.core.contracts.host.Host`: what the network does comes back as a value, never as an exception.

httpx is imported on first use, because it takes longer to load than most commands take to run. Proxies and certificates
are those of the environment, as httpx reads them. It must never send a request for this machine itself to a proxy.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from installer.core.contracts.host import Answer
from installer.core.text.numbers import is_whole

if TYPE_CHECKING:
    import ssl

    import httpx

_SIDE_BY_SIDE = 32
_SIZES_S = 10.0
_LARGEST_BODY = 64 * 1024 * 1024
_READING = threading.Lock()


def get(url: str, *, timeout_s: float = 5.0, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
    """One request, answered whole within `timeout_s`; status 0 and a few words where it was not.

    httpx takes `Authorization` off where a redirect leads to another host; other secrets do not belong in `headers`.
    """
    return _request(method, url, None, timeout_s, headers)


def post(
    url: str, body: Mapping[str, Any], *, timeout_s: float = 60.0, headers: Mapping[str, str] | None = None
) -> Answer:
    """One JSON request, answered whole within `timeout_s`; status 0 and a few words where it was not."""
    return _request("POST", url, body, timeout_s, headers)


@contextmanager
def stream(
    url: str, body: Mapping[str, Any], *, timeout_s: float = 60.0, headers: Mapping[str, str] | None = None
) -> Iterator[Iterator[str]]:
    """What follows `data:` in each line of a server-sent stream, as it comes; any pause is at most `timeout_s`.

    Raises `ConnectionError` if the stream does not begin or is interrupted.
    """
    with ExitStack() as open_things:
        try:
            client = open_things.enter_context(_client(url, timeout_s))
            response = open_things.enter_context(
                client.stream("POST", url, json=dict(body), headers=dict(headers or {}))
            )
            refusal = "" if response.is_success else response.read().decode("utf-8", "replace")
        except failures() as error:
            raise ConnectionError(words(error)) from error
        if not response.is_success:
            raise ConnectionError(f"HTTP {response.status_code}: {refusal[:500]}")
        # What the caller raises while reading passes through here and must stay what it is.
        yield _data_lines(response)


def sizes(urls: Sequence[str]) -> dict[str, int]:
    """Content lengths by URL, asked side by side within ten seconds; those that did not answer are absent."""
    wanted = [url for url in dict.fromkeys(urls) if urlsplit(url).scheme in ("http", "https")]
    if not wanted:
        return {}
    try:
        return asyncio.run(_sizes(wanted))
    except failures():
        return {}


def _request(
    method: str, url: str, body: Mapping[str, Any] | None, timeout_s: float, headers: Mapping[str, str] | None = None
) -> Answer:
    deadline = time.monotonic() + timeout_s
    content = None if body is None else dict(body)
    try:
        with (
            _client(url, timeout_s) as client,
            client.stream(method, url, json=content, headers=dict(headers or {})) as response,
        ):
            received = bytearray()
            for chunk in response.iter_bytes():
                received += chunk
                if time.monotonic() > deadline:
                    return Answer(0, f"no complete answer within {timeout_s:g} s", url)
                if len(received) > _LARGEST_BODY:
                    return Answer(0, "the answer is too large", url)
            text = received.decode(response.encoding or "utf-8", "replace")
            return Answer(response.status_code, text, str(response.url), dict(response.headers))
    except failures() as error:
        return Answer(0, words(error), url)


def _data_lines(response: httpx.Response) -> Iterator[str]:
    lines = response.iter_lines()
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except failures() as error:
            raise ConnectionError(words(error)) from error
        if line.startswith("data:"):
            yield line[5:].strip()


async def _sizes(urls: Sequence[str]) -> dict[str, int]:
    import httpx

    found: dict[str, int] = {}
    limits = httpx.Limits(max_connections=_SIDE_BY_SIDE)
    timeout = httpx.Timeout(_SIZES_S)
    headers = {"Accept-Encoding": "identity"}
    async with httpx.AsyncClient(
        follow_redirects=True, limits=limits, timeout=timeout, headers=headers, verify=trust()
    ) as client:

        async def ask(url: str) -> None:
            try:
                response = await client.head(url)
            except failures():
                return
            length = response.headers.get("content-length", "")
            if response.is_success and is_whole(length):
                found[url] = int(length)

        asked = [asyncio.ensure_future(ask(url)) for url in urls]
        _, late = await asyncio.wait(asked, timeout=_SIZES_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    return found


def _client(url: str, timeout_s: float) -> httpx.Client:
    import httpx

    if is_here(url):
        # No certificates are read for a plain request to ourselves: that alone would take longer than the request.
        return httpx.Client(timeout=timeout_s, trust_env=False, verify=urlsplit(url).scheme == "https")
    return httpx.Client(timeout=timeout_s, follow_redirects=True, verify=trust())


def trust() -> ssl.SSLContext:
    """The certificates that are trusted here, read once: each reading takes longer than most requests.

    Raises `OSError` if the environment names a file that cannot be read.
    """
    with _READING:
        return _trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _trust(file: str | None, folder: str | None) -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context()


def is_here(url: str) -> bool:
    """Whether the URL names this machine itself."""
    import ipaddress

    try:
        name = urlsplit(url).hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def failures() -> tuple[type[Exception], ...]:
    """Network errors, impossible URLs, and proxies or certificates that the environment names but cannot be used."""
    import httpx

    return (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, ImportError)


def words(error: Exception) -> str:
    return str(error) or {"ReadTimeout": "no answer in time", "ConnectTimeout": "no connection in time"}.get(
        type(error).__name__, type(error).__name__
    )
