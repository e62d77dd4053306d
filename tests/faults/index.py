"""The package index of the tests, with mishaps: for some requests, or for all until it is mended."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.stand_ins import package_index

MISHAPS = ("cut", "stall", "reset", "429", "500", "html", "wrong hash", "short")
_LOGIN = b"<!DOCTYPE html><html><body><form>Please log in to this network</form></body></html>"


class Index(package_index.Index):
    """`mishap` befalls the requests from number `first` on, `times` of them."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        super().__init__(folder, host)
        self.RequestHandlerClass = _Handler
        self.recover()

    def recover(self) -> None:
        self.mishap, self.first, self.times, self.seen = "", 0, 0, 0
        self.rates: dict[str, int] = {}
        """Bytes a second for files whose name starts so."""

    def befall(self, mishap: str, first: int, times: int) -> None:
        self.mishap, self.first, self.times, self.seen = mishap, first, times, 0

    def next_mishap(self) -> str:
        self.seen += 1
        return self.mishap if self.first <= self.seen < self.first + self.times else ""


class _Handler(package_index._Handler):
    server: Index

    def do_GET(self) -> None:  # noqa: N802 - the name that the server calls
        mishap = self.server.next_mishap()
        match mishap:
            case "":
                super().do_GET()
            case "429" | "500":
                self.send_error(int(mishap))
            case "html":
                super()._send(_LOGIN, "text/html")
            case "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
            case _:
                self._spoil = mishap
                super().do_GET()

    _spoil = ""

    def _send(self, data: bytes, kind: str, name: str = "") -> None:
        spoil, self._spoil = self._spoil, ""
        if spoil == "wrong hash":
            data = bytes([data[0] ^ 1]) + data[1:] if data else data
        rate = next((rate for start, rate in self.server.rates.items() if name.startswith(start)), 0)
        if spoil in ("", "wrong hash"):
            if rate:
                self._trickle(data, kind, rate)
            else:
                super()._send(data, kind, name)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            if spoil == "stall":
                time.sleep(4)
            elif spoil == "cut":
                self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _trickle(self, data: bytes, kind: str, rate: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        step = max(1, rate // 20)
        with suppress(OSError):
            for start in range(0, len(data), step):
                self.wfile.write(data[start : start + step])
                time.sleep(0.05)


@contextmanager
def serve(folder: Path, host: str = "127.0.0.1") -> Iterator[Index]:
    """Serve `folder` until the block ends."""
    index = Index(folder, host)
    thread = threading.Thread(target=index.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield index
    finally:
        index.shutdown()
        index.server_close()
