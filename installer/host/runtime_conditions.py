"""What surrounds this machine's programs: limits, clock, proxy, names, and how fast index and hub answer. Reads only.

Everything is asked side by side, for a few seconds at most; what did not answer is not known.
"""

from __future__ import annotations

import email.utils
import os
import resource
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from installer.core.outcomes import Word
from installer.core.secrets import redact
from installer.host import reachability
from installer.host.background_call import BackgroundCall

_LIMIT_S = 4.0
_ENOUGH_BYTES = 4 << 20
_PROXIES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


class Service(Word):
    """What a deployment downloads from."""

    INDEX = "package index"
    HUB = "model hub"


class Obstacle(Word):
    """Where a question ended that was not answered."""

    ADDRESS = "address"
    """What is configured is no address."""
    NAME = "name"
    PROXY = "proxy"
    CERTIFICATE = "certificate"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a server answered."""

    service: Service
    host: str
    resolves: bool | None = None
    """Whether its name is known here; `None` if a proxy would resolve it."""
    seconds: float | None = None
    """Until its first answer; `None` if none came."""
    bytes_per_second: float | None = None
    """Where enough came to say so."""
    error: str = ""
    obstacle: Obstacle = Obstacle.SILENT
    """What `error` comes to."""
    clock: float | None = None
    """The time that it told, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class RuntimeConditions:
    open_files: int | None = None
    """How many files a program may hold open; `None`: without a limit, or not known."""
    proxy: str = ""
    """Without its password."""
    no_proxy: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    clock_off_s: float | None = None
    """By how much this machine's clock differs from that of the servers that answered."""


def measure(environment: Mapping[str, str] = os.environ) -> RuntimeConditions:
    """The surroundings of programs that are started here."""
    proxy = next((environment[name] for name in _PROXIES if environment.get(name)), "")
    index, hub = reachability.addresses(environment)
    until = time.monotonic() + _LIMIT_S
    questions = [
        BackgroundCall(partial(_ask, Service.INDEX, index, proxy), Answer(Service.INDEX, _host(index)))
        if index
        else BackgroundCall(partial(_ask_default_index, proxy), None),
        BackgroundCall(partial(_ask, Service.HUB, hub, proxy), Answer(Service.HUB, _host(hub))),
    ]
    answers = tuple(answer for question in questions if (answer := question.answer(until)))
    off = [time.time() - answer.clock for answer in answers if answer.clock is not None]
    return RuntimeConditions(
        open_files=_open_files(),
        proxy=redact(proxy),
        no_proxy=tuple(filter(None, (environment.get("no_proxy") or environment.get("NO_PROXY") or "").split(","))),
        answers=answers,
        clock_off_s=min(off, key=abs, default=None),
    )


def _host(url: str | None) -> str:
    return urlsplit(url or "").hostname or ""


def _open_files() -> int | None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def _ask_default_index(proxy: str) -> Answer | None:
    """The index that uv knows by itself; `None` if uv did not come to ask it."""
    index = reachability.default_index()
    return _ask(Service.INDEX, index, proxy) if index else None


def _ask(service: Service, url: str, proxy: str) -> Answer:
    host = _host(url)
    if not host or urlsplit(url).scheme not in ("http", "https"):
        return Answer(service, redact(url), error="this is no address of a server", obstacle=Obstacle.ADDRESS)
    resolves = None if proxy else _resolves(host)
    if resolves is False:
        return Answer(service, host, False, error="its name cannot be resolved", obstacle=Obstacle.NAME)
    try:
        return _fetched(service, url, host, resolves)
    except Exception as error:  # httpx has no common ancestor of its own with ssl and the system's
        said = redact(str(error)) or type(error).__name__
        by = f"over the proxy {redact(proxy)}: " if proxy else ""
        return Answer(service, host, resolves, error=f"{by}{said}", obstacle=_obstacle(error, bool(proxy)))


def _obstacle(error: BaseException, by_proxy: bool) -> Obstacle:
    """Certificates are what Python's own ssl complains of, and a missing file that a variable names."""
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, ssl.SSLError | FileNotFoundError):
            return Obstacle.CERTIFICATE
        at = at.__cause__ or at.__context__
    import httpx

    return Obstacle.PROXY if by_proxy and isinstance(error, httpx.ConnectError | httpx.ProxyError) else Obstacle.SILENT


def _resolves(host: str) -> bool:
    try:
        socket.getaddrinfo(host, 443)
    except OSError:
        return False
    return True


def _fetched(service: Service, url: str, host: str, resolves: bool | None) -> Answer:
    import httpx

    started, got = time.monotonic(), 0
    with httpx.stream("GET", url, timeout=_LIMIT_S - 1, follow_redirects=True) as response:
        first = time.monotonic()
        date = email.utils.parsedate_to_datetime(response.headers["date"]) if "date" in response.headers else None
        for piece in response.iter_raw():
            got += len(piece)
            if got > _ENOUGH_BYTES or time.monotonic() - started > _LIMIT_S - 1:
                break
    spent = time.monotonic() - first
    rate = got / spent if got > 1 << 18 and spent > 0 else None
    return Answer(service, host, resolves, first - started, rate, clock=date.timestamp() if date else None)
