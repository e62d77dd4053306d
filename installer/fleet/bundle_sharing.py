"""Which host has a bundle already, and serves it to the next one, so that it is copied from here only once.

A connection between two hosts is tried, never assumed: whatever does not arrive over it is copied from here. It must
never let a host serve without a token that only these two get, nor keep a host's parts longer than one `up`.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from installer.core.errors import DeployError
from installer.core.text.quantities import size
from installer.fleet.bundle_files import BundleFiles, Piece
from installer.fleet.bundle_transfer import carry, clear, missing
from installer.fleet.remote import Remote, last_words

_SCRIPTS = Path(__file__).with_name("scripts")
_RUN = 'command -v python3 >/dev/null || { echo "python3 is not installed" >&2; exit 69; }; exec python3 -c "$@"'
_TIMEOUT_S = 86_400.0
"""For all parts of a bundle; the hosts themselves give up where nothing more arrives."""


@dataclass
class Sharing:
    """During one `up`. The hosts of a wave request their parts at once."""

    _sources: dict[str, list[Remote]] = field(default_factory=dict)
    """Hosts that have all parts, by the id of the bundle."""
    _deployed: list[Remote] = field(default_factory=list)
    """Hosts whose parts are kept only for the others."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def transfer(self, remote: Remote) -> str:
        """Have the whole bundle there; where it came from, in words. Empty if nothing was missing."""
        bundle = self._shared(remote)
        if bundle is None:
            sent = carry(remote)
            return f"{size(sent)} of its bundle copied" if sent else ""
        fetched = self._fetched(remote, bundle)
        sent = carry(remote)
        with self._lock:
            self._sources.setdefault(bundle.id, []).append(remote)
        return "; ".join([*fetched, *([f"{size(sent)} of its bundle copied"] if sent else [])])

    def served(self, remote: Remote) -> None:
        """It has unpacked its parts: they are removed, if no other host may want them."""
        if self._shared(remote) is None:
            clear(remote)
        else:
            self._deployed.append(remote)

    def end(self) -> None:
        """Remove what was kept for the other hosts."""
        for remote in self._deployed:
            with suppress(DeployError):
                clear(remote)
        self._deployed.clear()

    def _shared(self, remote: Remote) -> BundleFiles | None:
        """The bundle that hosts pass on to one another."""
        return remote.own_bundle if remote.fleet.host_to_host and not remote.volume else None

    def _fetched(self, remote: Remote, bundle: BundleFiles) -> list[str]:
        """What came from another host, or why nothing did."""
        with self._lock:
            sources = self._sources.get(bundle.id, [])
            if not sources:
                return []
            sources.append(source := sources.pop(0))  # in turn
        pieces = missing(remote)
        if not pieces:
            return []
        try:
            _copy(source, remote, pieces)
        except DeployError as error:
            return [f"{source.host.name} did not pass it on ({error.what} {error.why})"]
        return [f"{size(sum(piece.bytes for piece in pieces))} of its bundle from {source.host.name}"]


def _copy(source: Remote, target: Remote, pieces: list[Piece]) -> None:
    """These parts from one host to the other, over the network between them. Raises `DeployError`."""
    token = f"{secrets.token_urlsafe(24)}\n".encode()
    names = [piece.name for piece in pieces]
    serve = (script("serve_parts"), source.serves_at, source.staging, *names)
    reply = source.links.ask(source.address, _RUN, serve, data=token)
    if reply.code:
        raise DeployError("It cannot serve its parts.", last_words(reply.errors), "")
    rows = [word for piece in pieces for word in (piece.name, str(piece.bytes), piece.sha256)]
    fetch = (script("fetch_parts"), source.serves_at, reply.out.strip(), target.staging, *rows)
    reply = target.links.ask(target.address, _RUN, fetch, data=token, timeout_s=_TIMEOUT_S)
    if reply.code:
        raise DeployError("The parts did not arrive.", last_words(reply.errors), "")


def script(name: str) -> str:
    """What is run on a host."""
    return (_SCRIPTS / f"{name}.py").read_text(encoding="utf-8")
