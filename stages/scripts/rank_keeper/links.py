"""The lines that ranks exchange, and what a machine's own address towards another one is. Standard library only.

It must never wait without a bound, and never keep more of a line than fits its limit.
"""

from __future__ import annotations

import fcntl
import json
import select
import socket
import struct
import time
from typing import Any

_LONGEST = 1 << 16
_SIOCGIFADDR = 0x8915
_ALIVE = ((socket.TCP_KEEPIDLE, 5), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 4))
"""A machine that went without a word is missed after some 25 s."""


class GoneError(Exception):
    """The other end is not there any more, or never was."""


class Link:
    """One connection, with a JSON object a line."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket, self._rest = connection, b""
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _ALIVE:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, **body: Any) -> None:
        try:
            self.socket.settimeout(10.0)
            self.socket.sendall(json.dumps(body).encode() + b"\n")
        except OSError as error:
            raise GoneError(str(error)) from None

    def read(self, patience_s: float) -> dict[str, Any]:
        """The next object. Raises `GoneError` if none comes in time, or what comes is none."""
        until = time.monotonic() + patience_s
        while b"\n" not in self._rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise GoneError(f"nothing came from there within {patience_s:.0f} s")
            try:
                piece = self.socket.recv(4096)
            except OSError as error:
                raise GoneError(error.strerror or str(error)) from None
            if not piece or len(self._rest) > _LONGEST:
                raise GoneError("the connection was closed")
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            body = json.loads(line)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise GoneError("what came from there is not from a rank")
        return body

    def closed(self) -> bool:
        """Whether the other end has gone; for a connection over which nothing more is said."""
        try:
            return not self.socket.recv(4096)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def close(self) -> None:
        self.socket.close()


def listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    place = socket.socket(family, socket.SOCK_STREAM)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind((address, port))
    place.listen(64)
    return place


def connect(address: str, port: int, patience_s: float) -> socket.socket:
    return socket.create_connection((address, port), timeout=patience_s)


def own_address(other: str, port: int, interface: str = "") -> tuple[str, str]:
    """By which address and interface this machine reaches `other`; by that interface, where one is named."""
    if interface:
        return _address_of(interface) or "", interface
    family, _, _, _, target = socket.getaddrinfo(other, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(target)  # sends nothing
        address = str(probe.getsockname()[0])
    names = [name for _, name in socket.if_nameindex() if _address_of(name) == address]
    return address, next(iter(names), "")


def _address_of(interface: str) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
        except OSError:
            return None
    return socket.inet_ntoa(answer[20:24])
