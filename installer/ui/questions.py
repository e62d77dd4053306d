"""What is asked before something that cannot be taken back with a key. Text only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    words: str
    explanation: str
    yes: str
    no: str
    """The safe answer."""


CANCEL_RUN = Question(
    "Cancel this run?",
    "The running stage is rolled back. A complete earlier deployment stays in use; otherwise finished stages are kept.",
    yes="cancel the run",
    no="let it run",
)
RESTART_SERVER = Question(
    "Restart the model server?",
    "Requests that are being answered are cut off. It starts from the generation in use, and proves that it answers.",
    yes="restart it",
    no="let it serve",
)
ROLL_BACK = Question(
    "Use that generation?",
    "One link is switched, without the network. A running server keeps its own until it is restarted.",
    yes="use it",
    no="keep this one",
)
DELETE = Question(
    "Delete it?",
    "Its files are removed from the disk, and cannot be brought back.",
    yes="delete it",
    no="keep it",
)
STOP_SERVER = Question(
    "Stop the model server?",
    "Requests that are being answered are cut off. Deploying again starts it.",
    yes="stop it",
    no="let it serve",
)


def write_ticket(path: str, holds: Sequence[str]) -> Question:
    """Nothing leaves the machine unseen: what is in the file stands in the question."""
    listed = "\n".join(holds)
    words = f"It goes to {path}, and nowhere else. Secrets and names of this machine are taken out.\n\n{listed}"
    return Question("Write a ticket for support?", words, yes="write it", no="leave it")
