"""Words that only this project would use, each with what the field says instead (docs/contributing.md, "Words")."""

from __future__ import annotations

import re

PROSE = {
    r"foretold|foreseen|foresees?": "predicted",
    r"somebody|whoever": "everyone who, a program",
    r"insists?": "requires",
    r"shared out": "split",
    r"put in use": "is used",
    r"beside": "next to, together with",
    r"befell": "happened to",
    r"reckon\w*|worked out": "calculate, determine",
    r"(?:take|takes|taken|taking|took) back": "roll back",
    r"in vain": "without success",
    r"anew": "again",
    r"mend(?:s|ed|ing)?": "repair, correct",
    r"judg(?:e|es|ed|ing)": "check, assess",
    r"(?:bring|brings|brought|come|comes|came) along": "include",
    r"cannot be had|can be had": "is not available",
    r"puzzle|taken up": "unclear",
    r"breaks off": "exits, fails",
}
STRANGE = re.compile(rf"\b(?:{'|'.join(PROSE)})\b", re.IGNORECASE)
IN_COMMENTS = {
    r"nobody|anybody": "no process, unknown, no I/O",
    r"lies|lie": "is, is in",
    r"stands?(?!-)|stood|standing": "is, precedes, follows, means, replaces",
    r"goes on|asks for": "continues; requires, requests",
}
STRANGE_IN_COMMENTS = re.compile(rf"\b(?:{'|'.join({**PROSE, **IN_COMMENTS})})\b", re.IGNORECASE)

NAMES = {
    "beside": "next_to",
    "look": "read, check, poll, search, show",
    "looked": "read, checked, selected",
    "settle": "what is decided, or until when it waits",
    "settled": "what is decided, or in place",
    "hollow": "empty, without_module",
    "puzzle": "what is unclear",
    "whole": "complete",
    "stands": "state, applies",
    "holds": "contains, applies, covers",
    "lies": "is_in",
    "bring": "fetch, install, start",
    "brings": "installs, has",
    "brought": "installed",
    "speak": "print, set_language",
    "spoken": "language",
    "talk": "request, chat",
    "judge": "assess",
    "judges": "checks",
    "judged": "assessed",
    "night": "the failure's own name",
    "reach": "connect, covers",
    "reaches": "connects, covers",
    "shops": "providers",
    "goes": "continues",
    "foresee": "predict",
}
"""As one word of a name."""
FINE = re.compile(r"is_whole|looks_like\w*|look_?ups?|looked_up|look_up_\w+")
"""A whole number; what looks like a secret or a script, for nobody can be sure; to look something up."""


def strange_in_name(name: str) -> list[str]:
    """The words of a name that say nothing to a stranger."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return [] if FINE.search(words) else [word for word in words.split("_") if word in NAMES]
