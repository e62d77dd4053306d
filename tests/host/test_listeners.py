"""Ports in use, from the kernel's tables."""

from __future__ import annotations

import socket
from pathlib import Path

from installer.host import listeners

SAMPLES = Path(__file__).parent.parent / "samples"


def test_only_listening_sockets_count_and_each_port_once() -> None:
    assert listeners.ports(SAMPLES / "network") == (8000, 8888, 30000)


def test_a_machine_without_the_newer_protocol() -> None:
    assert listeners.ports(SAMPLES / "ubuntu-24.04-h200") == (2024,)


def test_without_the_tables_it_is_not_known(tmp_path: Path) -> None:
    assert listeners.ports(tmp_path) is None


def test_a_real_listener_is_seen_while_it_listens() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert port not in (listeners.ports() or ())
        server.listen()

        assert port in (listeners.ports() or ())

    assert port not in (listeners.ports() or ())
