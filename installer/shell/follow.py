"""From the text of a script to its `Procedure` and to what is wrong with the script itself. Runs nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from installer.core.machine.facts import MachineFacts
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Install, Launch, NotFollowed, Procedure, Runs, Step, Uninstall
from installer.shell import misspelled, placeholders
from installer.shell.budget import Budget, SpentError
from installer.shell.commands import launch
from installer.shell.documents import document_of
from installer.shell.evaluator import Evaluator
from installer.shell.findings import findings
from installer.shell.findings.script_facts import FollowedScript
from installer.shell.grammar import parse
from installer.shell.sibling_files import SiblingFiles
from installer.shell.state import STARTED, SYSTEM, State
from installer.shell.syntax import Script
from installer.shell.trace import Context, Record


def procedure(
    text: str, name: str, facts: MachineFacts, folder: Path | None = None
) -> tuple[Procedure, list[Finding]]:  # fmt: skip
    """What a script does, step by step, and what is wrong with it.

    A file of another kind (a Dockerfile, a compose file …) is read as the shell that does the same; one that is neither
    raises `UsageError`. `folder` is where it is: files next to it that it names are read, nothing outside of it.
    """
    siblings = SiblingFiles(folder)
    document = document_of(text, name, siblings)
    given, text = text, document.shell if document else text
    # A file of another language is followed as a whole; only its own text tells where something is in it.
    record = Record(facts, given if document and document.runs_file else text, name)
    started = name if "/" in name else f"{STARTED}/{name}"
    state = State(variables={"0": started, "BASH_SOURCE": (started,)})
    state.image = document.image if document else ""
    complete, left_open = placeholders.without(_ended(text.replace("\r\n", "\n")))
    record.misspelled = {} if document else misspelled.names(complete)
    state.variables |= misspelled.empty(complete, record.misspelled)
    script = parse(complete, Budget())
    record.left_open += left_open
    try:
        Evaluator(record, siblings).block(script.body, state, Context())
    except RecursionError:
        record.unclear(1, name, "it is nested too deeply")
    except SpentError as spent:
        record.unclear(state.budget.line, state.budget.text, f"{spent}; nothing after this was followed")
    for line, command, why in state.budget.skipped:
        record.unclear(line, command, why)
    _without_builds(record, document.built if document else ())
    main = _main(record, state)
    found = _procedure(name, script, record, state, main)
    try:
        return found, findings(
            FollowedScript(text, script, record, state, found, main), is_document=document is not None
        )
    except SpentError as spent:
        unclear = NotFollowed(1, name, f"the check of the script itself is incomplete: {spent}")
        return replace(found, not_followed=(*found.not_followed, unclear)), record.findings


def _without_builds(record: Record, built: Sequence[range]) -> None:
    """Take away the servers that are started while an image is built: none of them runs in a container."""
    pairs = list(zip(record.steps, record.environments, strict=True))
    gone = {id(step) for step in record.steps if isinstance(step, Launch) and any(step.line in one for one in built)}
    if not gone:
        return
    record.steps[:] = [step for step, _ in pairs if id(step) not in gone]
    record.environments[:] = [place for step, place in pairs if id(step) not in gone]
    for ran in record.ran:
        if any(ran.line in one for one in built) and ran.words and launch.starts(ran.words):
            why = "it starts a server while the image is built, where there is no GPU, and no container runs it"
            (record.candidate if ran.context.background else record.unclear)(ran.line, ran.text, why)


def _ended(text: str) -> str:
    """The text without a backslash at its very end, which joins nothing: bash takes it off, the grammar does not."""
    bare = text.rstrip("\n")
    return f"{bare[:-1]}\n" if bare.endswith("\\") and not bare.endswith("\\\\") else text


def _procedure(name: str, script: Script, record: Record, state: State, main: str) -> Procedure:
    venv = state.venvs.get(main)
    steps = tuple(_placed(step, place, main) for step, place in zip(record.steps, record.environments, strict=True))
    alone = [] if any(isinstance(step, Launch) for step in steps) else record.candidates
    broken = [NotFollowed(b.line, b.text[:100], b.why) for b in script.broken]
    unclear = sorted({*record.not_followed, *alone, *broken}, key=lambda found: found.line)
    pythons = {place: one.python for place, one in state.venvs.items() if one.python}
    return Procedure(
        name, venv.python if venv else None, steps, tuple(unclear), unread_installs=record.unread_installs,
        environment=main, pythons=MappingProxyType(pythons),
    )  # fmt: skip


def _main(record: Record, state: State) -> str:
    """The environment that matters: the one that the server runs in, else the one that was made or used last."""
    pairs = list(zip(record.steps, record.environments, strict=True))
    launched = [place for step, place in pairs if isinstance(step, Launch)]
    installed = [place for step, place in pairs if isinstance(step, Install)]
    return _last(launched) or _last(installed) or state.active or SYSTEM


def _last(environments: Sequence[str]) -> str:
    return environments[-1] if environments else ""


def _placed(step: Step, place: str, main: str) -> Step:
    if isinstance(step, (Install, Uninstall, Launch, Runs)):
        return replace(step, interpreter="" if place == main and place != SYSTEM else place)
    return step
