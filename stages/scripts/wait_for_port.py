"""`python wait_for_port.py HOST PORT`: ends once something accepts connections there. It must never send anything."""

from __future__ import annotations

import socket
import sys
import time

_WAIT_S = 600.0


def main(host: str, port: int) -> str | None:
    """Why nothing accepted a connection in time; nothing if it did."""
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until:
        try:
            socket.create_connection((host, port), timeout=5.0).close()
        except OSError:
            time.sleep(0.5)
        else:
            return None
    return f"{host}:{port} accepted no connection within {_WAIT_S:.0f} s."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
