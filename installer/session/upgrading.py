"""`server upgrade`: a new generation next to the one in use, its server measured and proved with the same requests as
the old one, and kept only where it is not worse by stated bounds. Otherwise all is as it was, with the table.

It must never give up the old server before the new one was found good, where memory allows both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from installer.core.contracts.serving import LaunchSpec, ServerState
from installer.core.errors import DeployError, ExitCode
from installer.core.outcomes import ServerStatus
from installer.core.proofs import Proof, ProofStatus
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.diagnostics.bench_clients import Measured
from installer.host.local import LocalHost
from installer.session import interrupts, previous_state, ready_server, trial_server
from installer.session.prepare import prepare
from installer.session.trial_server import Measure
from stages.proving import prove_all

PREPARE = (2, 3, 4, 5, 6, 7, 8)
SERVE = (10,)
_LATENCY = 2.0
"""Times differ more from run to run than throughput does; their bound is so many times as wide."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two servers came to."""

    spec: LaunchSpec
    loads: tuple[Measured, ...]
    proofs: tuple[Proof, ...]
    kv_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    old: str
    new: str
    change: float | None
    worse: bool
    """Whether it is beyond the bound."""


@dataclass(frozen=True, slots=True)
class Outcome:
    kept: bool
    side_by_side: bool
    rows: tuple[Row, ...]
    why: str


@dataclass(frozen=True, slots=True)
class UpgradeActions:
    """What an upgrade does its work with."""

    deploy: Callable[[Request], int]
    """Runs the stages of a request to their end; the exit status."""
    measure: Measure
    tell: Callable[[str], None]


class NotDeployedError(DeployError):
    """The stages of the upgrade failed and took themselves back; everything is as it was."""

    def __init__(self, code: int) -> None:
        super().__init__("The upgrade was not deployed.", "The output of its stages is above.", "Nothing was changed.")
        self.exit_code = ExitCode(code)


def upgrade(home: Home, host: LocalHost, request: Request, actions: UpgradeActions, *, worse_by: float) -> Outcome:
    """Raises `UsageError` if no server runs, `DeployError` if the new one could not be prepared."""
    state = host.server_state(home)
    deploying = f"; without one, deploy the new one: deploy-tui --stage all{home.server_words}"
    ready_server.launch_of(home, state, "upgrade", deploying)
    prepare(request, home, host)  # what is not valid is said before anything is measured
    if cut_short := previous_state.left(home):
        actions.tell("An earlier attempt was interrupted; the previous state is restored first.")
        cut_short.put_back(home)
    before = previous_state.of(home)
    before.keep(home)
    actions.tell("Measuring the running server.")
    old = _side(home, host, state, actions)
    try:
        with interrupts.interruptible(actions.tell):
            if code := actions.deploy(replace(request, stages=PREPARE)):
                raise NotDeployedError(code)
            return _decided(home, host, request, actions, old, before, worse_by)
    except BaseException:
        _put_back(home, actions, before, old)
        raise
    finally:
        previous_state.forget(home)


def _decided(  # noqa: PLR0917 - what one decision is made of
    home: Home,
    host: LocalHost,
    request: Request,
    actions: UpgradeActions,
    old: Side,
    before: previous_state.PreviousState,
    worse_by: float,
) -> Outcome:
    place, made = trial_server.second_server(home, host, request, actions.tell)
    together = trial_server.second_server_fits(home, made.prepared)
    actions.tell(
        "Starting the new one next to it."
        if together
        else "There is only memory for one of them: the old one is stopped first."
    )
    new = _measure_in_parallel(place, host, made, actions) if together else _after(home, host, request, actions)
    rows = compared(old, new, worse_by)
    worse = [row.what for row in rows if row.worse]
    if worse:
        _put_back(home, actions, before, old)
        return Outcome(False, together, rows, f"It is worse: {', '.join(worse)}.")
    if together and (code := actions.deploy(replace(request, stages=SERVE))):
        raise NotDeployedError(code)
    return Outcome(True, together, rows, f"Nothing is worse by more than {worse_by:.0%}.")


def _measure_in_parallel(place: Home, host: LocalHost, made: trial_server.Trial, actions: UpgradeActions) -> Side:
    place.root.mkdir(parents=True, exist_ok=True)
    try:
        state = trial_server.started(place, made)
        return _side(place, host, state, actions)
    finally:
        host.stop_server(place)


def _after(home: Home, host: LocalHost, request: Request, actions: UpgradeActions) -> Side:
    if code := actions.deploy(replace(request, stages=SERVE)):
        raise NotDeployedError(code)
    return _side(home, host, host.server_state(home), actions)


def _side(home: Home, host: LocalHost, state: ServerState, actions: UpgradeActions) -> Side:
    assert state.launch is not None
    loads = tuple(actions.measure(state.launch, home))
    proven = prove_all(host, home, state, state.launch, tell=actions.tell)
    return Side(state.launch, loads, proven.proofs, state.report.kv_tokens if state.report else None)


def _put_back(home: Home, actions: UpgradeActions, before: previous_state.PreviousState, old: Side) -> None:
    """As it was: the generation, what the home contains, and the old server if it does not run any more."""
    with interrupts.postponed(actions.tell) as tell:
        tell("Restoring the previous state.")
        before.put_back(home)
        state = LocalHost(home.cache).server_state(home)
        runs = state.state == ServerStatus.READY and state.launch is not None and state.launch.same_server(old.spec)
        if not runs and actions.deploy(Request(stages=SERVE)):
            raise trial_server.NotRestoredError(home)
        tell("The previous server runs.")


def compared(old: Side, new: Side, worse_by: float) -> tuple[Row, ...]:
    """What both came to, and what is worse by more than `worse_by` (a part of the old one)."""
    rows = [_proof_row(proof, new.proofs) for proof in old.proofs if proof.status == ProofStatus.PROVED]
    loads = {measured.load.concurrency: measured for measured in new.loads}
    for measured in old.loads:
        if other := loads.get(measured.load.concurrency):
            rows += _load_rows(measured, other, worse_by)
    if old.kv_tokens and new.kv_tokens:
        rows.append(_figure("tokens of cache", old.kv_tokens, new.kv_tokens, worse_by, more=True, unit=""))
    return tuple(rows)


def _load_rows(old: Measured, new: Measured, worse_by: float) -> list[Row]:
    at = f"{old.load.concurrency} at a time"
    wide = _LATENCY * worse_by
    return [
        _figure(
            f"{at}: all together", old.output_tokens_per_s, new.output_tokens_per_s, worse_by, more=True, unit=" tok/s"
        ),
        _figure(f"{at}: first token", old.ttft_ms, new.ttft_ms, wide, more=False, unit=" ms"),
        _figure(f"{at}: per token", old.tpot_ms, new.tpot_ms, wide, more=False, unit=" ms"),
    ]


def _figure(what: str, old: float, new: float, bound: float, *, more: bool, unit: str) -> Row:
    change = (new - old) / old if old else 0.0
    worse = -change > bound if more else change > bound
    return Row(what, f"{old:,.1f}{unit}", f"{new:,.1f}{unit}", change, worse)


def _proof_row(proof: Proof, others: Sequence[Proof]) -> Row:
    """A promise that was kept must be kept; one that could not be checked this time is no reason to go back."""
    other = next((one for one in others if one.name == proof.name), None)
    status = other.status if other else "not asked"
    return Row(proof.name, proof.status, status, None, status in (ProofStatus.FAILED, ProofStatus.NOT_PROMISED))
