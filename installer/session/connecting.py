"""`server connect`: how a client reaches the running server, whether they fit, and writing the client's own file.

It must never write a key anywhere, and never a file without a copy of what was there.
"""

from __future__ import annotations

import re
import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import UsageError
from installer.core.proofs import ProofStatus
from installer.core.runs.home import Home
from installer.diagnostics import connecting
from installer.diagnostics.alignment import Row, ServerView, compare
from installer.diagnostics.connecting import Client, Reached
from installer.disk.writing import write_atomically
from installer.host.documents import read_document
from installer.host.local import LocalHost
from installer.proofs import saved
from installer.session import clients, ready_server

_SSH_WORD = re.compile(r"[A-Za-z0-9@._:/~=+-]+")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\[\]:_-]+(/[A-Za-z0-9._~/-]*)?")


@dataclass(frozen=True, slots=True)
class Connection:
    client: Client
    """With its settings filled in."""
    at: Reached
    rows: tuple[Row, ...]
    key: str
    """The line for a shell that sets the variable with the key; empty if none is required."""
    tunnel: str
    """The line that makes the tunnel; empty if none is needed."""


def connect(home: Home, host: LocalHost, name: str, *, ssh: str = "", url: str = "", port: int = 0) -> Connection:
    """Raises `UsageError` for an unknown client, an address that is none, or where no server runs."""
    one = connecting.client(name)
    spec = ready_server.launch_of(home, host.server_state(home), "connect to")
    view = _viewed(home, host, spec)
    local = port or spec.port
    root = url.rstrip("/").removesuffix("/v1") if url else f"http://127.0.0.1:{local}" if ssh else spec.url
    if url and not _ADDRESS.fullmatch(url):
        raise UsageError(
            f"{url} is not an address.", "", "Write it as http://NAME:PORT, as the client reaches the server."
        )
    at = Reached(root, view.models[0] if view.models else spec.served_as, view.context_tokens, home.server_name)
    asked = connecting.asks(one, at)
    rows = tuple(row for row in compare(asked, view) if row.parameter != "temperature" or asked.temperature is not None)
    return Connection(
        connecting.filled(one, at), at, rows, _key_line(home, spec, ssh, at.variable, one),
        _tunnel(ssh, local, spec) if ssh else "",
    )  # fmt: skip


def _viewed(home: Home, host: LocalHost, spec: LaunchSpec) -> ServerView:
    """What the server says of itself; what was proved of its tool calls outweighs what its launch promises."""
    from dataclasses import replace

    view, proven, state = clients.running(host, spec), saved.kept(home), host.server_state(home)
    if proven is None or (proven.pid, proven.started_at) != (state.pid, state.started_at):
        return view
    statuses = {proof.name: proof.status for proof in proven.proofs}
    if ProofStatus.FAILED in (statuses.get("tool call"), statuses.get("tool choice")):
        return replace(view, tools=False)
    return replace(view, tools=True) if statuses.get("tool call") == ProofStatus.PROVED else view


def _key_line(home: Home, spec: LaunchSpec, ssh: str, variable: str, client: Client) -> str:
    if not spec.key_file:
        return f"export {variable}=none" if client.needs_key else ""
    command = f"deploy-tui server key --home {shlex.quote(str(home.root))}{home.server_words}"
    there = f"ssh {ssh} {shlex.quote(command)}" if ssh else command
    return f'export {variable}="$({there})"'


def _tunnel(ssh: str, local: int, spec: LaunchSpec) -> str:
    try:
        words = shlex.split(ssh)
    except ValueError:
        words = []
    if not words or not all(_SSH_WORD.fullmatch(word) for word in words):
        raise UsageError(
            f'"{ssh}" is not an ssh destination.', "", 'Write it as for ssh: --ssh "root@203.0.113.7 -p 22022".'
        )
    host = urlsplit(spec.url).hostname or "127.0.0.1"
    return f"ssh -N -L {local}:{host}:{spec.port} {shlex.join(words)}"


def file_of(one: Client) -> Path:
    """Raises `UsageError` if the client has no file of settings."""
    if not one.file:
        raise UsageError(
            f"{one.title} has no file of settings to write.", "Its settings can be printed.",
            f"deploy-tui server connect {one.name}, without --write.",
        )  # fmt: skip
    return Path(one.file).expanduser().absolute()


def write(found: Connection) -> tuple[Path, Path | None]:
    """Write the client's settings; the file, and the copy of what was there. Raises `UsageError`."""
    file = file_of(found.client).resolve()  # a link, as into someone's own repository, stays one
    before = read_document(file) if file.exists() else None
    after = connecting.put_into(found.client, found.at, before)
    if after == before:
        return file, None
    copy = None
    if before is not None:
        copy = file.with_name(f"{file.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
        write_atomically(copy, before, mode=0o600)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, after, mode=file.stat().st_mode & 0o777 if before is not None else 0o600)
    return file, copy
