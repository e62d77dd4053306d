"""The value that a server's command line gives to an option, for whoever does not need the release's own parser.

The last of several counts, as argparse has it. Never guesses: prefixes of names are left to `engines/parser`.
"""

from __future__ import annotations

from collections.abc import Sequence


def last_value(arguments: Sequence[str], *names: str) -> str | None:
    """What the last of `names` is given, with `=` or as the next word; `None` where none of them stands there."""
    found: str | None = None
    for position, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if (name if name in names else name.replace("_", "-")) in names:
            found = value if equals else next(iter(arguments[position + 1 : position + 2]), "")
    return found
