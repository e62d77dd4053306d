"""What surrounds this machine's programs: limits, clock, proxy, names, and how fast index and hub answer. Reads only.

Everything is asked side by side, for a few seconds at most; what did not answer is not known.
"""

from __future__ import annotations

import email.utils
import os
import resource
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from installer.core.secrets import redact
from installer.host import reachability
from installer.host.background_call import BackgroundCall

_LIMIT_S = 4.0
_ENOUGH_BYTES = 4 << 20
_PROXIES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


@dataclass(frozen=True, slots=True)
class Answer:
    """How a server answered."""

    name: str
    """"package index" or "model hub"."""
    host: str
    resolves: bool | None = None
    """Whether its name is known here; `None` where a proxy would ask for it."""
    seconds: float | None = None
    """Until its first answer; `None` where none came."""
    bytes_per_second: float | None = None
    """Where enough came to say so."""
    error: str = ""
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
    asked = [("package index", index), ("model hub", hub)]
    until = time.monotonic() + _LIMIT_S
    questions = [
        BackgroundCall(lambda name=name, url=url: _ask(name, url, bool(proxy)), Answer(name, _host(url)))  # type: ignore[misc]
        for name, url in asked
        if url
    ]
    answers = tuple(question.answer(until) for question in questions)
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


def _ask(name: str, url: str, by_proxy: bool) -> Answer:
    host = _host(url)
    resolves = None if by_proxy else _resolves(host)
    if resolves is False:
        return Answer(name, host, False, error="its name cannot be resolved")
    try:
        return _fetched(name, url, host, resolves)
    except OSError as error:
        return Answer(name, host, resolves, error=str(error))


def _resolves(host: str) -> bool:
    try:
        socket.getaddrinfo(host, 443)
    except OSError:
        return False
    return True


def _fetched(name: str, url: str, host: str, resolves: bool | None) -> Answer:
    import httpx

    started, got = time.monotonic(), 0
    try:
        with httpx.stream("GET", url, timeout=_LIMIT_S - 1, follow_redirects=True) as response:
            first = time.monotonic()
            date = email.utils.parsedate_to_datetime(response.headers["date"]) if "date" in response.headers else None
            for piece in response.iter_raw():
                got += len(piece)
                if got > _ENOUGH_BYTES or time.monotonic() - started > _LIMIT_S - 1:
                    break
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return Answer(name, host, resolves, error=redact(str(error)) or type(error).__name__)
    spent = time.monotonic() - first
    rate = got / spent if got > 1 << 18 and spent > 0 else None
    return Answer(name, host, resolves, first - started, rate, clock=date.timestamp() if date else None)
