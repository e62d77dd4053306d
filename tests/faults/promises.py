"""What must hold after any fault: at once, and once the same command was given again in a world in order."""

from __future__ import annotations

import base64
import csv
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from installer.core.defects import defect_of
from installer.core.errors import DeployError
from installer.execution.lock import holder
from tests.faults.testbed import PATIENCE_S, Ground, Said

_ANY = (0, 1, 2, 3, 5, 130)
"""How a disturbed command may end: done, failed and taken back, refused, foreseen, held, interrupted."""
_SOON_S = 8.0
_DEFECT = defect_of(ValueError()).what.partition(":")[0]
"""How the tool says that it failed itself: such a traceback is in a file."""


def during(ground: Ground) -> Iterator[str]:
    """What was broken while the fault was there."""
    for said in ground.said:
        yield from _said(said)
        killed = said.code is not None and said.code < 0
        if said.code is not None and said.code not in _ANY and not killed:
            yield f"{said}: no such exit status is promised"


def after(ground: Ground) -> Iterator[str]:
    """What is broken once the world is in order again, before and after the same command is given again."""
    yield from _still_held(ground)  # a run outlives the command that was killed
    yield from _in_use(ground, "after the fault")
    status = ground.tool("status", "--json")
    yield from _said(status)
    if status.code != 0:
        yield f"{status}: {status.output[-300:]}"
    again = ground.ask(ground.deploying())
    yield from _said(again)
    if again.code != 0:
        yield f"the next run ended with {again.code}: {again.output[-600:]}"
    elif ground.generations.current() is None:
        yield "the next run ended well, and nothing is in use"
    yield from _in_use(ground, "after the next run")
    yield from _left(ground)


def _still_held(ground: Ground) -> Iterator[str]:
    deadline = time.monotonic() + PATIENCE_S
    while (who := holder(ground.home)) and time.monotonic() < deadline:
        time.sleep(0.02)
    if who:
        yield f"process {who.pid} still holds the home"


def _said(said: Said) -> Iterator[str]:
    if said.code is None:
        yield f"{said}: it hung; last lines: {said.output[-300:]}"
    if "Traceback" in said.output or "Exception ignored" in said.output:
        yield f"{said}: a traceback: {said.output[-1200:]}"
    if _DEFECT in said.output:
        yield f"{said}: a defect: {said.output[-1200:]}"


def _in_use(ground: Ground, when: str) -> Iterator[str]:
    """What `current` leads to is sealed and whole."""
    try:
        current = ground.generations.current()
        if current is None:
            return
        seal = ground.generations.seals().get(current)
        if seal is None:
            yield f"{when}: generation {current} is in use and has no seal"
        if seal is None or seal.stage != "environment":
            yield from (f"{when}: {said}" for said in torn(ground.generations.path(current)))
    except DeployError as error:
        yield f"{when}: {error.what}"


def torn(environment: Path) -> Iterator[str]:
    """Files of an environment that are not as its packages list them: gone, of another size or another content."""
    import hashlib

    records = list(environment.glob("lib/python3*/site-packages/*.dist-info/RECORD"))
    if not records:
        yield f"{environment} holds no packages"
    for record in records:
        for name, digest, _ in csv.reader(record.read_text(errors="replace").splitlines()):
            file = record.parents[1] / name
            if not digest or name.endswith(".pyc"):
                continue
            content = file.read_bytes() if file.is_file() else b""
            found = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            if digest != f"sha256={found}":
                yield f"{file} has {len(content)} bytes, and not those that were installed"
                return


def _left(ground: Ground) -> Iterator[str]:
    if drafts := ground.generations.drafts():
        yield f"drafts are left: {drafts}"
    for path, content in ground.theirs.items():
        if not path.is_file() or path.read_bytes() != content:
            yield f"{path} is not ours, and was changed or removed"
    yield from _tracebacks(ground)
    for journal in ground.home.runs.glob("*/journal.jsonl"):
        for line in journal.read_bytes().split(b"\n") if journal.is_file() else ():
            if line.startswith(b'{"event":"run-finished"'):
                yield from (f"{journal}: {broken}" for broken in _ended_badly(line))
    deadline = time.monotonic() + _SOON_S
    while (running := ground.processes()) and time.monotonic() < deadline:
        time.sleep(0.05)
    if running:
        yield f"processes are left: {running}"


def _tracebacks(ground: Ground) -> Iterator[str]:
    """In what processes without a terminal said; `defect.log` holds those of failures that were put into words."""
    for log in (*ground.home.runs.glob("*/engine.log"), ground.home.server / "supervisor.log"):
        text = log.read_text(errors="replace") if log.is_file() else ""
        if re.search(r"^Traceback", text, re.MULTILINE):
            yield f"{log}: {text[-1500:]}"


def _ended_badly(line: bytes) -> Iterator[str]:
    try:
        ended = json.loads(line)
    except ValueError:
        yield f"the end of a run cannot be read: {line[:100]!r}"
        return
    if ended.get("defect"):
        yield f"a run ended by a defect: {ended.get('what')} {ended.get('why')}"


def plant(ground: Ground) -> None:
    """Files of somebody else's in the home, some under names that could be ours."""
    for name in ("notes.txt", "generations/99999/theirs", "generations/mine/theirs", "models/mine/weights", "runs/x/y"):
        file = ground.home.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        ground.theirs[file] = os.urandom(16)
        file.write_bytes(ground.theirs[file])
