"""Sends a host the files of its bundle: each once, continued after an interruption, the hash checked on the host.

What is there already, or was unpacked there before, is not sent; so hosts that share a volume get it once. It must
never take a file for whole whose hash was not compared there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from installer.core.errors import DeployError
from installer.core.text.quantities import size
from installer.fleet.bundle_files import Piece
from installer.fleet.file import TOOL
from installer.fleet.remote import Remote, last_words
from installer.host.ssh import LinkError, Reply

_LOOK = """
free() {
    at=$1; while [ ! -d "${at:-/}" ]; do at=${at%/*}; done
    set -- $(df -Pk "${at:-/}" | tail -n 1); echo "$4 $6"
}
printf 'place %s\\nhome %s\\n' "$(free "$1")" "$(free "$2")"
for file in "$2/bundles/$3/taken"/*; do [ -f "$file" ] && printf 'taken 0 %s\\n' "${file##*/}"; done
cd "$1" 2>/dev/null || exit 0
for file in *; do [ -f "$file" ] && printf 'here %s %s\\n' "$(wc -c <"$file")" "$file"; done
exit 0
"""
_TAKE = """
mkdir -p "$1" && cd "$1" || exit 73
[ "$3" = 0 ] && rm -f "$2.part"
cat >>"$2.part" || exit 74
[ "$(wc -c <"$2.part")" -eq "$4" ] || exit 75
[ "$(sha256sum <"$2.part" | cut -c1-64)" = "$5" ] || { rm -f "$2.part"; exit 65; }
mv "$2.part" "$2"
"""
_CLEAR = 'rm -rf "$1"'
_INSTALLED = '[ -x "$1/bin/deploy-tui" ] && cat "$1/installed"'
_INSTALL = 'DEPLOY_TUI_TOOL=$1 sh "$1/parts/$2" >&2 && rm -rf "$1/parts"'
_INSTALL_S = 900.0
_SHORT, _DAMAGED = 75, 65
_TRIES = 3
"""In a row in which nothing more arrived."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What a host has of a bundle, and the room that it has for the rest."""

    here: Mapping[str, int]
    """Bytes by name."""
    taken: frozenset[str]
    """Unpacked there before."""
    free: Mapping[str, tuple[int, str]]
    """Bytes, and where that disk is mounted, of the place and of the home."""

    def lacks(self, piece: Piece) -> bool:
        return piece.name not in self.taken and self.here.get(piece.name) != piece.bytes

    def begun(self, piece: Piece) -> int:
        """Bytes of it that arrived before a link broke."""
        found = self.here.get(f"{piece.name}.part", 0)
        return found if found < piece.bytes else 0


def carry(remote: Remote) -> int:
    """Have all of its bundle there; the bytes that were not. Nothing where it has none. Raises `DeployError`."""
    own_bundle = remote.own_bundle
    if own_bundle is None:
        return 0
    with own_bundle.on_a_volume if remote.volume else nullcontext():
        return _handed(remote, remote.staging, own_bundle.pieces, own_bundle.id)


def missing(remote: Remote) -> list[Piece]:
    """The parts of its bundle that are not there yet."""
    if remote.own_bundle is None:
        return []
    held = _inspect(remote, remote.staging, remote.own_bundle.id)
    return [piece for piece in remote.own_bundle.pieces if held.lacks(piece)]


def install(remote: Remote) -> None:
    """Have deploy-tui there as the bundle contains it. Raises `DeployError`."""
    own_bundle = remote.own_bundle
    if own_bundle is None or not remote.fleet.bring_tool:
        return
    folder = remote.fleet.tool.removesuffix(TOOL)
    if remote.retried(_INSTALLED, folder).out.strip() == own_bundle.tool_mark:
        return
    _handed(remote, f"{folder}/parts", own_bundle.tool)
    words = (folder, own_bundle.tool[0].name)
    reply = remote.links.ask(remote.address, _INSTALL, words, timeout_s=_INSTALL_S)
    if reply.code:
        raise DeployError(
            f"deploy-tui could not be installed on {remote.host.name}.", last_words(reply.errors),
            f"Look at {folder} there.",
        )  # fmt: skip


def room(remote: Remote) -> str:
    """Why its bundle has no room there, in a sentence; empty if it has."""
    own_bundle = remote.own_bundle
    if own_bundle is None:
        return ""
    held = _inspect(remote, remote.staging, own_bundle.id)
    lacking = sum(piece.bytes - held.begun(piece) for piece in own_bundle.pieces if held.lacks(piece))
    unpacked = 0 if all(piece.name in held.taken for piece in own_bundle.pieces[:-1]) else own_bundle.unpacked
    (place, disk), (home, other) = held.free["place"], held.free["home"]
    if disk == other:
        return _small(lacking + unpacked, home, "Its parts and their contents take")
    return _small(lacking, place, "Its parts take") or _small(unpacked, home, "Unpacking it takes")


def clear(remote: Remote) -> None:
    """Remove the parts from a host that has unpacked them; on a volume others may still want them."""
    if remote.own_bundle is not None and not remote.volume:
        remote.retried(_CLEAR, remote.staging)


def _small(wanted: int, free: int, what: str) -> str:
    return f"The bundle does not fit there. {what} {size(wanted)}, and {size(free)} are free." if wanted > free else ""


def _handed(remote: Remote, place: str, pieces: Sequence[Piece], id: str = "") -> int:
    """All of these are at the place when this returns; the bytes that were not."""
    held = _inspect(remote, place, id)
    lacking = [piece for piece in pieces if held.lacks(piece)]
    for piece in lacking:
        _hand(remote, place, piece, held.begun(piece))
    return sum(piece.bytes - held.begun(piece) for piece in lacking)


def _hand(remote: Remote, place: str, piece: Piece, begun: int) -> None:
    tries = 0
    while True:
        lost: LinkError | None = None
        try:
            words = (place, piece.name, str(begun), str(piece.bytes), piece.sha256)
            reply = remote.links.send(remote.address, _TAKE, words, piece.file, begun)
        except LinkError as error:
            reply, lost = Reply(_SHORT, "", ""), error
        if reply.code == 0:
            return
        if reply.code not in (_SHORT, _DAMAGED):
            raise DeployError(
                f"{piece.name} was not written on {remote.host.name}.", last_words(reply.errors),
                f"Look at {place} there.",
            )  # fmt: skip
        now = _inspect(remote, place).begun(piece)
        tries = 0 if now > begun else tries + 1
        if tries == _TRIES or (lost and lost.final):
            raise lost or DeployError(
                f"{piece.name} did not arrive complete on {remote.host.name}.", "Its SHA-256 there is different.",
                f"Check it here: deploy-tui bundle verify {piece.file.parent}",
            )  # fmt: skip
        begun = now


def _inspect(remote: Remote, place: str, id: str = "") -> _Held:
    reply = remote.retried(_LOOK, place, remote.home, id)
    rows = [line.split(" ", 2) for line in reply.out.splitlines()]
    return _Held(
        {name: int(count) for kind, count, name in rows if kind == "here"},
        frozenset(name for kind, _, name in rows if kind == "taken"),
        {kind: (int(count) * 1024, name) for kind, count, name in rows if kind in ("place", "home")},
    )
