"""The router of a fleet: deployed on one of its hosts by the same stages, and told which servers are behind it.

A server is taken from it before it is exchanged, and given back once it is proved. It must never count a server in that
the router itself got no token from.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from installer.fleet.bundle_transfer import carry, clear
from installer.fleet.file import ROUTER, Router, router_home
from installer.fleet.outcome import Outcome, State
from installer.fleet.remote import Recipe, Remote

RECIPE = Path(__file__).with_name("router.recipe.yaml")
_WORKERS, _STATES = "workers.json", "states.json"
_POLL_S = 0.5
_ADMIT_S = 180.0


@dataclass
class FleetRouter:
    """Slow in everything. Raises `LinkError` if the router's host cannot be asked."""

    below: Remote
    """The host that it runs on, as a host of the fleet."""
    config: Router
    key: str = field(repr=False)
    live: bool = field(default=False, init=False)
    """Whether it serves, so that the servers behind it matter."""
    _workers: dict[str, str] = field(default_factory=dict, init=False)
    """Address by host."""
    _writing: threading.Lock = field(default_factory=threading.Lock, init=False)

    def remote(self, model: str = "") -> Remote:
        """The router as a host of its own, for what is asked of each host."""
        fleet, home = self.below.fleet, router_home(self.below.fleet)
        settings = [f"server.port={self.config.port}", f"server.flags.--workers={home}/fleet/{_WORKERS}"]
        settings += ["server.host=0.0.0.0", "server.key=made", *([f"model.served_as={model}"] if model else [])]
        host = replace(
            self.below.host, name=ROUTER, home=home, settings=(*settings, *self.config.settings), recipe=None,
            bundle=self.config.bundle,
        )  # fmt: skip
        recipe = Recipe(str(RECIPE), RECIPE.read_text(encoding="utf-8"))
        alone = replace(fleet, settings=(), router=None, bounds=None, bundle=None)
        remote = Remote(host, alone, self.below.links, recipe, bundle_files=self.below.bundle_files)
        remote.home = home
        return remote

    def read_state(self) -> None:
        """Find out whether it serves already, and which servers are behind it."""
        remote = self.remote()
        self.live = remote.status()["server"]["state"] == "ready"
        written = remote.read(_WORKERS)
        self._workers = {one["name"]: one["url"] for one in json.loads(written)["workers"]} if written else {}

    def leave(self, name: str) -> str:
        """No new request for that host from here on; waits until it has answered those that it has. What was not."""
        if self._workers.pop(name, None) is None or not self.live:
            return ""
        self._write()
        gone = self._until(name, lambda one: one is None or (one["state"] == "leaving" and not one["open"]))
        return "" if gone else f"it still answered after {self.config.drain_s} s"

    def admit(self, remote: Remote) -> str:
        """Requests for that host from here on, if it serves; why the router does not use it, or nothing."""
        if remote.assignment.rank:
            return ""
        server = remote.status()["server"]
        if server["state"] != "ready":
            return ""
        self._workers[remote.host.name] = url_of(remote, server["url"])
        if not self.live:
            return ""
        self._write()
        heard = self._until(remote.host.name, lambda one: one is not None and one["state"] == "in", _ADMIT_S)
        why = "" if heard else str(self._states().get(remote.host.name, {}).get("why"))
        return f"the router gets no token from it: {why}" if why else ""

    def deploy(self, id: str, model: str, proved: Callable[[Remote], Outcome]) -> Outcome:
        """By the ten stages, in front of all that were admitted; proved through it."""
        remote = self.remote(model)
        remote.take_key(self.key)
        self._write()
        carry(remote)
        code, message = remote.carry_out(f"{id}-{ROUTER}", ("--stage", "all", "--yes", "--json", *remote.deployment()))
        if code != 0:
            return Outcome(ROUTER, State.FAILED, message, {"exit": code})
        self.live = True
        clear(remote)
        outcome = proved(remote)
        return replace(outcome, message=f"{self.url}: {outcome.message}; {self.workers_summary()}")

    @property
    def url(self) -> str:
        return f"http://{_bracketed(self.below.serves_at)}:{self.config.port}"

    def workers_summary(self) -> str:
        """Which servers are behind it, in words."""
        return (
            ", ".join(f"{name} {one['state']}" for name, one in sorted(self._states().items())) or "no server behind it"
        )

    def described(self, outcome: Outcome) -> Outcome:
        """What the router says of itself, with its address and which servers are behind it."""
        if outcome.state != State.UP:
            return outcome
        return replace(
            outcome, message=f"{self.url}; {self.workers_summary()}", details={**outcome.details, "url": self.url}
        )

    def _write(self) -> None:
        with self._writing:
            workers = [{"name": name, "url": url} for name, url in sorted(self._workers.items())]
            self.remote().keep(_WORKERS, json.dumps({"workers": workers}))

    def _states(self) -> dict[str, dict[str, Any]]:
        written = self.remote().read(_STATES)
        return {one["name"]: one for one in json.loads(written)["workers"]} if written else {}

    def _until(self, name: str, there: Callable[[dict[str, Any] | None], bool], most_s: float | None = None) -> bool:
        deadline = time.monotonic() + (self.config.drain_s if most_s is None else most_s)
        while not there(self._states().get(name)):
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True


def url_of(remote: Remote, own: str) -> str:
    """Where others than the host itself reach its server, which calls itself `own` there."""
    return f"http://{_bracketed(remote.serves_at)}:{urlsplit(own).port}"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
