"""The servers that a script starts: which model each serves, and what is said of those beside the main one.

Every server is judged; a script that starts none is never said to work.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from installer.core.contracts.host import Host
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Fetch, Launch, Procedure
from installer.core.plans.stack import Stack
from installer.host.background_call import BackgroundCall
from installer.knowledge.engines import definitions, launch_reader
from installer.preflight.checks.parallel import tensor_parallel
from installer.session.circumstances import Circumstances
from installer.session.looks import PATIENCE_S, model_of

if TYPE_CHECKING:
    from installer.packages.wheels.inspection import WheelLookups

MOST = 6
"""Servers beside the main one that are judged; more of them are named."""


def served(procedure: Procedure) -> str:
    """The model that the script serves, else what it fetches last; empty where neither is known."""
    fetched = [step.model for step in procedure.steps if isinstance(step, Fetch) and step.model]
    launched = procedure.launch.model if procedure.launch else ""
    return launched or (fetched[-1] if fetched else "")


def others(
    followed: Procedure, main: Stack, around: Circumstances, host: Host, lookups: WheelLookups
) -> Iterator[Finding]:
    """What is said of the servers beside the main one; those that differ by nothing but their port count once."""
    told = {_kind(followed.launch)} if followed.launch else set()
    waiting = []
    for launch in reversed(followed.launches):
        if (kind := _kind(launch)) not in told:
            told.add(kind)
            waiting.append(launch)
    for launch in waiting[:MOST]:
        yield from _judged(followed, launch, main, around, host, lookups)
    for launch in waiting[MOST:]:
        yield _open(launch)


def _kind(launch: Launch | None) -> object:
    if launch is None:
        return None
    arguments = launch_reader.read(launch)
    ports = {place for use in arguments.uses if "--port" in use.names for place in range(use.place, use.end)}
    words = tuple(word for place, word in enumerate(arguments.words) if place not in ports)
    return launch.engine, words, launch.image, launch.interpreter, tuple(launch.environment.items())


def _judged(  # noqa: PLR0917 - what one judgement is made of
    followed: Procedure, launch: Launch, main: Stack, around: Circumstances, host: Host, lookups: WheelLookups
) -> Iterator[Finding]:
    from installer.audit.simulation import simulate
    from installer.preflight.assessment import assess

    last = followed.launch
    seen = followed.serving(launch)
    if last and (launch.interpreter, launch.image) == (last.interpreter, last.image):
        stack = replace(main, launch=launch, tensor_parallel=tensor_parallel(launch.arguments))
    else:
        done = simulate(seen, around.facts, host, around.home, lookups, as_of=around.as_of, offline=around.offline)
        stack = done.stack
        yield from done.findings
    model = BackgroundCall(lambda: model_of(served(seen), around, host), None)
    stack = replace(stack, model=model.answer(time.monotonic() + PATIENCE_S))
    yield from assess(stack, around.facts, lookups)


def _open(launch: Launch) -> Finding:
    return Finding(
        code=Code.NO_SERVER, severity=Severity.PROBE, stage=10, subject=launch.engine,
        summary=f"The server of line {launch.line} is not judged: the script starts many.",
        evidence=f"{MOST + 1} servers that differ are judged.", fix="Audit it in a script of its own.",
        source="the script itself",
        line=launch.line,
    )  # fmt: skip


def none(followed: Procedure) -> Iterator[Finding]:
    """What is said where no server start was judged."""
    if followed.launches:
        return
    missed = ", ".join(f"line {piece.line}" for piece in followed.not_followed[:4])
    yield Finding(
        code=Code.NO_SERVER, severity=Severity.PROBE, stage=10, subject=followed.name,
        summary="No command of this script starts a server that can be judged here, so whether one works is not known.",
        evidence=f"No start of {definitions.titles('or')} was found{f'; not followed: {missed}' if missed else ''}.",
        fix="Audit the file that starts the server, or add its command to this one.", source="the script itself",
    )  # fmt: skip
