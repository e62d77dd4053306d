"""Stage 10, server: start it, wait until it generates, prove that it answers.

A server that runs with the wanted settings and answers right now is left alone. It must never end a process that is not
this home's server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from installer.core.contracts.serving import LaunchSpec, ServerState, launch_from_json
from installer.core.contracts.stage import Change, ChangeKind, Check, Leftover, LeftoverKind, StageContext, Traits
from installer.core.errors import Cancelled, DeployError, StageError
from installer.core.outcomes import ServerStatus
from stages import compile_cache, containers, first_token, joining, key_protection, models, toolkit, verification
from stages.launching import launch_spec
from stages.system import library_path

number = 10
name = "server"
title = "Start the server and prove it answers"
summary = "Starts the server, waits for a generated token, then requests a chat, a streamed and a structured answer."
undo = "the server is stopped; one that it replaced is started again"
traits = Traits(needs_machine=True, again="restart the server in the new environment")

_STARTED, _STOPPED = "server-started", "server-stopped"
_NOW_S = 10.0
"""How long a server that is up may take for one token."""


def check(ctx: StageContext) -> Check:
    if not ctx.facts.here:
        return Check(unknown=f"the server runs on the machine itself, and {ctx.facts.name} is not this one")
    if refused := key_protection.refusal(ctx) or joining.refusal(ctx.recipe):
        return Check(blocked=refused[0], fix=refused[1])
    wanted = launch(ctx)
    state = ctx.host.server_state(ctx.home)
    if _is_starting(state, wanted):
        return Check(
            changes=(
                Change(ChangeKind.AWAIT_SERVER, "wait for the server that is starting, and prove that it answers"),
            )
        )
    other = _difference(ctx, state, wanted) if state.running else ""
    if state.running and not other:
        return Check(observed=joining.observed(state) or _observed(state, wanted))
    if (owner := _port_holder(ctx, state)) is not None:
        return Check(blocked=f"port {ctx.recipe.server.port} is taken by {owner}", fix=_other_port(ctx))
    stopping = (Change(ChangeKind.STOP_SERVER, f"stop the running server: {other}"),) if state.running else ()
    if state.leftovers:
        stopping = (
            Change(
                ChangeKind.STOP_SERVER, f"end leftover processes of a server: {', '.join(map(str, state.leftovers))}"
            ),
        )
    server = ctx.recipe.server
    key = ", locked with a key" if key_protection.wanted(ctx.recipe) else ""
    start = Change(
        ChangeKind.START_SERVER,
        f"start {ctx.recipe.engine_name} on {server.host}:{server.port}{key}",
        wanted.command if wanted else (),
    )
    return Check(changes=(*stopping, start))


def apply(ctx: StageContext, changes: Sequence[Change]) -> None:
    if refused := key_protection.refusal(ctx) or joining.refusal(ctx.recipe):
        raise StageError("The server was not started.", f"{refused[0][:1].upper()}{refused[0][1:]}.", refused[1])
    wanted = launch(ctx)
    if wanted is None:
        raise StageError(
            "Nothing is deployed yet.",
            "This home has no complete model." if _has_engine(ctx) else "This home has no environment or image.",
            "Run the stages before this one: --stage 2-9.",
        )
    state = ctx.host.server_state(ctx.home)
    if _is_starting(state, wanted):
        if state.comes_back:  # also if no one waits for it any more
            ctx.deed(_STOPPED, {"launch": wanted.to_json()})
        ctx.deed(_STARTED, {"launch": wanted.to_json()})
        _finish(ctx, wanted)
        return
    if (owner := _port_holder(ctx, state)) is not None:
        why = "The server could not listen there."
        raise StageError(f"Port {wanted.port} is taken by {owner}.", why, _other_port(ctx))
    if state.running:
        _try_first(ctx)
    _stop_old(ctx, state)
    ctx.deed(_STARTED, {"launch": wanted.to_json()})
    toolkit.ready(ctx)
    compile_cache.ready(ctx)
    if ctx.recipe.topology.nodes > 1:
        ctx.begin(Change(ChangeKind.START_SERVER, f"start rank {ctx.recipe.topology.rank}", wanted.command))
        joining.launch(ctx, wanted)
        _finish(ctx, wanted)
    else:
        from stages.server_start import start_and_prove  # a plan starts nothing, and this imports every proof

        ctx.emit_ready(start_and_prove(ctx, wanted))
    compile_cache.finish(ctx)


def _finish(ctx: StageContext, wanted: LaunchSpec) -> None:
    """What was launched is there: with the other ranks, where there are any, and answering where clients ask it."""
    if ctx.recipe.topology.nodes > 1:
        ctx.begin(Change(ChangeKind.AWAIT_SERVER, "wait for the other ranks, and compare what they have installed"))
        joining.await_all(ctx)
    if ctx.recipe.topology.follows:
        joining.report_running(ctx)
    else:
        from stages.server_start import prove_starting

        ctx.emit_ready(prove_starting(ctx, wanted))


def rollback(ctx: StageContext, deeds: Sequence[Mapping[str, Any]]) -> tuple[Leftover, ...]:
    left: list[Leftover] = []
    for deed in reversed(deeds):
        launched = launch_from_json(deed.get("launch"))
        if launched is None:
            continue
        if deed["what"] == _STARTED:
            left += _end(ctx, launched)
        elif deed["what"] == _STOPPED and not left:
            left += _restart_previous(ctx, launched)
    return tuple(left)


def launch(ctx: StageContext) -> LaunchSpec | None:
    """How the recipe's server would be started; `None` while there is no environment or no model."""
    model = models.chosen(ctx)
    if ctx.recipe.container:
        there = model is not None and containers.image_id(ctx)
        return key_protection.locked(containers.launch(ctx, model), ctx.recipe, ctx.home) if model and there else None
    if model is None or ctx.environment is None:
        return None
    more = {**library_path(ctx), **toolkit.variables(ctx), **compile_cache.variables(ctx)}
    locked = key_protection.locked(launch_spec(ctx.recipe, model, ctx.environment, more), ctx.recipe, ctx.home)
    return joining.as_rank(ctx, locked)


