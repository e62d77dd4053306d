"""What is asked before something that cannot be rolled back with a key. Text only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from installer.core.text.languages import _


@dataclass(frozen=True, slots=True)
class Question:
    words: str
    explanation: str
    yes: str
    no: str
    """The safe answer."""


CANCEL_RUN = Question(
    _("Cancel this run?"),
    _(
        "The running stage is rolled back. A complete earlier deployment stays in use; otherwise finished stages "
        "are kept."
    ),
    yes=_("cancel the run"),
    no=_("let it run"),
)
RESTART_SERVER = Question(
    _("Restart the model server?"),
    _(
        "Requests that are being answered are cut off. It starts from the generation in use, and proves that it "
        "answers."
    ),
    yes=_("restart it"),
    no=_("keep it running"),
)
STOP_SERVER = Question(
    _("Stop the model server?"),
    _("Requests that are being answered are cut off. Deploying again starts it."),
    yes=_("stop it"),
    no=_("keep it running"),
)


def roll_back(generation: int | None) -> Question:
    """`None`: the one before."""
    words = _("Use the generation before this one?")
    if generation is not None:
        words = _("Use generation {generation}?").format(generation=generation)
    means = _("One link is switched, without the network. A running server keeps its own until it is restarted.")
    return Question(words, means, yes=_("use it"), no=_("keep this one"))


def delete_run(run: str) -> Question:
    return _delete(_("Delete the run {run}?").format(run=run))


def delete_generation(generation: int) -> Question:
    return _delete(_("Delete generation {generation}?").format(generation=generation))


def _delete(words: str) -> Question:
    means = _("Its files are removed from the disk, and cannot be brought back.")
    return Question(words, means, yes=_("delete it"), no=_("keep it"))


def write_ticket(path: str, holds: Sequence[str]) -> Question:
    """Nothing leaves the machine unseen: the question shows what is in the file."""
    listed = "\n".join(holds)
    words = _(
        "It is written to {path}, and not sent. Secrets and names of this machine are removed.\n\n{listed}"
    ).format(path=path, listed=listed)
    return Question(_("Write a ticket for support?"), words, yes=_("write it"), no=_("leave it"))
