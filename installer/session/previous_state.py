"""What stood in a home before something was tried on it, and putting that back: the generation in use and what the home
is to hold. Kept in a file while the trying goes on, so that one who was killed in the midst can go back, too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

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

    def keep(self, home: Home) -> None:
        body = {"generation": self.generation, "deployment": self.deployment}
        write_atomically(home.previous_state, json.dumps(body))

    def put_back(self, home: Home) -> None:
        """The generation in use again, and what the home is to hold. Raises `LockedError` in a run."""
        with lock.held(home, "put back"):
            generations = Generations(home)
            if generations.current() != self.generation:
                generations.switch(self.generation)
            write_atomically(home.deployment, self.deployment)
        forget(home)


def of(home: Home) -> PreviousState:
    """How it stands now."""
    text = (read_own(home.deployment) or b"{}").decode("utf-8", "replace")
    return PreviousState(Generations(home).current(), text)


def left(home: Home) -> PreviousState | None:
    """What someone who was cut short has left to put back; `None` where there is nothing."""
    try:
        body = read_json(home.previous_state) or read_json(home.older_previous_state)
        return PreviousState(body["generation"], str(body["deployment"])) if body else None
    except (DamagedError, KeyError, TypeError):
        return None


def forget(home: Home) -> None:
    home.previous_state.unlink(missing_ok=True)
    home.older_previous_state.unlink(missing_ok=True)