def _has_engine(ctx: StageContext) -> bool:
    return containers.image_id(ctx) is not None if ctx.recipe.container else ctx.environment is not None


def _is_starting(state: ServerState, wanted: LaunchSpec | None) -> bool:
    """Whether the wanted server was launched and has not been seen to answer yet, as after an interrupted rollback."""
    launched = state.launch if state.state == ServerStatus.STARTING else None
    return launched is not None and wanted is not None and launched.same_server(wanted) and not state.renew


def _difference(ctx: StageContext, state: ServerState, wanted: LaunchSpec | None) -> str:
    """Why the server that runs will not do; empty if it does, shown by a token it generates right now."""
    if state.launch is None or wanted is None or not state.launch.same_server(wanted):
        return "it has other settings"
    if state.renew:
        return "a restart was requested"
    if ctx.recipe.topology.follows:
        return ""
    from stages import proof

    probe = proof.one_token(ctx.host, wanted, timeout_s=_NOW_S)
    return "" if probe.ready else probe.words


def _observed(state: ServerState, wanted: LaunchSpec | None) -> tuple[str, ...]:
    stand_in = state.launch is not None and state.launch.stand_in
    label = " (a stand-in with random weights: its answers are random)" if stand_in else ""
    answers = f"the server answers at {state.url}, model {state.model}{label}"
    if state.launch is None or wanted is None or state.launch.watching == wanted.watching:
        return (answers,)
    return (answers, "how it is watched changes with its next start, by `deploy-tui server restart`")


def _port_holder(ctx: StageContext, state: ServerState) -> str | None:
    """Which other program uses the port that we need."""
    port = ctx.recipe.server.port
    if state.running and state.launch is not None and state.launch.port == port:
        return None
    owner = ctx.host.port_owner(port)
    return None if owner is None or owner.pid in {left.pid for left in state.leftovers} else str(owner)


def _other_port(ctx: StageContext) -> str:
    port = ctx.recipe.server.port
    free = next((p for p in range(port + 1, min(port + 50, 65536)) if ctx.host.port_owner(p) is None), port + 1)
    return f"End that process, or use another port: --set server.port={free}"


def _try_first(ctx: StageContext) -> None:
    """What the engine refuses is to be known while the server that runs still serves. Raises what stage 9 raises."""
    if ctx.recipe.container or first_token.wanted(ctx, models.chosen(ctx)) is None:
        return
    if changes := verification.check(ctx).changes:
        verification.apply(ctx, changes)


def _stop_old(ctx: StageContext, state: ServerState) -> None:
    """End what this home runs, and write down first how to start it again, if it was to continue running."""
    if not state.running and not state.leftovers:
        return
    if state.wanted and state.launch is not None:
        ctx.deed(_STOPPED, {"launch": state.launch.to_json()})
    ctx.begin(
        Change(
            ChangeKind.STOP_SERVER,
            "stop the running server" if state.running else "end the processes that a server left",
        )
    )
    report = ctx.host.stop_server(ctx.home)
    if not report.stopped:
        raise StageError(
            "The running server could not be stopped.", f"Still running: {', '.join(map(str, report.leftovers))}.",
            "End these processes by hand (kill -9), then try again.",
        )  # fmt: skip


def _end(ctx: StageContext, launched: LaunchSpec) -> list[Leftover]:
    """Stop the server of `launched`; what is left. One that someone started since is not ours to stop."""
    state = ctx.host.server_state(ctx.home)
    if state.launch is not None and not state.launch.same_server(launched):
        return []
    return [Leftover(LeftoverKind.PROCESS, f"process {one}") for one in ctx.host.stop_server(ctx.home).leftovers]


def _restart_previous(ctx: StageContext, launched: LaunchSpec) -> list[Leftover]:
    """Start the server again that ran before; what could not be restored."""
    if ctx.host.server_state(ctx.home).running:
        return []
    ctx.notice("Restarting the previous server.")
    from stages.server_start import wait_until_ready

    try:
        ctx.host.launch_server(ctx.home, launched)
        wait_until_ready(ctx, launched)
    except Cancelled:
        ctx.notice("It is still starting: deploy-tui server start waits for it.")
    except DeployError as error:
        ctx.host.stop_server(ctx.home)
        text = f"the previous server could not be restarted: {error.what}"
        return [Leftover(LeftoverKind.SERVER, text)]
    return []
