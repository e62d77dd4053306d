"""`python3 -c … ADDRESS FOLDER FILE…`: serves files over HTTP to clients with the token, until none asks any more.

The token comes from stdin; the port is printed. Runs on a host of a fleet, standard library only. It must never answer
without the token, nor serve a file that is not in its arguments.
"""

from __future__ import annotations

import hmac
import os
import shutil
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_IDLE_S = 30.0


class Server(ThreadingHTTPServer):
    token, folder = "", ""
    names: tuple[str, ...] = ()
    asked, busy = 0.0, 0


class Answer(BaseHTTPRequestHandler):
    server: Server
    timeout = _IDLE_S

    def do_GET(self) -> None:
        server, name = self.server, self.path[1:]
        if not hmac.compare_digest(self.headers.get("Authorization", "").encode(), f"Bearer {server.token}".encode()):
            self.send_error(401)
            return
        if name not in server.names:
            self.send_error(404)
            return
        server.busy += 1
        try:
            self._send(Path(server.folder, name))
        finally:
            server.busy -= 1
            server.asked = time.monotonic()

    def _send(self, file: Path) -> None:
        with file.open("rb") as content:
            size = os.fstat(content.fileno()).st_size
            begin = min(int(self.headers.get("X-From", "0")), size)
            content.seek(begin)
            self.send_response(200)
            self.send_header("Content-Length", str(size - begin))
            self.end_headers()
            shutil.copyfileobj(content, self.wfile, 1 << 20)

    def log_message(self, format: str, *args: object) -> None:
        """It is not read."""


def main(address: str, folder: str, *names: str) -> None:
    family = socket.getaddrinfo(address, None, type=socket.SOCK_STREAM)[0][0]
    server = type("Server", (Server,), {"address_family": family})((address, 0), Answer)
    server.token, server.folder, server.names = sys.stdin.readline().strip(), folder, names
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    if os.fork():
        os._exit(0)
    os.setsid()
    for number in range(3):  # ssh waits for anyone who holds them
        os.dup2(os.open(os.devnull, os.O_RDWR), number)
    server.asked, server.timeout = time.monotonic(), 1.0
    while server.busy or time.monotonic() - server.asked < _IDLE_S:
        server.handle_request()


if __name__ == "__main__":
    main(*sys.argv[1:])
