"""A small network on this machine: a bridge, and a network namespace with an address of its own for each host."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """One host's place in it."""

    namespace: str
    switch: str
    link: str
    address: str

    @property
    def inside(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.namespace)

    def cut(self) -> None:
        """Pull the cable; connections are not ended, they only hear nothing."""
        ip("-n", self.switch, "link", "set", self.link, "down")

    def recover(self) -> None:
        ip("-n", self.switch, "link", "set", self.link, "up")


def missing() -> str:
    """Why there can be no such network; empty: there can."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "network namespaces want root and iproute2"
    name = f"dtprobe{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        return "this machine permits no network namespaces"
    bridge = ["ip", "-n", name, "link", "add", "bridge", "type", "bridge"]
    refused = subprocess.run(bridge, capture_output=True, check=False).returncode
    ip("netns", "del", name)
    return "this machine permits no bridges" if refused else ""


@contextmanager
def network(hosts: int) -> Iterator[tuple[str, Sequence[Place]]]:
    """The address of this machine in it, and the places."""
    id, ours = os.getpid() % 100_000, _subnet()
    # The switch has a namespace of its own, so that this machine's packet filter has no say between the hosts.
    switch, uplink = f"dts{id}", f"dtu{id}"
    places = [Place(f"dtn{id}-{n}", switch, f"p{n}", f"{ours}.{n + 2}") for n in range(hosts)]
    ip("netns", "add", switch)
    try:
        ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        ip("-n", switch, "link", "set", "bridge", "up")
        ip("link", "add", uplink, "type", "veth", "peer", "name", "ours", "netns", switch)
        ip("-n", switch, "link", "set", "ours", "master", "bridge", "up")
        ip("addr", "add", f"{ours}.1/24", "dev", uplink)
        ip("link", "set", uplink, "up")
        for place in places:
            _join(place)
        yield f"{ours}.1", places
    finally:
        ip("link", "del", uplink, check=False)
        for namespace in (*(place.namespace for place in places), switch):
            _end(namespace)


def _subnet() -> str:
    """Addresses that this machine has none of yet, but for the last number: a run that was killed leaves its own."""
    there = subprocess.run(["ip", "-o", "-4", "addr"], capture_output=True, text=True, check=True).stdout
    wanted = (f"10.{97 + (os.getpid() + step) % 100}.0" for step in range(100))
    return next(one for one in wanted if f" {one}." not in there)


def _join(place: Place) -> None:
    inside = ("-n", place.namespace)
    ip("netns", "add", place.namespace)
    ip("-n", place.switch, "link", "add", place.link, "type", "veth", "peer", "name", "eth0", "netns", place.namespace)
    ip("-n", place.switch, "link", "set", place.link, "master", "bridge", "up")
    ip(*inside, "addr", "add", f"{place.address}/24", "dev", "eth0")
    ip(*inside, "link", "set", "eth0", "up")
    ip(*inside, "link", "set", "lo", "up")


def _end(namespace: str) -> None:
    """With whatever still runs in it."""
    said = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False)
    for pid in map(int, said.stdout.split()):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    ip("netns", "del", namespace, check=False)


def ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)
