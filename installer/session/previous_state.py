"""The state of a home before a trial on it, and restoring that: the generation in use and what the home
is to contain. Kept in a file during the trial, so that a run that was killed can go back, too.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass

from installer.core.errors import DamagedError
from installer.core.runs.home import Home
from installer.disk.reading import read_json, read_own
from installer.disk.writing import write_atomically
from installer.execution import lock
from installer.execution.generations import Generations


@dataclass(frozen=True, slots=True)
class PreviousState:
    generation: int | None
    deployment: str
    """The text of the home's own file."""
    noted: str = ""
    """The text of what was deployed with that generation; empty if nothing was noted."""

    def keep(self, home: Home) -> None:
        write_atomically(home.previous_state, json.dumps(asdict(self)))

    def put_back(self, home: Home) -> None:
        """The generation in use again, and what the home is to contain. Raises `LockedError` in a run."""
        with lock.held(home, "put back"):
            generations = Generations(home)
            if generations.current() != self.generation:
                generations.switch(self.generation)
            if self.noted and self.generation is not None:
                write_atomically(generations.deployment(self.generation), self.noted)
            write_atomically(home.deployment, self.deployment)
        forget(home)


def of(home: Home) -> PreviousState:
    """The current state."""
    generations = Generations(home)
    current = generations.current()
    noted = None
    with suppress(DamagedError):
        noted = read_own(generations.deployment(current)) if current is not None else None
    text = (read_own(home.deployment) or b"{}").decode("utf-8", "replace")
    return PreviousState(current, text, (noted or b"").decode("utf-8", "replace"))


def left(home: Home) -> PreviousState | None:
    """What someone who was cut short has left to put back; `None` if there is nothing."""
    try:
        body = read_json(home.previous_state) or read_json(home.older_previous_state)
        return PreviousState(body["generation"], str(body["deployment"]), str(body.get("noted", ""))) if body else None
    except (DamagedError, KeyError, TypeError):
        return None


def forget(home: Home) -> None:
    home.previous_state.unlink(missing_ok=True)
    home.older_previous_state.unlink(missing_ok=True)
