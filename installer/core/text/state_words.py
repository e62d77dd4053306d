"""The words for states, as a person reads them: those of `core/outcomes.py` and of a server. Never for a program."""

from __future__ import annotations

from installer.core.text.languages import _


def flag_word(value: object) -> str:
    """What a server's flag is set to; `None` is no setting of ours."""
    if isinstance(value, bool):
        return _("on") if value else _("off")
    return _("left to the engine") if value is None else str(value)


def state_word(state: str) -> str:
    """In the language that is spoken; a state that is not known here is shown by its own name."""
    words = {
        "pending": _("pending"), "satisfied": _("satisfied"), "skipped": _("skipped"), "blocked": _("blocked"),
        "unknown": _("unknown"), "waiting": _("waiting"), "running": _("running"), "rolling back": _("rolling back"),
        "done": _("done"), "failed": _("failed"), "cancelled": _("cancelled"), "killed": _("killed"),
        "none": _("none"), "stopped": _("stopped"), "starting": _("starting"), "stopping": _("stopping"),
        "ready": _("ready"), "ok": _("ok"), "warning": _("warning"), "blocker": _("blocker"),
        "works": _("works"), "fails": _("fails"),
    }  # fmt: skip
    return words.get(str(state), str(state))
