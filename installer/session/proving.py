"""`server prove`: whether this home's server keeps its promises. Changes nothing but the file of proofs."""

from __future__ import annotations

from collections.abc import Callable

from installer.core.proofs import Proof, Proven
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.host.local import LocalHost
from installer.session import ready_server
from installer.session.prepare import facts_of
from stages.proving import prove_all


def prove_running(
    home: Home, host: LocalHost, *, tell: Callable[[str], None], report: Callable[[Proof], None]
) -> Proven:
    """Raises `UsageError` if no server is ready."""
    state = host.server_state(home)
    launch = ready_server.launch_of(home, state, "prove")
    memory = facts_of(Request(), home).memory_mib
    return prove_all(host, home, state, launch, tell=tell, report=report, memory_mib=memory)
