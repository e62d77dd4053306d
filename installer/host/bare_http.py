"""One request to a server of this machine, with nothing but a socket: for the supervisor, which must stay small.

It must never wait longer than it is told, and never raise for what a server or the network does.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from installer.core.text.numbers import is_whole

_LARGEST = 8 << 20
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 0
    """0: none came."""
    body: bytes = b""
    words: str = ""
    """Why none came."""
    late: bool = False
    """It was connected, or not even that, and nothing whole came in time."""


def ask(url: str, *, body: Mapping[str, Any] | None = None, key: str = "", timeout_s: float) -> Reply:
    """GET `url` (`http://host:port/path`), or POST `body` to it as JSON, answered whole within `timeout_s`."""
    place, _, path = url.removeprefix("http://").partition("/")
    host, _, port = place.rpartition(":")
    address = (host.strip("[]"), int(port))
    deadline = time.monotonic() + timeout_s
    try:
        with socket.create_connection(address, timeout=timeout_s) as connection:
            connection.sendall(_request(f"/{path}", place, body, key))
            return _reply(_received(connection, deadline))
    except TimeoutError:
        return Reply(words=f"it gave no answer within {timeout_s:g} s", late=True)
    except OSError as error:
        return Reply(words=f"its port {address[1]} does not answer ({error.strerror or error})")


def _request(path: str, host: str, body: Mapping[str, Any] | None, key: str) -> bytes:
    """HTTP/1.0: the answer then ends with the connection, and comes in no pieces that had to be put together."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.0", f"Host: {host}", "Connection: close"]
    lines += [f"Authorization: Bearer {key}"] if key else []
    lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"] if content else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + content


def _received(connection: socket.socket, deadline: float) -> bytes:
    """All until the end. Raises `TimeoutError` if that does not come in time."""
    received = bytearray()
    while len(received) < _LARGEST:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(_PIECE)
        if not piece:
            break
        received += piece
    return bytes(received)


def _reply(received: bytes) -> Reply:
    head, _, body = received.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split()
    status = words[1].decode("ascii", "replace") if len(words) > 1 else ""
    if not is_whole(status):
        return Reply(words="it closed the connection without an answer")
    return Reply(int(status), body)
