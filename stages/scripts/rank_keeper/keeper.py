"""One rank of a model that several machines serve: checks the others, starts the engine, and ends it when one is gone.

Run with the environment's Python as the server's process. Rank 0 ends with its engine, or when another rank is lost:
anyone who watches over it decides whether it begins again. The others then end their engine too, and wait for rank 0.
It must never leave an engine running next to ranks that it cannot belong to.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .group import Rank, RefusedError, say
from .links import GoneError, Link, own_address

_LOOK_S = 0.5
_RETRY_S = 2.0


class Keeper:
    def __init__(self, options: argparse.Namespace, command: list[str]) -> None:
        self._options, self._command = options, command
        self._asked = False
        self._running: list[subprocess.Popen[bytes]] = []
        """The engine, and what it wants next to it, in the order in which they were begun."""
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    def run(self) -> int:
        rounds = 0
        while not self._asked:
            rank = self._rank()
            self._tell(rank, "waiting")
            try:
                links = rank.meet()
            except RefusedError as error:
                say(f"Error: the ranks do not match, so nothing was started. {error}")
                return 1
            except GoneError as error:
                if self._asked:
                    break
                say(f"Error: {str(error).rstrip('.')}. Nothing was started.")
                if rank.number == 0 or not rounds:
                    return 1
                continue
            code = self._serve(rank, links)
            if rank.number == 0:
                return code
            rounds += 1
            time.sleep(_RETRY_S)
        return 0

    def _rank(self) -> Rank:
        given = self._options
        address, interface = own_address(given.leader, given.watch_port, given.interface)
        if given.rank == 0 and not given.interface:
            address = given.leader
        environment = {
            name: value.replace("{address}", address).replace("{interface}", interface)
            for name, _, value in (one.partition("=") for one in given.variable) if address and interface
        }  # fmt: skip
        same = dict(one.split("=", 1) for one in given.same)
        return Rank(
            given.rank, given.nodes, given.leader, given.watch_port, given.port, same, address, interface, environment,
            given.patience, going_on=lambda: not self._asked,
        )  # fmt: skip

    def _serve(self, rank: Rank, links: list[Link]) -> int:
        """From the engine's start until it ends or a rank is lost; the exit status that says so."""
        self._tell(rank, "started")
        apart = rank.told.get("clocks_apart_s")
        say(f"All {rank.ranks} ranks have joined over {rank.interface}; clocks {apart} s apart. The engine starts.")
        placeholders = {"{address}": rank.address, "{interface}": rank.interface}
        environment = {**os.environ, **rank.environment}

        def begin(words: list[str]) -> subprocess.Popen[bytes]:
            command = [_put(word, placeholders) for word in words]
            self._running.append(subprocess.Popen(command, env=environment, start_new_session=True))
            return self._running[-1]

        try:
            if self._options.beside:
                begin(self._options.beside)
            if self._options.ready:
                code = self._watched(begin(self._options.ready), rank, links)
                if code or self._asked:
                    say(f"What the engine of rank {rank.number} needs did not start, so the engine was not started.")
                    return 0 if self._asked else 1
                self._running.pop()
            code = self._watched(begin(self._command), rank, links)
            if code is None:
                return 1
            say(f"The engine of rank {rank.number} ended with {code}; the other ranks end as well.")
            return 0 if self._asked else code if code > 0 else 1
        finally:
            engine = True
            while self._running:
                self._end(self._running.pop(), whole=engine)
                engine = False
            for link in links:
                link.close()

    def _watched(self, process: subprocess.Popen[bytes], rank: Rank, links: list[Link]) -> int | None:
        """Until it ends; its exit status. `None`: a rank is lost, or what runs next to it; that is reported."""
        while True:
            lost = [link for link in select.select(links, [], [], _LOOK_S)[0] if link.closed()]
            if (code := process.poll()) is not None:
                return code
            if lost and not self._asked:
                who = "Rank 0 is" if rank.number else "Another rank is"
                say(f"{who} gone, or its engine ended: the engine of rank {rank.number} is ended.")
                return None
            if not self._asked and (ended := next((one for one in self._running if one.poll() is not None), None)):
                say(f"`{_name(ended)}`, which the engine needs, ended with {ended.returncode}: the engine is ended.")
                return None

    def _end(self, process: subprocess.Popen[bytes], *, whole: bool) -> None:
        """With all its processes, at once if `whole`; the watcher ends those that left its session."""
        if whole:
            _signal(process, signal.SIGTERM)
        else:
            process.terminate()  # Ray's head leaves its cluster in order, as long as its own processes live
        try:
            process.wait(self._options.stop_after)
        except subprocess.TimeoutExpired:
            say(f"`{_name(process)}` did not end by itself, and was killed.")
        _signal(process, signal.SIGKILL)
        process.wait()

    def _ask(self, *_: Any) -> None:
        self._asked = True
        if self._running:
            _signal(self._running[-1], signal.SIGTERM)

    def _tell(self, rank: Rank, state: str) -> None:
        body = {"state": state, "rank": rank.number, "address": rank.address, "interface": rank.interface, **rank.told}
        draft = Path(f"{self._options.told}.new")
        draft.write_text(json.dumps({**body, "keeper": os.getpid()}), encoding="utf-8")
        draft.replace(self._options.told)


def _name(process: subprocess.Popen[bytes]) -> str:
    return Path(str(process.args[0])).name if isinstance(process.args, list) else ""


def _put(word: str, placeholders: dict[str, str]) -> str:
    for place, value in placeholders.items():
        word = word.replace(place, value)
    return word


def _signal(engine: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(engine.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _options() -> tuple[argparse.Namespace, list[str]]:
    place = sys.argv.index("--")
    parser = argparse.ArgumentParser()
    for name in ("rank", "nodes", "watch-port", "port"):
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in ("leader", "told"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--interface", default="")
    parser.add_argument("--patience", type=float, default=900.0)
    parser.add_argument("--stop-after", type=float, default=30.0)
    for name in ("variable", "same", "beside", "ready"):
        parser.add_argument(f"--{name}", action="append", default=[])
    return parser.parse_args(sys.argv[1:place]), sys.argv[place + 1 :]


def main() -> int:
    return Keeper(*_options()).run()
