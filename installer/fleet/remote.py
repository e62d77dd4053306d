"""One host of the fleet: what its own deploy-tui is asked there, and what it said.

A cut link is no failure of what was started: that runs in a session of its own and writes down how it ended.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from installer.core.contracts.serving import is_loopback
from installer.core.errors import DeployError
from installer.core.files import foreign_json
from installer.fleet.bundle_files import BundleFiles
from installer.fleet.file import Fleet, Host
from installer.fleet.rank_assignment import ALONE, RankAssignment
from installer.host.ssh import Address, LinkError, Links, Reply

_PLACE = 'place=$1; mkdir -p "${place%/*}"; (umask 077; mkdir -p "$place"); cd "$place" || exit 73; shift\n'
_ALIVE = """
alive() { p=$(cat pid 2>/dev/null) && grep -qa code.new "/proc/$p/cmdline" 2>/dev/null; }
"""
"""Whether what was begun still runs; another process may have its number by now."""
_KEEP = _PLACE + 'cat >"$1.new" && mv "$1.new" "$1"'
_BEGIN = (
    _PLACE
    + _ALIVE
    + """
id=$1; shift
[ "$(cat id 2>/dev/null)" = "$id" ] && exit 0
if [ ! -f code ] && alive; then exit 75; fi
rm -f code pid
setsid sh -c '"$@" </dev/null >said 2>&1; echo $? >code.new; mv code.new code' sh "$@" </dev/null >/dev/null 2>&1 &
echo $! >pid
echo "$id" >id
"""
)
"""Begun once for each id, however often it is asked: the answer may have been lost on the way."""
_LOOK = (
    _PLACE
    + _ALIVE
    + """
if [ -f code ]; then echo ended; cat code; elif alive; then echo running
elif [ -f code ]; then echo ended; cat code; else echo gone; fi
tail -c 20000 said 2>/dev/null
"""
)
_SAVE = (
    _PLACE
    + """
rm -rf before.new; mkdir before.new
if [ -f "$1/deployment.json" ]; then cp -p "$1/deployment.json" before.new/; fi
cat >before.new/state.json
rm -rf before; mv before.new before
"""
)
_RESTORE = (
    _PLACE
    + """
