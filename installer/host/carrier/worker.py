"""Carries scripts and files to machines by pyinfra: requests on stdin, answers on stdout, a line of JSON each.

Run with a Python that has pyinfra, and imports nothing of ours. It must never ask a person anything, nor trust a host
key that is not known.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import io  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import shlex  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from gevent.fileobject import FileObjectThread  # noqa: E402
from gevent.lock import RLock  # noqa: E402
from paramiko import SSHException  # noqa: E402
from pyinfra.api import Config, Inventory, State, StringCommand  # noqa: E402
from pyinfra.api.exceptions import ConnectError  # noqa: E402

_CONNECT_S = 10
_SAID = (
    ("No host key for", "Host key verification failed"), ("does not match", "Host key verification failed"),
    ("Authentication error", "Permission denied"), ("No authentication methods", "Permission denied"),
)  # fmt: skip
"""What pyinfra 3.10 says of a refusal, and what OpenSSH says of the same: anyone who asks us knows those words."""


class Machine:
    """One host with its connection, made when it is first wanted, and again when it broke."""

    def __init__(self, settings: dict[str, Any]) -> None:
        data = {
            "ssh_hostname": settings["host"], "ssh_user": settings["user"], "ssh_port": settings["port"],
            "ssh_key": settings["identity"], "ssh_known_hosts_file": settings["known_hosts"],
        }  # fmt: skip
        given = {key: value for key, value in data.items() if value}
        inventory = Inventory(([(settings["host"], {**given, "ssh_strict_host_key_checking": "yes"})], {}))
        State(inventory, Config(CONNECT_TIMEOUT=_CONNECT_S))
        self.host, self._connecting = inventory.get_host(settings["host"]), RLock()

    def connect(self) -> None:
        with self._connecting:
            client = self.host.connector.client
            transport = client.get_transport() if client else None
            if self.host.connected and transport and transport.is_active():
                return
            self.drop()
            self.host.connect(raise_exceptions=True, show_errors=False)
            _watch(self.host.connector.client.get_transport().sock)

    def drop(self) -> None:
        if self.host.connected:
            self.host.disconnect()
            self.host.connected = False

    def run(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The script with its words and its input there."""
        inner = shlex.join(["sh", "-c", asked["script"], "sh", *asked["words"]])
        if "file" in asked:
            sent = self._sent(asked)
            result = self._shell(f"{inner} <{shlex.quote(sent)}", None, asked["timeout"])
            self._shell(f"rm -f {shlex.quote(sent)}", None, None)
            return result
        # pyinfra writes lines of text, and a newline of its own behind the last.
        return self._shell(f"base64 -d | {inner}", asked["data"], asked["timeout"])

    def _sent(self, asked: dict[str, Any]) -> str:
        """The rest of a file, put into the folder that the script works in."""
        folder = asked["words"][0]
        self._shell(f"mkdir -p {shlex.quote(folder)}", None, None)
        place = f"{folder}/.sent-{Path(asked['file']).name}"
        with Path(asked["file"]).open("rb") as content:
            self.host.put_file(_Rest(content, asked["offset"]), place)
        return place

    def _shell(self, command: str, data: str | None, timeout: float | None) -> dict[str, Any]:
        # pyinfra says whether it went well, and not how it ended.
        script = StringCommand(f"{command}; code=$?; echo; echo $code")
        _, output = self.host.run_shell_command(script, _stdin=data, _timeout=timeout)
        *lines, code = output.stdout_lines
        return {"code": int(code), "out": "\n".join(lines), "errors": f"{output.stderr}\n"}


def _watch(link: Any) -> None:
    """Have the kernel end a connection that hears nothing for some 15 s; paramiko would wait."""
    if isinstance(link, socket.socket):  # not through a jump host
        link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("KEEPIDLE", 5), ("KEEPINTVL", 5), ("KEEPCNT", 3), ("USER_TIMEOUT", 15_000)):
            if option := getattr(socket, f"TCP_{name}", None):
                link.setsockopt(socket.IPPROTO_TCP, option, value)


class _Rest(io.RawIOBase):
    """A file from an offset on."""

    def __init__(self, file: Any, offset: int) -> None:
        self._file, self._offset = file, offset

    def read(self, size: int = -1) -> bytes:
        return bytes(self._file.read(size))

    def seek(self, to: int, whence: int = 0) -> int:
        return int(self._file.seek(self._offset + to)) - self._offset


def answered(machine: Machine, asked: dict[str, Any]) -> dict[str, Any]:
    try:
        machine.connect()
        return machine.run(asked)
    except gevent.timeout.Timeout:
        return {"late": True}
    except TimeoutError:
        machine.drop()
        return {"late": True}
    except (ConnectError, SSHException, OSError, EOFError, ValueError) as error:
        machine.drop()
        known = next((ours for theirs, ours in _SAID if theirs in str(error)), "")
        return {"lost": f"{known}: {error}" if known else f"{error or type(error).__name__}"}


def main() -> None:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what pyinfra prints is for people
    machines: dict[str, Machine] = {}
    writing = RLock()

    def serve(asked: dict[str, Any]) -> None:
        answer = json.dumps({"id": asked["id"], **answered(machines[asked["key"]], asked)})
        with writing:
            out.write(f"{answer}\n")
            out.flush()

    for line in FileObjectThread(sys.stdin.buffer, "rb"):
        asked = json.loads(line)
        asked["key"] = json.dumps(asked["address"], sort_keys=True)
        if asked["key"] not in machines:
            machines[asked["key"]] = Machine(asked["address"])
        gevent.spawn(serve, asked)


if __name__ == "__main__":
    main()
