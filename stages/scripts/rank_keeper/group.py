"""How the ranks of one model meet and are compared before the engine starts. Standard library only.

Rank 0 says whether they may start; the others ask it. Nothing starts if two of them have something else, or cannot
reach one another.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .links import GoneError, Link, connect, listen

_HELLO_S = 10.0
_SUM_S = 90.0
_CLOCKS_S = 5.0
"""Clocks that differ by more are reported: the logs of the ranks could not be put in order."""
Met = Mapping[int, tuple[Link, dict[str, Any]]]
"""The other ranks, by their number, and what each said of itself."""
_WITH_REASON = {"lock": "other packages", "model": "another model", "engine": "another release of the engine"}


class RefusedError(Exception):
    """The ranks do not fit together; waiting does not help."""


@dataclass
class Rank:
    number: int
    ranks: int
    leader: str
    watch_port: int
    port: int
    same: Mapping[str, str]
    """What must be the same on each."""
    address: str
    interface: str
    environment: Mapping[str, str]
    patience_s: float
    going_on: Callable[[], bool] = lambda: True
    """Whether we were not told to end."""
    told: dict[str, Any] = field(default_factory=dict)
    """What was found, for anyone who started us."""

    def meet(self) -> list[Link]:
        """The links to the others once all may start. Raises `RefusedError`, or `GoneError` if one is missing."""
        return self._gather() if self.number == 0 else [self._join()]

    # Rank 0

    def _gather(self) -> list[Link]:
        links: dict[int, tuple[Link, dict[str, Any]]] = {}
        try:
            with listen(self.leader, self.watch_port) as door:
                say(f"Rank 0 waits for {self.ranks - 1} more on {self.leader}:{self.watch_port} ({self.interface}).")
                self._accept(door, links)
            for compare in (self._differences, self._backwards, self._clocks, self._sum):
                if refused := compare(links):
                    raise RefusedError(" ".join(refused))
            for link, _ in links.values():
                link.send(go="start", told=self.told)
        except RefusedError as error:
            for link, _ in links.values():
                _try(link, refused=str(error))
            raise
        except BaseException as error:
            for link, _ in links.values():
                link.close()
            if isinstance(error, OSError):
                raise RefusedError(f"Rank 0 cannot listen on {self.leader}:{self.watch_port} ({error}).") from None
            raise
        return [link for link, _ in links.values()]

    def _accept(self, door: socket.socket, links: dict[int, tuple[Link, dict[str, Any]]]) -> None:
        until = time.monotonic() + self.patience_s
        door.settimeout(0.5)
        while len(links) < self.ranks - 1:
            lost = [number for number, (link, _) in links.items() if link.closed()]
            for number in lost:
                links.pop(number)[0].close()
            if not self.going_on() or time.monotonic() > until:
                missing = sorted(set(range(1, self.ranks)) - set(links))
                raise GoneError(f"Rank {', '.join(map(str, missing))} did not join within {self.patience_s:.0f} s.")
            try:
                connection, _ = door.accept()
            except TimeoutError:
                continue
            self._check_hello(Link(connection), links)

    def _check_hello(self, link: Link, links: dict[int, tuple[Link, dict[str, Any]]]) -> None:
        """Anyone who is no rank of ours is sent away, and does not end the wait."""
        try:
            hello = link.read(_HELLO_S)
            number, ranks = int(hello["rank"]), int(hello["ranks"])
            facts = {"address": str(hello["address"]), "door": int(hello["door"]), "same": dict(hello["same"])}
        except (GoneError, KeyError, TypeError, ValueError):
            link.close()
            return
        if ranks != self.ranks or not 0 < number < self.ranks or number in links:
            why = "has already joined" if number in links else f"is not possible with {self.ranks} nodes"
            _try(link, refused=f"Rank {number} of {ranks} {why}.")
            link.close()
            return
        say(f"Rank {number} has joined, from {facts['address']}.")
        links[number] = (link, facts)

    def _differences(self, links: Met) -> list[str]:
        return [
            f"Rank {number} ({facts['address']}) has {_WITH_REASON.get(key, f'another {key}')}: "
            f"{str(facts['same'].get(key))[:20]}, not {value[:20]} as rank 0."
            for number, (_, facts) in sorted(links.items()) for key, value in self.same.items()
            if facts["same"].get(key) != value
        ]  # fmt: skip

    def _backwards(self, links: Met) -> list[str]:
        """Whether we reach each of them as well: a firewall may let through one way only."""
        refused = []
        for number, (link, facts) in sorted(links.items()):
            word = secrets.token_hex(8)
            try:
                link.send(open_door=word)
                with connect(facts["address"], facts["door"], _HELLO_S) as back:
                    answer = Link(back).read(_HELLO_S).get("word")
            except (OSError, GoneError) as error:
                answer = str(error)
            if answer != word:
                there = f"{facts['address']}:{facts['door']}"
                refused.append(f"Rank {number} reaches rank 0, but rank 0 does not reach {there} ({answer}).")
        return refused

    def _clocks(self, links: Met) -> list[str]:
        apart = 0.0
        for link, _ in links.values():
            began = time.time()
            link.send(ask="time")
            clock = float(link.read(_HELLO_S)["time"])
            apart = max(apart, abs(clock - (began + time.time()) / 2), key=abs)
        self.told["clocks_apart_s"] = round(apart, 3)
        if apart > _CLOCKS_S:
            self._warn(f"The clocks of the machines differ by {apart:.1f} s: their logs cannot be put in order.")
        return []

    def _sum(self, links: Met) -> list[str]:
        for link, _ in links.values():
            link.send(go="sum")
        results = {0: self._own_sum()} | {number: link.read(2 * _SUM_S) for number, (link, _) in links.items()}
        wrong = [
            f"Rank {number}: {body.get('error') or 'its sum is wrong'}." for number, body in sorted(results.items())
            if not (body.get("right") or body.get("unknown"))
        ]  # fmt: skip
        if wrong:
            return [f"The ranks cannot compute together over {self.interface}.", *wrong]
        if unknown := next((body["unknown"] for body in results.values() if body.get("unknown")), ""):
            self._warn(f"Whether the ranks compute together was not tried: {unknown}.")
        else:
            self.told["sum_s"] = max(body["seconds"] for body in results.values())
        return []

    def _warn(self, sentence: str) -> None:
        self.told.setdefault("warnings", []).append(sentence)

    # The others

    def _join(self) -> Link:
        link = self._connect()
        try:
            with listen(self.address, 0) as door:
                link.send(
                    rank=self.number, ranks=self.ranks, address=self.address, door=door.getsockname()[1], same=self.same
                )
                return self._follow_orders(link, door)
        except BaseException:
            link.close()
            raise

    def _connect(self) -> Link:
        until, waited = time.monotonic() + self.patience_s, False
        while True:
            try:
                return Link(connect(self.leader, self.watch_port, 5.0))
            except OSError as error:
                if not self.going_on() or time.monotonic() > until:
                    raise GoneError(f"Rank 0 is not at {self.leader}:{self.watch_port} ({error}).") from None
            if not waited:
                say(f"Rank {self.number} ({self.address}, {self.interface}) waits for {self.leader}:{self.watch_port}.")
            waited = True
            time.sleep(0.5)

    def _follow_orders(self, link: Link, door: socket.socket) -> Link:
        until = time.monotonic() + self.patience_s
        while time.monotonic() < until and self.going_on():
            try:
                order = link.read(1.0)
            except GoneError:
                if link.closed():
                    raise
                continue
            if "refused" in order:
                raise RefusedError(str(order["refused"]))
            if "open_door" in order:
                _answer_at(door, str(order["open_door"]))
            elif order.get("ask") == "time":
                link.send(time=time.time())
            elif order.get("go") == "sum":
                link.send(**self._own_sum())
            elif order.get("go") == "start":
                self.told = dict(order.get("told") or {})
                return link
        raise GoneError(f"Rank 0 did not begin within {self.patience_s:.0f} s.")

    def _own_sum(self) -> dict[str, Any]:
        script = Path(__file__).with_name("sum.py")
        words = (self.number, self.ranks, self.leader, self.port, _SUM_S / 2)
        try:
            done = subprocess.run(
                [sys.executable, str(script), *map(str, words)], capture_output=True, text=True, timeout=_SUM_S,
                check=False, env={**os.environ, **self.environment},
            )  # fmt: skip
            return dict(json.loads(done.stdout.strip().splitlines()[-1]))
        except subprocess.TimeoutExpired:
            return {"error": f"the sum did not end within {_SUM_S:.0f} s"}
        except (IndexError, ValueError):
            return {"error": f"the sum ended with {done.returncode}: {done.stderr[-200:]}"}


def _answer_at(door: socket.socket, word: str) -> None:
    """Rank 0 rings; where it does not come through, it says so itself."""
    door.settimeout(_HELLO_S)
    try:
        connection, _ = door.accept()
    except OSError:
        return
    link = Link(connection)
    _try(link, word=word)
    link.close()


def _try(link: Link, **body: Any) -> None:
    try:
        link.send(**body)
    except GoneError:
        return


def say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201 - the server's own log
