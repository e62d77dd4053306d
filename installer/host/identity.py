"""What this machine and this user are called: what tells who someone is. Reads only."""

from __future__ import annotations

import os
import pwd
import socket
from pathlib import Path

import psutil

from installer.core.machine.names import Names


def read_names() -> Names:
    """Names of the host and the user, home folders, and the addresses of this machine that others may reach."""
    host = socket.gethostname()
    users, homes = {os.environ.get("USER", ""), os.environ.get("LOGNAME", "")}, {os.environ.get("HOME", "")}
    try:
        account = pwd.getpwuid(os.geteuid())
        users.add(account.pw_name)
        homes.add(account.pw_dir)
    except KeyError:
        pass  # a number without an account, as containers have
    return Names(
        hosts=_longest({host, host.partition(".")[0]}),
        users=_longest(users),
        homes=_longest({home.rstrip("/") for home in homes if Path(home).is_absolute()}),
        addresses=_longest(_addresses()),
    )


def _addresses() -> set[str]:
    found = {
        address.address.partition("%")[0]
        for each in psutil.net_if_addrs().values()
        for address in each
        if address.family in (socket.AF_INET, socket.AF_INET6)
    }
    return {address for address in found if not address.startswith("127.") and address != "::1"}


def _longest(names: set[str]) -> tuple[str, ...]:
    return tuple(sorted((name for name in names if name), key=lambda name: (-len(name), name)))
