"""What the script needs of the machine around it: the network, a free port. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Fetch, Install, Launch, Step, SystemInstall
from installer.core.text.numbers import is_whole
from installer.knowledge.engines import definitions, launch_reader
from installer.shell.commands.installing import name_of
from installer.shell.findings.script_facts import FollowedScript
from installer.shell.state import UNKNOWN

_FREED = frozenset(("kill", "pkill", "killall", "fuser"))


def findings(followed: FollowedScript) -> Iterator[Finding]:
    yield from _network(followed)
    yield from _port(followed)
    yield from _same_port(followed)
    yield from _published(followed)


def _network(followed: FollowedScript) -> Iterator[Finding]:
    if followed.facts.online is not False:
        return
    for step in followed.record.steps:
        what = _fetched(step)
        if what:
            severity = Severity.WARNING if step.tolerated or step.condition else Severity.BLOCKER
            yield Finding(
                code=Code.NETWORK,
                severity=severity,
                stage=step.stage,
                subject=what,
                summary=f"{what} must be fetched, and this machine has no network.",
                evidence=f"Line {step.line} fetches it; the machine's facts say online: false.",
                fix="Copy the files to it (folders of wheels and of the model), or use a machine with a network.",
                source="the machine's facts",
                line=step.line,
            )
            return


def _fetched(step: Step) -> str:
    match step:
        case Install() if not step.sourcing.no_index:
            return next((name_of(text) or text for text in step.requires if not text.startswith((".", "/"))), "")
        case SystemInstall():
            return step.packages[0]
        case Fetch() if not step.model.startswith(("/", ".", "~")):
            return step.model
        case Launch() if by_name(step.model) and step.environment.get("HF_HUB_OFFLINE") != "1":
            return step.model
    return ""


def by_name(model: str) -> bool:
    """Whether a model is named as the hub names it, and not a folder."""
    return bool(re.fullmatch(r"[\w.-]+/[\w.-]+", model))


def _port(followed: FollowedScript) -> Iterator[Finding]:
    taken = followed.facts.ports_in_use
    launch = followed.procedure.launch
    if not taken or launch is None or launch.image or any(ran.name in _FREED for ran in followed.ran):
        return
    given, port = _port_of(launch), _number(launch)
    if port in taken:
        port_text = f"--port {port}" if given else f"no --port, so that {launch.engine} takes {port}"
        yield Finding(
            code=Code.PORT,
            severity=Severity.WARNING if launch.condition else Severity.BLOCKER,
            stage=10,
            subject=str(port),
            summary=f"Port {port} is already in use, so the server cannot listen on it.",
            evidence=f"Line {launch.line} says {port_text}; something on this machine listens on {port}.",
            fix=f"Choose another port (--port {_free(port, taken)}), or stop the program that listens there.",
            source="the machine's facts",
            line=launch.line,
        )


def _same_port(followed: FollowedScript) -> Iterator[Finding]:
    """Servers on this machine, at the same time, that listen on the same port."""
    taken: dict[tuple[int, int], Launch] = {}
    for launch in followed.procedure.launches:
        port = _number(launch)
        if launch.alongside is None or launch.image or not port:
            continue
        first = taken.setdefault((launch.alongside, port), launch)
        if first is not launch and first.arguments != launch.arguments:
            yield Finding(
                code=Code.PORT, severity=Severity.WARNING, stage=10, subject=str(port),
                summary=f"Two servers listen on port {port}: the second one ends, or requests reach either of them.",
                evidence=f"The servers of line {first.line} and line {launch.line} both take port {port}.",
                fix=f"Give the second one a port of its own, such as --port {port + 1}.",
                source="the script itself", line=launch.line,
            )  # fmt: skip


def _number(launch: Launch) -> int:
    """Its port, the engine's own where it gives none; 0 if that is not known."""
    given, engine = _port_of(launch), definitions.engine(launch.engine)
    return int(given) if is_whole(given) else 0 if given or engine is None else engine.port


def _published(followed: FollowedScript) -> Iterator[Finding]:
    """`docker run -p 8000:8000`: the machine's side of it."""
    for ran in followed.ran:
        if ran.name not in ("docker", "podman") or ran.words[1:2] != ("run",):
            continue
        for option, value in pairwise(ran.words):
            parts = value.partition("/")[0].split(":") if option in ("-p", "--publish") else []
            port = int(parts[-2]) if len(parts) > 1 and is_whole(parts[-2]) else 0
            if port in (followed.facts.ports_in_use or ()):
                yield Finding(
                    code=Code.PORT,
                    severity=Severity.WARNING if ran.condition else Severity.BLOCKER,
                    stage=10,
                    subject=str(port),
                    summary=f"Port {port} is already in use, so the container cannot be started.",
                    evidence=f"Line {ran.line} says {option} {value}; something on this machine listens on {port}.",
                    fix=f"Choose another port of the machine ({option} "
                    f"{_free(port, followed.facts.ports_in_use or ())}:…).",
                    source="the machine's facts",
                    line=ran.line,
                )


def _port_of(launch: Launch) -> str:
    """As the launch gives it, empty if it does not; UNKNOWN if a word that is not known may hold it."""
    arguments = launch_reader.read(launch)
    use = arguments.last("--port")
    if use is None:
        return UNKNOWN if UNKNOWN in arguments.words else ""
    return use.values[0] if use.values else ""


def _free(port: int, taken: tuple[int, ...]) -> int:
    return next(number for number in range(port + 1, port + 1000) if number not in taken)
