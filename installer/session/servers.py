"""The servers that a script starts: which model each serves, and what is said of those next to the main one.

Every server is checked; a script that starts none is never said to work.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from installer.core.contracts.host import Host
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Fetch, Launch, Procedure
from installer.core.plans.stack import Stack
from installer.host.background_call import BackgroundCall
from installer.knowledge.engines import definitions, launch_reader
from installer.preflight.checks import shared_gpu_memory
from installer.preflight.checks.parallel import tensor_parallel
from installer.session.circumstances import Circumstances
from installer.session.outside_facts import PATIENCE_S, model_of, with_draft

if TYPE_CHECKING:
    from installer.packages.wheels.inspection import WheelLookups

MOST = 6
"""Servers next to the main one that are checked; more of them are named."""


def served(procedure: Procedure) -> str:
    """The model that the script serves, else what it fetches last; empty if neither is known."""
    fetched = [step.model for step in procedure.steps if isinstance(step, Fetch) and step.model]
    launched = procedure.launch.model if procedure.launch else ""
    return launched or (fetched[-1] if fetched else "")


def revision(procedure: Procedure) -> str:
    """Of the model that it serves."""
    return (procedure.launch.revision if procedure.launch else "") or "main"


@dataclass(slots=True)
class Servers:
    """The servers next to the main one."""

    findings: list[Finding] = field(default_factory=list)
    stacks: dict[object, Stack] = field(default_factory=dict)
    """What each kind of server runs on."""


def others(followed: Procedure, main: Stack, around: Circumstances, host: Host, lookups: WheelLookups) -> list[Finding]:
    """What is said of the servers next to the main one, and of all together.

    Those that differ by nothing but their port count once for what each needs by itself.
    """
    done, waiting = Servers(), list[Launch]()
    if followed.launch:
        done.stacks[_kind(followed.launch)] = with_draft(main, around, host)
    for launch in reversed(followed.launches):
        if (kind := _kind(launch)) not in done.stacks and kind not in map(_kind, waiting):
            waiting.append(launch)
    for launch in waiting[:MOST]:
        _assess(done, followed, launch, (main, around, host, lookups))
    done.findings += map(_open, waiting[MOST:])
    done.findings += shared_gpu_memory.findings(tuple(_started(followed, done)), around.facts)
    return done.findings


def _started(followed: Procedure, done: Servers) -> Iterator[Stack]:
    """Every server in the order of the script; the very same command again is the same server, started again."""
    seen = set[object]()
    for launch in followed.launches:
        identity = (launch.arguments, tuple(launch.environment.items()), launch.devices, launch.image)
        stack = done.stacks.get(_kind(launch))
        if stack is not None and identity not in seen:
            seen.add(identity)
            yield replace(stack, launch=launch, arguments=None)


def _kind(launch: Launch | None) -> object:
    if launch is None:
        return None
    arguments = launch_reader.read(launch)
    ports = {place for use in arguments.uses if "--port" in use.names for place in range(use.place, use.end)}
    words = tuple(word for place, word in enumerate(arguments.words) if place not in ports)
    return launch.engine, words, launch.image, launch.interpreter, tuple(launch.environment.items()), launch.devices


def _assess(
    done: Servers, followed: Procedure, launch: Launch, given: tuple[Stack, Circumstances, Host, WheelLookups]
) -> None:
    from installer.audit.simulation import simulate
    from installer.preflight.assessment import all_findings

    main, around, host, lookups = given
    last = followed.launch
    seen = followed.serving(launch)
    if last and (launch.interpreter, launch.image) == (last.interpreter, last.image):
        stack = replace(main, launch=launch, tensor_parallel=tensor_parallel(launch.arguments))
    else:
        simulated = simulate(seen, around.facts, host, around.home, lookups, as_of=around.as_of, offline=around.offline)
        stack = simulated.stack
        done.findings += simulated.findings
    model = BackgroundCall(lambda: model_of(served(seen), around, host, revision=revision(seen)), None)
    stack = replace(stack, model=model.answer(time.monotonic() + PATIENCE_S), arguments=None)
    stack = with_draft(stack, around, host)
    done.stacks[_kind(launch)] = stack
    done.findings += all_findings(stack, around.facts, lookups)


def _open(launch: Launch) -> Finding:
    return Finding(
        code=Code.NO_SERVER, severity=Severity.PROBE, stage=10, subject=launch.engine,
        summary=f"The server of line {launch.line} is not checked: the script starts too many.",
        evidence=f"At most {MOST + 1} different servers are checked.", fix="Audit it in a script of its own.",
        source="the script itself",
        line=launch.line,
    )  # fmt: skip


def none(followed: Procedure) -> Iterator[Finding]:
    """What is said where no server start was checked."""
    if followed.launches:
        return
    missed = ", ".join(f"line {piece.line}" for piece in followed.not_followed[:4])
    yield Finding(
        code=Code.NO_SERVER, severity=Severity.PROBE, stage=10, subject=followed.name,
        summary="No command of this script starts a server that can be checked, so whether one works is not known.",
        evidence=f"No start of {definitions.titles('or')} was found{f'; not followed: {missed}' if missed else ''}.",
        fix="Audit the file that starts the server, or add its command to this one.", source="the script itself",
    )  # fmt: skip
