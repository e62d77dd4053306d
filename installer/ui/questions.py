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
    no=_("let it serve"),
)
ROLL_BACK = Question(
    _("Use that generation?"),
    _("One link is switched, without the network. A running server keeps its own until it is restarted."),
    yes=_("use it"),
    no=_("keep this one"),
)
DELETE = Question(
    _("Delete it?"),
    _("Its files are removed from the disk, and cannot be brought back."),
    yes=_("delete it"),
    no=_("keep it"),
)
STOP_SERVER = Question(
    _("Stop the model server?"),
    _("Requests that are being answered are cut off. Deploying again starts it."),
    yes=_("stop it"),
    no=_("let it serve"),
)


def write_ticket(path: str, holds: Sequence[str]) -> Question:
    """Nothing leaves the machine unseen: what is in the file stands in the question."""
    listed = "\n".join(holds)
    words = _(
        "It goes to {path}, and nowhere else. Secrets and names of this machine are taken out.\n\n{listed}"
    ).format(path=path, listed=listed)
    return Question(_("Write a ticket for support?"), words, yes=_("write it"), no=_("leave it"))
