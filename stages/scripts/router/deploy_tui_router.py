"""Starts the gateway smg in front of the servers that a file lists, as `python -m deploy_tui_router`.

Its key comes from a variable, not from an argument. A server is behind it only while it generates: each is asked
for a token again and again, and smg follows the list of those that answered. A server that was taken off the file gets
no new request; how many of its connections are still open is written next to the file. Runs in smg's own Python, with
the standard library alone. It must never print the key, nor put out the last server because all of them are slow.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROUND_S = 0.5
LATE_S = 60.0
OWN_S = 5.0
KEY = "ROUTER_KEY"


@dataclass
class Server:
    """One server behind the router, and the results of the last test tokens."""

    name: str
    url: str
    state: str = "new"
    """`new`, `in`, `out` or `leaving`."""
    why: str = "not asked yet"
    wanted: bool = True
    misses: int = 0
    asked: float = 0.0
    asking: bool = False
    open: int = 0

    def heard(self, fault: str, others: bool) -> None:
        """The result of asking; `others`: whether another server takes over."""
        self.misses = self.misses + 1 if fault else 0
        self.why = fault
        if not fault:
            self.state = "in"
        elif fault.startswith("late"):
            # Where all are slow, putting them out one after the other would only make the others slower.
            self.state = "out" if self.misses > 1 and others else self.state
        elif self.misses > 1 or fault.startswith("refused") or self.state == "new":
            self.state = "out"


@dataclass(frozen=True)
class Gateway:
    """smg itself, as its own list of servers is read: with a key that no other program has."""

    url: str
    key: str

    def chosen(self) -> frozenset[str] | None:
        """The servers that it may give requests to, or waits for; `None` if it does not say."""
        request = urllib.request.Request(f"{self.url}/workers", headers={"Authorization": f"Bearer {self.key}"})
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=OWN_S) as answer:
                known = json.load(answer)["workers"]
            return frozenset(
                str(one["url"]).rstrip("/") for one in known if one.get("status") != "draining" or one.get("load")
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None


class Watch:
    """Keeps smg's list of servers to those that are wanted and generate."""

    def __init__(self, file: Path, model: str, key: str, every_s: float, own: Gateway | None = None) -> None:
        """`own`: smg in this process, which chooses among the servers."""
        self.file, self.model, self.key, self.every_s, self.own = file, model, key, every_s, own
        self.manifest = file.with_name("manifest.json")
        self.servers: dict[str, Server] = {}
        self.listed: list[str] | None = None
        self.told = ""

    def run(self) -> None:
        while True:
            self.round()
            time.sleep(ROUND_S)

    def round(self) -> None:
        self._read()
        for server in self.servers.values():
            if server.wanted and not server.asking and time.monotonic() - server.asked > self.every_s:
                server.asking = True
                threading.Thread(target=self._ask, args=(server,), daemon=True).start()
        self._list()
        self._count()
        self._tell()

    def _read(self) -> None:
        try:
            wanted = {one["url"]: str(one["name"]) for one in json.loads(self.file.read_text())["workers"]}
        except (OSError, ValueError, KeyError, TypeError):
            return  # the previous list applies
        for url, name in wanted.items():
            known = self.servers.setdefault(url, Server(name, url))
            if not known.wanted:
                self.servers[url] = Server(name, url)
        for server in self.servers.values():
            if server.url not in wanted and server.wanted:
                server.wanted, server.state, server.why = False, "leaving", ""
                server.open = 1

    def _ask(self, server: Server) -> None:
        try:
            fault = asked(server.url, self.model, self.key)
            others = any(one.state == "in" for one in self.servers.values() if one is not server)
            if server.wanted:
                server.heard(fault, others)
        finally:
            server.asked, server.asking = time.monotonic(), False

    def _list(self) -> None:
        state = sorted(one.url for one in self.servers.values() if one.state == "in")
        if state != self.listed:
            written(self.manifest, {"version": 1, "workers": [{"url": url} for url in state]})
            self.listed = state

    def _count(self) -> None:
        leaving = [one for one in self.servers.values() if one.state == "leaving" and one.open]
        chosen = self.own.chosen() if leaving and self.own else frozenset[str]()
        for server in leaving:
            # smg reads its list a moment later (a busy machine much later), and until then it may choose that server.
            server.open = 1 if chosen is None or server.url.rstrip("/") in chosen else connections(server.url)

    def _tell(self) -> None:
        lines = [
            {"name": one.name, "url": one.url, "state": one.state, "why": one.why, "open": one.open}
            for one in self.servers.values()
        ]
        if (text := json.dumps(lines)) != self.told:
            written(self.file.with_name("states.json"), {"schema": 1, "workers": lines})
            sys.stdout.write(f"servers: {', '.join(_line(one) for one in lines) or 'none'}\n")
            sys.stdout.flush()
            self.told = text


