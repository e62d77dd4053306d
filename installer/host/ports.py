"""Who listens on a port of this machine."""

from __future__ import annotations

import errno
import socket

from installer.core.contracts.serving import NamedProcess

INVISIBLE_PROCESS = NamedProcess(0, "a process that is not visible from here")


def port_owner(port: int) -> NamedProcess | None:
    """The process that listens on `port`; `None` if the port is free."""
    import psutil

    try:
        connections = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        connections = []
    listeners = [c for c in connections if c.status == psutil.CONN_LISTEN and port in c.laddr[1:2]]
    for listener in listeners:
        if listener.pid:
            return _named(listener.pid)
    return INVISIBLE_PROCESS if listeners or _is_taken(port) else None


def _named(pid: int) -> NamedProcess:
    import psutil

    try:
        return NamedProcess(pid, psutil.Process(pid).name())
    except psutil.Error:
        return NamedProcess(pid, "")


def _is_taken(port: int) -> bool:
    """Whether the kernel refuses the port: also tells where the list of connections is hidden from us."""
    with socket.socket() as probe:
        # Without this a port counts as taken for a minute after its last connection.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def refusal(host: str, port: int) -> str:
    """Why nothing can listen at that address of this machine, in the system's own words; empty if something can."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, proto, _, address = found[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""
