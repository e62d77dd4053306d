"""Bringing one server up: launch it, wait until it generates, prove it. Used by stage 10.

It must never leave a server behind that did not get that far.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from installer.core.contracts.serving import LaunchSpec, ServerState
from installer.core.contracts.stage import Change, ChangeKind, StageContext
from installer.core.errors import StageError
from installer.core.outcomes import Severity
from installer.core.proofs import ProofStatus, in_words
from installer.core.text.quantities import duration
from stages import endpoints, pooling, proof, proving, start_report
from stages.error_lines import error_lines

if TYPE_CHECKING:
    from installer.core.runs.events import ServerReady

_STAGE = 10
_POLL_S = 0.5
_PROBE_S, _LONGEST_PROBE_S = 5.0, 60.0
"""How long a server may take for one token: short at first, so that its death is seen soon."""
_ALONE_S = 30.0
"""So long a server may take to end after one of its processes was ended by a fault."""
_TELL_S = 10.0
_WHOLE_LOG = 20_000
_PROOFS_S = 60.0
"""After so long no further proof is begun: `server prove` has all the time."""
_REFUSALS = 5
"""So many refusals one after the other are meant: an engine that still loads gives other answers."""


def start_and_prove(ctx: StageContext, spec: LaunchSpec) -> ServerReady:
    """Start the server of `spec` and prove that it answers. Raises after ending it again."""
    ctx.begin(Change(ChangeKind.START_SERVER, f"start {spec.engine} on {spec.host}:{spec.port}", spec.command))
    ctx.host.launch_server(ctx.home, spec)
    return prove_starting(ctx, spec)


def prove_starting(ctx: StageContext, spec: LaunchSpec) -> ServerReady:
    """Wait for the server of `spec`, which was launched, and prove that it answers. Raises after ending it."""
    try:
        ctx.begin(Change(ChangeKind.AWAIT_SERVER, "wait until it generates a token"))
        state = wait_until_ready(ctx, spec)
        ctx.begin(
            Change(
                ChangeKind.ASK_SERVER, "request a chat answer, a streamed answer and an answer that follows a schema"
            )
        )
        return _prove(ctx, spec, state)
    except BaseException:
        ctx.host.stop_server(ctx.home)
        raise


def wait_until_ready(ctx: StageContext, spec: LaunchSpec) -> ServerState:
    """Hand on the log of the server just launched and tell what is waited for, until a token comes back.

    Raises `StageError` if that will not happen; the server is then left as it is.
    """
    began = time.monotonic()
    log = _Log(ctx, spec.engine)
    teller = _WaitMessages(ctx, began, _TELL_S, _TELL_S)
    refusals, patience = 0, _PROBE_S
    while True:
        state = ctx.host.server_state(ctx.home)
        log.hand_on()
        if not state.running:
            raise _ended(ctx, state)
        if state.deaths and state.reason and time.time() - state.deaths[0].at > _ALONE_S:
            raise _abandoned(ctx, state)
        probe = proof.one_token(ctx.host, spec, timeout_s=patience)
        if probe.ready:
            log.hand_on()
            return _written_down(ctx, spec, state)
        refusals = refusals + 1 if probe.refused else 0
        patience = min(2 * patience, _LONGEST_PROBE_S) if probe.late else patience
        if refusals >= _REFUSALS:
            raise _refused(probe)
        if time.monotonic() - began > spec.start_timeout_s:
            raise _never_ready(ctx, spec, probe)
        teller.tell(probe)
        ctx.host.pause(_POLL_S)


def _written_down(ctx: StageContext, spec: LaunchSpec, state: ServerState) -> ServerState:
    """That it is ready, and what its start came to."""
    seconds = _seconds_since_launch(state)
    lines = ctx.host.server_log(ctx.home, lines=_WHOLE_LOG).lines
    came_to = start_report.report(ctx, spec, lines, state.started_at or time.time() - seconds, seconds)
    for severity, sentence in start_report.sentences(came_to):
        ctx.notice(sentence, severity)
    return ctx.host.server_ready(ctx.home, seconds, came_to)


def _seconds_since_launch(state: ServerState) -> float:
    now = time.time()
    return round(max(0.0, now - (state.started_at or now)), 1)


def _prove(ctx: StageContext, spec: LaunchSpec, state: ServerState) -> ServerReady:
    proven = _proven(ctx, spec, state)
    if proven.structured == "":
        ctx.notice(
            "The model was still reasoning at the end of its tokens, so an answer of a given schema was not tested."
        )
    if spec.endpoints:
        ctx.begin(Change(ChangeKind.ASK_SERVER, f"try {', '.join(spec.endpoints)}"))
        endpoints.try_all(ctx.host, spec, ctx.output)
    _prove_promises(ctx, spec, state)
    return proven


def _prove_promises(ctx: StageContext, spec: LaunchSpec, state: ServerState) -> None:
    """What else the launch promises. A server that answers is kept, and what it fails at is reported."""
    ctx.begin(Change(ChangeKind.ASK_SERVER, "test what else its recipe promises"))
    proven = proving.prove_all(
        ctx.host, ctx.home, state, spec, patience_s=_PROOFS_S,
        report=lambda one: ctx.output(f"{one.status}: {one.name}. {one.said}"),
    )  # fmt: skip
    ctx.notice(f"{in_words(proven)}.")
    for one in proven.of(ProofStatus.FAILED):
        ctx.notice(f"Promised, but failed: {one.name}. {one.said} {one.fix}", Severity.WARNING)


def _proven(ctx: StageContext, spec: LaunchSpec, state: ServerState) -> ServerReady:
    from installer.core.runs.events import ServerReady

    if what := pooling.task(spec):
        answer, took = pooling.first_answer(ctx.host, spec, what)
        line = pooling.curl(spec, what, proof.key_words(spec))
        return ServerReady(
            spec.url, state.pid, spec.served_as, answer, line, state.ready_seconds or 0.0, took, None, spec.stand_in,
            asdict(state.report) if state.report else {},
        )  # fmt: skip
    return ServerReady(
        url=spec.url,
        pid=state.pid,
        model=spec.served_as,
        answer=proof.chat(ctx.host, spec),
        curl=proof.curl(spec),
        ready_seconds=state.ready_seconds or 0.0,
        first_token_ms=proof.first_token_ms(ctx.host, spec),
        structured=proof.structured(ctx.host, spec) if spec.structured_output else None,
        stand_in=spec.stand_in,
        report=asdict(state.report) if state.report else {},
    )


@dataclass
class _Log:
    """Hands on each line that the server prints, once, and says which part of its start begins with it."""

    ctx: StageContext
    engine: str
    end: int = 0

    def hand_on(self) -> None:
        piece = self.ctx.host.server_log(self.ctx.home, after=self.end)
        self.end = piece.end
        for line in piece.lines:
            self.ctx.output(line)
            if part := start_report.begun_by(self.engine, line, gpu=bool(self.ctx.facts.gpus)):
                self.ctx.begin(Change(ChangeKind.AWAIT_SERVER, f"its start: {part}"))


@dataclass
class _WaitMessages:
    """Says what is waited for: soon after the start, then ever more rarely, and whenever it changes."""

    ctx: StageContext
    began: float
    next_s: float
    step_s: float

    def tell(self, probe: proof.Probe) -> None:
        waited = time.monotonic() - self.began
        if waited < self.next_s:
            return
        self.ctx.notice(f"Waiting for the server for {duration(waited)}: {probe.words}.")
        self.step_s = self.step_s if waited < 60 else 3 * _TELL_S
        self.next_s = waited + self.step_s


def _ended(ctx: StageContext, state: ServerState) -> StageError:
    what = " ".join(("The server ended before it was ready.", state.reason)).strip()
    return StageError(what, _log_says(ctx, followed=any(death.code < 0 for death in state.deaths)), _see_log(ctx))


def _abandoned(ctx: StageContext, state: ServerState) -> StageError:
    what = f"A process of the server died, and the others are waiting for it. {state.reason}"
    return StageError(what, _log_says(ctx, followed=True), _see_log(ctx))


def _never_ready(ctx: StageContext, spec: LaunchSpec, probe: proof.Probe) -> StageError:
    return StageError(
        f"The server was not ready within {duration(spec.start_timeout_s)}, so it was stopped.",
        f"Last state: {probe.words}. {_log_says(ctx)}",
        f"If it only needs more time: --set server.start_timeout_s={2 * spec.start_timeout_s}. {_see_log(ctx)}",
    )


def _refused(probe: proof.Probe) -> StageError:
    return StageError(
        "The server runs, but does not generate.", f"Asked for one token, {probe.words}.",
        "Check that the recipe's flags use the name of model.served_as, and that no key is required.",
    )  # fmt: skip


def _log_says(ctx: StageContext, *, followed: bool = False) -> str:
    """`followed`: a signal ended one of its processes, so that what the others print is no reason."""
    lines = error_lines(ctx.host.server_log(ctx.home, lines=5000).lines)
    if not lines:
        return "It printed nothing."
    own = "Fatal Python error" in lines[0]
    return ("Its log afterwards" if followed and not own else "Its log says") + ":\n " + "\n ".join(lines)


def _see_log(ctx: StageContext) -> str:
    # The run's own log: the server's is overwritten by the next start, also by one of rolling back.
    log = ctx.run.log(_STAGE) if ctx.run else ctx.home.server / "server.log"
    return f"Correct the problem in its log, then deploy again; `deploy-tui explain {log}` explains it."