def _line(one: dict[str, Any]) -> str:
    return f"{one['name']} {one['state']}{f' ({why})' if (why := one['why']) else ''}"


def asked(url: str, model: str, key: str) -> str:
    """Ask a server for one token; empty if it came, else why not."""
    body = {"model": model, "prompt": "Hi", "max_tokens": 1, "temperature": 0}
    head = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    request = urllib.request.Request(f"{url}/v1/completions", json.dumps(body).encode(), head)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=LATE_S) as answer:
            return "" if json.load(answer).get("choices") else "it answers, but not with a token"
    except OSError as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ConnectionRefusedError):
            return "refused: nothing listens there"
        if isinstance(reason, TimeoutError):
            return f"late: no token within {LATE_S:.0f} s"
        return str(error)
    except ValueError:
        return "it answers, but not with a token"


def connections(url: str) -> int:
    """How many connections to a server this process holds open."""
    place = urlsplit(url)
    try:
        names = socket.getaddrinfo(place.hostname, place.port or 80, type=socket.SOCK_STREAM)
    except OSError:
        return 0
    theirs = {_hexadecimal(family, name[:2]) for family, _, _, _, name in names}
    ours = {link for entry in os.scandir("/proc/self/fd") if (link := _link(entry.path)).startswith("socket:")}
    rows = (line.split() for table in ("tcp", "tcp6") for line in _lines(f"/proc/self/net/{table}"))
    return sum(row[2] in theirs and row[3] == "01" and f"socket:[{row[9]}]" in ours for row in rows)


def _hexadecimal(family: int, name: tuple[Any, ...]) -> str:
    """An address and a port as /proc/net/tcp writes them: words of 32 bits in the machine's order."""
    packed = socket.inet_pton(family, str(name[0]))
    words = [int.from_bytes(packed[at : at + 4], sys.byteorder) for at in range(0, len(packed), 4)]
    return "".join(f"{word:08X}" for word in words) + f":{name[1]:04X}"


def _link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()[1:]
    except OSError:
        return []


def written(file: Path, body: dict[str, Any]) -> None:
    """In one step: smg reads it again as soon as it changes."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(json.dumps(body))
    new.replace(file)


def here(host: str, port: int) -> str:
    """Where this process reaches itself."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--workers", type=Path, required=True)
    parser.add_argument("--served-model-name", required=True)
    parser.add_argument("--token-every-secs", type=float, default=5.0)
    own, rest = parser.parse_known_args()
    from smg.launch_router import launch_router, parse_router_args  # type: ignore[import-not-found]

    manifest = own.workers.with_name("manifest.json")
    manifest.unlink(missing_ok=True)
    # Its figures go to a port of this machine's own that is free, and not to everybody.
    found = [
        "--discovery-provider",
        "file",
        "--discovery-file",
        str(manifest),
        "--discovery-check-interval-secs",
        "1",
    ]
    figures = ["--prometheus-host", "127.0.0.1", "--prometheus-port", str(free_port())]
    arguments = parse_router_args([*rest, *found, *figures])
    gateway = Gateway(here(arguments.host, arguments.port), secrets.token_hex(32))
    watch = Watch(own.workers, own.served_model_name, os.environ.pop(KEY, ""), own.token_every_secs, gateway)
    arguments.api_key = watch.key or None
    # Who has the key of the door may ask, and not add a server that would hear what others ask.
    arguments.control_plane_api_keys = [("own", "own", gateway.key, "admin")]
    threading.Thread(target=watch.run, daemon=True).start()
    launch_router(arguments)


if __name__ == "__main__":
    main()
