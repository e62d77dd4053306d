"""What a message offers in place of a value that it refuses: the nearest of those that it lists, or all of a few. Pure.

Never offers what the message does not list itself.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from installer.diagnostics.logs.patterns import Match, compiled

_LIST = compiled(
    r"(?i)\bcho(?:o?se|ices are) from:? ?[\[({]?(?P<chosen>[^\])}\n]{3,900})"
    r"|\b(?:one of|available|valid|supported|allowed|accepted|known|registered|possible)(?: \w+){0,3}?"
    r"(?: are| is)?[:=]? ?[\[({](?P<list>[^\])}\n]{3,900})[\])}]"
)
_GIVEN = compiled(
    r"(?i)\b(?:invalid|unknown|unsupported|unrecogni[sz]ed|unexpected|no such|not (?:find|support))"
    r"[^:'\"`\n]{0,60}(?:[:=] ?['\"`]?|['\"`])(?P<value>[\w.+/-]+)|['\"`](?P<quoted>[\w.+/-]+)['\"`] is (?:not|invalid)"
)
_ITEM = re.compile(r"[\w.+/-]+")
_ALIKE = 0.6
_FEW = 8


def offered(message: str) -> tuple[str, str] | None:
    """The value that is nearest to the refused one, or else the few that are accepted; `None` if none are listed."""
    listed = _LIST.search(message)
    given = _GIVEN.search(message)
    if listed is None or given is None:
        return None
    values = list(dict.fromkeys(_ITEM.findall(_either(listed))))
    refused = _either(given)
    if refused in values or len(values) < 2:
        return None
    near = get_close_matches(refused.lower(), [value.lower() for value in values], 1, _ALIKE)
    if near:
        return next(value for value in values if value.lower() == near[0]), ""
    return "", ", ".join(values[:_FEW]) + (", …" if len(values) > _FEW else "")


def _either(match: Match) -> str:
    """The only group that a pattern of several forms filled."""
    return next(filter(None, match.groupdict().values()), "")
