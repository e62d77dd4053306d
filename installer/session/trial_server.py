"""A server started to be measured: in the place of the one that runs, or next to it on a port of its own.

It must never leave one running that was not requested, and changes nothing that a home remembers.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from installer.core.contracts.serving import LaunchSpec, ServerState
from installer.core.errors import DeployError, UsageError
from installer.core.runs import events as ev
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.diagnostics.bench_clients import Measured
from installer.execution.context import RunContext
from installer.host.local import LocalHost
from installer.host.meters import Meters
from installer.session.prepare import prepare
from installer.session.prepared import Prepared
from installer.session.stage_contexts import contexts
from stages import STAGES, compile_cache, s10_server, server_start, toolkit

Measure = Callable[[LaunchSpec, Home], Sequence[Measured]]
_ROOM = 1.1
"""Memory that has to be free next to a server, as a part of what that one uses."""


class NotRestoredError(DeployError):
    """What served before something was tried did not come up again."""

    def __init__(self, home: Home) -> None:
        super().__init__(
            "The previous server could not be restarted.", "The output of its start is above.",
            f"Start it once more: deploy-tui server start{home.server_words}.",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trial:
    """A launch that can be tried, and how."""

    prepared: Prepared
    spec: LaunchSpec
    context: RunContext


def trial(home: Home, host: LocalHost, request: Request, tell: Callable[[str], None]) -> Trial:
    """What stage 10 would start for `request` with what is installed. Raises `UsageError` if that is nothing."""
    prepared = prepare(request, home, host)
    context = contexts(prepared, host, None, _notices(tell))(STAGES[-1])
    spec = s10_server.launch(context)
    if spec is None:
        raise UsageError(
            "There is nothing to start.", "This home has no engine or no model.", "Deploy first: deploy-tui."
        )
    return Trial(prepared, spec, context)


def _notices(tell: Callable[[str], None]) -> Callable[[ev.Event], None]:
    def hear(event: ev.Event) -> None:
        if isinstance(event, ev.Notice):
            tell(event.text)

    return hear


def replaced(home: Home, one: Trial) -> ServerState:
    """The trial's server in the place of the one that runs; as `started`."""
    host = one.context.host
    host.stop_server(home)
    return started(home, one)


def started(home: Home, one: Trial) -> ServerState:
    """The trial's server, ready, where none runs in `home`. Raises `DeployError` if it does not come."""
    host = one.context.host
    try:
        toolkit.ready(one.context)
        compile_cache.ready(one.context)
        host.launch_server(home, one.spec)
        return server_start.wait_until_ready(one.context, one.spec)
    except BaseException:
        host.stop_server(home)
        raise


def second_server(home: Home, host: LocalHost, request: Request, tell: Callable[[str], None]) -> tuple[Home, Trial]:
    """A trial on a free port, whose files are in a folder of their own."""
    own = replace(request, settings=(*request.settings, f"server.port={_free_port()}"))
    made = trial(home, host, own, tell)
    place = Home(home.root / "trial" / home.server_name)
    return place, replace(made, context=replace(made.context, home=place))


def second_server_fits(home: Home, prepared: Prepared) -> bool:
    """Whether a second server of the kind that runs finds as much memory as that one uses."""
    reading = Meters().read(home.root)
    if reading.gpus:
        known = [(gpu.memory_used, gpu.memory_total) for gpu in reading.gpus]
        return all(used is not None and total and total - used >= _ROOM * used for used, total in known)
    needed = prepared.recipe.requirements.memory_mib
    if needed is None or reading.memory_total is None or reading.memory_used is None:
        return False
    return reading.memory_total - reading.memory_used >= _ROOM * needed * 2**20


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
