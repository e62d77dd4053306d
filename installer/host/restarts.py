"""How often a server fell, what is kept of each time, and whether it may be started again: a bounded, growing pause
and a limit within the hour.

Used by the supervisor, so it must import nothing heavy. It never starts or ends the server itself.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import installer
from installer.core.contracts.watching import Watching
from installer.core.text.quantities import duration
from installer.host import incidents, server_folder
from installer.host.deaths import Death, preceding, sentence

_HOUR_S = 3600.0
EVIDENCE = "installer.host.evidence"
"""The program that gathers it."""
_EVIDENCE_S = 20.0
"""A driver that hangs must not keep a server down."""
START_REPORT = "installer.session.restarted_start"
"""The program that reads what a restart came to."""


@dataclass(frozen=True, slots=True)
class ServerFailure:
    kind: str
    """One of `installer.core.contracts.incident.KINDS`."""
    words: str
    """What was seen; empty: what the dead processes tell."""

    def by_its_cause(self, deaths: list[Death], lost: list[Death], well_at: float) -> ServerFailure:
        """What was seen is often only what followed: where a part of the server died before, it `died`."""
        first = preceding(deaths, lost, well_at) if self.words else None
        if first is None:
            return self
        then = self.words.replace("It ", "After that, the server ", 1) if self.words.startswith("It ") else self.words
        return ServerFailure("died", f"{sentence(first)} {then}")

    def with_preceding(self, deaths: Sequence[Mapping[str, Any]]) -> str:
        """The same, with who died before."""
        before = f" Before that, {sentence(dict(deaths[0]))}" if self.words and deaths and self.kind != "died" else ""
        return f"{self.words}{before}"


class Restarts:
    """Those of one supervisor."""

    def __init__(self, folder: Path, watching: Watching) -> None:
        self._folder, self._watching = folder, watching
        self._times: list[float] = []
        self._incident: Path | None = None
        self._fell_at = 0.0
        self.lost = ""
        """What the driver says of a GPU of the server that it has given up, at the last fall."""

    @property
    def within_the_hour(self) -> int:
        return sum(at > time.monotonic() - _HOUR_S for at in self._times)

    @property
    def pause_s(self) -> float:
        """Before the next start, from how often it fell within the hour."""
        doubled = 2.0 ** min(60, max(0, self.within_the_hour - 1))
        return min(self._watching.longest_pause_s, self._watching.pause_s * doubled)

    @property
    def incident(self) -> str:
        """The id of the last one."""
        return self._incident.name if self._incident else ""

    def keep(
        self, spec: Mapping[str, Any], kind: str, changes: Mapping[str, Any], pids: Sequence[int], *, ending: bool
    ) -> None:
        """Keep what explains it, before anything is ended."""
        self._fell_at, self.lost = time.monotonic(), ""
        named = {name: spec.get(key, "") for name, key in _NAMES.items()}
        server = self._folder.name if self._folder.parent.name == server_folder.SERVERS else ""
        try:
            self._incident = incidents.begin(self._folder, kind, {**named, "server": server, **changes})
        except OSError as error:
            print(f"An incident could not be written: {error}", file=sys.stderr, flush=True)  # noqa: T201
            self._incident = None
            return
        visible = (spec.get("environment") or {}).get(_VISIBLE, os.environ.get(_VISIBLE))
        asked = {"folder": str(self._incident), "kind": kind, "pids": list(pids), "ending": ending, "visible": visible}
        _gather(asked)
        if lost := incidents.lost_gpus(self._incident):
            self.lost = f"NVML says: {', '.join(lost)}."
            incidents.note(self._incident, reason=f"{changes['reason']} {self.lost}")

    def count(self) -> bool:
        """Count one more; whether it may be started again."""
        self._times.append(time.monotonic())
        may = self._watching.restart and not self.lost and self.within_the_hour <= self._watching.per_hour
        self._done(
            f"It was restarted after {duration(self.pause_s)}." if may else f"It was not restarted: {self.why_not}"
        )
        return may

    @property
    def why_not(self) -> str:
        if not self._watching.restart:
            return "the recipe says server.restart: off."
        if self.lost:
            return "a GPU that it uses has to be reset, or the machine restarted."
        return f"it failed {self.within_the_hour} times within an hour (server.restarts_per_hour)."

    def back(self) -> None:
        """It generates again."""
        if self._incident:
            incidents.note(self._incident, back_after_s=round(time.monotonic() - self._fell_at, 1))

    def _done(self, words: str) -> None:
        if self._incident:
            incidents.note(self._incident, done=words)


_VISIBLE = "CUDA_VISIBLE_DEVICES"
_NAMES = {"recipe": "recipe", "engine": "engine", "model": "served_as"}


def _gather(asked: Mapping[str, Any]) -> None:
    """Let the evidence be gathered by a process that may load what is heavy, and end it where it takes too long."""
    if error := _run(EVIDENCE, asked):
        print(f"The evidence of an incident is incomplete: {error}", file=sys.stderr, flush=True)  # noqa: T201


def report_start(folder: Path) -> None:
    """Let it be read what the restart of a server came to, next to what was predicted of its first start."""
    if error := _run(START_REPORT, {"folder": str(folder)}):
        print(f"What the restart came to is not known: {error}", file=sys.stderr, flush=True)  # noqa: T201


def _run(program: str, asked: Mapping[str, Any]) -> Exception | None:
    """A program of ours that may load what is heavy; why it failed, where it did."""
    import subprocess

    command = [sys.executable, "-E", "-s", "-m", program]
    try:
        subprocess.run(
            command, input=json.dumps(asked).encode(), cwd=Path(installer.__file__).parent.parent,
            stdout=subprocess.DEVNULL, timeout=_EVIDENCE_S, check=False, start_new_session=True, preexec_fn=_unblocked,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return error
    return None


def _unblocked() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def run_afterwards(command: Sequence[str], environment: Mapping[str, str] | None) -> str:
    """Run what the user gave for after the end, as if from where the server was started; how it went, in a sentence.

    A provider's own program has its key from a variable there.
    """
    import subprocess

    words = " ".join(command)
    try:
        done = subprocess.run(
            list(command), stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False,
            env=environment, preexec_fn=_unblocked, text=True, errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return f"`{words}` could not be run: {error}."
    output = (done.stdout + done.stderr).strip().splitlines()[-1:]
    return f"`{words}` ended with exit status {done.returncode}{': ' + output[0][:200] if output else ''}."
