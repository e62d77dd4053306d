"""Names of variables that are typing errors for sure: never set, while one that looks the same is set and never used.

What may come from outside is left alone: a file that is sourced and not known, an exported name, arguments. Pure.
"""

from __future__ import annotations

import difflib
import re

_USED = re.compile(r"(?<!\\)\$(?:\{[#!]?([A-Za-z_]\w*)|([A-Za-z_]\w*))")
_PLAIN = re.compile(r"(?<!\\)\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_MADE = re.compile(
    r"^[ \t]*(?:local |readonly )?([A-Za-z_]\w*)=(?:\"[^\"\n]*\"|''|\$\(.*\)|[^\s\"']*)[ \t]*(?:;.*)?$", re.MULTILINE
)
"""An assignment on its own; one in front of a command is for that command."""
_NAMED = re.compile(r"(?<![$\w{])[A-Za-z_]\w*")
_OPEN = re.compile(
    r"^[ \t]*(?:\.|source|eval|set -a|export -p|mapfile|readarray)[ \t](?!\S*activate\b)|\bexport\s+\$|\bdeclare -n\b",
    re.MULTILINE,
)
"""What may set any name."""
_ASKED = re.compile(r"\$\{([A-Za-z_]\w*):?[-=+?]")
"""A name for which the script is prepared to find it unset."""
_NOUNSET = re.compile(r"^[ \t]*set\s[^#\n]*(?:-[a-zA-Z]*u|nounset)|^#!.*\s-[a-z]*u", re.MULTILINE)
_CLOSE = 0.8


def empty(text: str, found: dict[str, str]) -> dict[str, str]:
    """The variables of `found` as the script sees them: empty, but where `set -u` ends it there."""
    return {} if _NOUNSET.search(text) else dict.fromkeys(found, "")


def may_set_any(text: str) -> bool:
    """Whether something in the script may set any variable, such as a file that it reads."""
    return bool(_OPEN.search(text))


def names(text: str) -> dict[str, str]:
    """Each misspelled name, with the one that was meant."""
    if may_set_any(text):
        return {}
    bare = re.sub(r"(?m)(?:^|(?<=\s))#.*$", "", re.sub(r"'[^'\n]*'", "''", text))
    used = {first or second for first, second in _USED.findall(bare)}
    plain = {first or second for first, second in _PLAIN.findall(bare)}
    named = {*_NAMED.findall(bare), *_ASKED.findall(bare)}
    exported = set(re.findall(r"\bexport\s+(\w+)", bare))
    idle = sorted(set(_MADE.findall(bare)) - used - exported)
    found = dict[str, str]()
    for name in sorted(plain - named):
        meant = [one for one in idle if sorted(one) == sorted(name)]
        meant += difflib.get_close_matches(name, idle, n=1, cutoff=_CLOSE)
        if meant and len(name) > 3:
            found[name] = meant[0]
    return found