[ -f before/state.json ] || exit 66
rm -f "$1/deployment.json"
if [ -f before/deployment.json ]; then cp -p before/deployment.json "$1/deployment.json"; fi
cat before/state.json
"""
)
_KEY = """
umask 077; mkdir -p "$1"; cat >"$1/key.new"
if cmp -s "$1/key.new" "$1/key"; then rm "$1/key.new"; exit 0; fi
if [ -f "$1/key" ] && [ "$2" = ask ]; then rm "$1/key.new"; exit 75; fi
mv "$1/key.new" "$1/key"
"""
"""Another key that is there already is left alone where `$2` is `ask`."""
_READ = _PLACE + 'if [ -f "$1" ]; then cat "$1"; fi'
_BUSY, _NOTHING = 75, 66
_POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class Recipe:
    name: str | None
    text: str = ""
    """Where it is a file: what is in it; it is written on the host."""


@dataclass
class Remote:
    """Slow in everything: asks over the network. Raises `LinkError` if the host cannot be asked."""

    host: Host
    fleet: Fleet
    links: Links
    recipe: Recipe
    assignment: RankAssignment = ALONE
    bundle_files: Mapping[str, BundleFiles] = field(default_factory=dict)
    """The bundles that are there here, by the names that the fleet file gives them; the same for all hosts."""
    home: str = field(default="", init=False)

    @property
    def address(self) -> Address:
        return Address(self.host.address, self.host.user, self.host.port, self.fleet.identity, self.fleet.known_hosts)

    @property
    def bundle(self) -> str | None:
        """What the fleet file calls its bundle; `None`: it fetches for itself."""
        return self.host.bundle or self.fleet.bundle

    @property
    def own_bundle(self) -> BundleFiles | None:
        return self.bundle_files.get(self.bundle or "")

    @property
    def volume(self) -> str | None:
        return self.host.volume or self.fleet.volume

    @property
    def staging(self) -> str:
        """Where the parts of its bundle are there."""
        own_bundle = self.own_bundle
        return f"{self.volume or f'{self.home}/fleet/bundles'}/{own_bundle.id if own_bundle else ''}"

    def words(self, *words: str) -> list[str]:
        return [self.fleet.tool, *words, *(["--home", self.host.home] if self.host.home else [])]

    def ask(self, *words: str, timeout_s: float = 600.0) -> Reply:
        return self.links.ask(self.address, 'exec "$@"', self.words(*words), timeout_s=timeout_s)

    def document(self, *words: str) -> tuple[int, dict[str, Any]]:
        """What it prints as JSON, with its exit status. Raises `DeployError` if it printed none."""
        reply = self.ask(*words, "--json")
        with suppress(ValueError):
            if isinstance(body := foreign_json.loads(reply.out), dict):
                return reply.code, body
        missing = reply.code in (126, 127)
        raise DeployError(
            f"There is no {self.fleet.tool} on {self.host.name}."
            if missing
            else f"`{' '.join(words)}` failed on {self.host.name}.",
            last_words(reply.errors),
            "Install it there, or name it by its absolute path (tool)." if missing else "Try it there by hand.",
        )

    def status(self) -> dict[str, Any]:
        body = self.document("status")[1]
        self.home = str(body["home"])
        return body

    def _script(self, script: str, *words: str, data: bytes = b"") -> Reply:
        return self.links.ask(self.address, script, (f"{self.home}/fleet", *words), data=data)

    def deployment(self) -> list[str]:
        """The words for what is to be deployed; a recipe that is a file here is written there first."""
        name = self.recipe.name
        if self.own_bundle is not None:
            return ["--bundle", self.staging, *_set(self.settings)]
        if self.recipe.text:
            data = self.recipe.text.encode()
            kept = f"{hashlib.sha256(data).hexdigest()[:16]}.yaml"  # the one of before is still wanted to go back
            self.keep(kept, self.recipe.text)
            name = f"{self.home}/fleet/{kept}"
        return [*(["--recipe", name] if name else []), *_set(self.settings)]

    @property
    def settings(self) -> tuple[str, ...]:
        """What is set of its recipe."""
        return (*self._open(), *self.assignment.settings, *self.fleet.settings, *self.host.settings)

    def _open(self) -> tuple[str, ...]:
        """Behind a router a server is reached from elsewhere, and requires the router's key."""
        if self.fleet.router is None or self.assignment.rank:
            return ()
        return (f"server.host={'127.0.0.1' if is_loopback(self.serves_at) else '0.0.0.0'}", "server.key=made")

    @property
    def serves_at(self) -> str:
        return self.host.inside or self.host.address

    def keep(self, name: str, text: str) -> None:
        """Write a file into the fleet's folder there, in one step."""
        self._done(self._script(_KEEP, name, data=text.encode()), f"{name} was not written")

    def read(self, name: str) -> str:
        """A file of the fleet's folder there; empty if there is none."""
        reply = self._script(_READ, name)
        self._done(reply, f"{name} could not be read")
        return reply.out

    def take_key(self, key: str) -> None:
        """Have the server there require this key from its next start on."""
        given = self.links.ask(self.address, _KEY, (f"{self.home}/server", "ask"), data=key.encode())
        if given.code == _BUSY:
            self._done(self.ask("server", "key", "--renew"), "The key there was not renewed")
            given = self.links.ask(self.address, _KEY, (f"{self.home}/server", "put"), data=key.encode())
        self._done(given, "The key was not written")

    def save(self, previous: dict[str, Any]) -> None:
        """Keep the current state, for `restore`."""
        self._done(
            self._script(_SAVE, self.home, data=json.dumps(previous).encode()), "The present state was not saved"
        )

    def restore(self) -> dict[str, Any] | None:
        """The state when `save` was called last, to be restored. `None`: it never was."""
        reply = self._script(_RESTORE, self.home)
        if reply.code == _NOTHING:
            return None
        self._done(reply, "The saved state could not be read")
        return dict(foreign_json.loads(reply.out))

    def _done(self, reply: Reply, what: str) -> None:
        if reply.code:
            raise DeployError(f"{what}.", last_words(reply.errors), f"Look into {self.home}/fleet there.")

    def carry_out(self, id: str, words: Sequence[str]) -> tuple[int | None, str]:
        """A command of deploy-tui, detached; its exit status and why it failed. `None`: it was killed.

        Raises `LinkError` if the host was out of reach for longer than the fleet's patience.
        """
        command = self.words(*words)
        while (begun := self.retried(_BEGIN, f"{self.home}/fleet", id, *command)).code == _BUSY:
            time.sleep(_POLL_S)
        self._done(begun, f"Nothing could be started on {self.host.name}")
        while True:
            state, _, rest = self.retried(_LOOK, f"{self.home}/fleet").out.partition("\n")
            if state == "ended":
                code, _, output = rest.partition("\n")
                return int(code), reason(output)
            if state == "gone":
                return None, "it was killed, or the machine was restarted"
            time.sleep(_POLL_S)

    def retried(self, script: str, *words: str) -> Reply:
        """Ask, and wait for a host that is out of reach; not for longer than the fleet's patience."""
        lost: float | None = None
        while True:
            try:
                return self.links.ask(self.address, script, words)
            except LinkError as error:
                lost = lost or time.monotonic()
                if error.final or time.monotonic() - lost > self.fleet.patience_s:
                    raise
                time.sleep(_POLL_S)


def _set(settings: Sequence[str]) -> list[str]:
    return [word for one in settings for word in ("--set", one)]


def reason(printed: str) -> str:
    """What a run says of its failure: its event, else the last words."""
    message = ""
    for line in printed.splitlines():
        with suppress(ValueError):
            event = foreign_json.loads(line)
            if isinstance(event, dict) and event.get("event") == "run-finished":
                message = f"{event.get('what', '')} {event.get('why', '')}".strip()
    return message[:600] or last_words(printed)


def last_words(text: str) -> str:
    """The sentences that a failure ends with: what, why, what to do."""
    return " ".join([line.strip() for line in text.splitlines() if line.strip()][-3:])[:600]
