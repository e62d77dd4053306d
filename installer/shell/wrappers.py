"""Programs that run another command of this machine (`sudo`, `timeout`, `srun`, `nsys profile` …): what is left when
they are off. Which they are and which options they have is data (`installer/knowledge/launchers.yaml`). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from installer.knowledge.launchers import Launcher, launcher

_ASSIGNMENT = re.compile(r"^([A-Za-z_][A-Za-z0-9_]*)=(.*)$", re.DOTALL)


def unwrapped(words: Sequence[str]) -> tuple[list[str], dict[str, str], list[str]]:
    """The program itself with its words, what is set for it, and the wrappers that were taken off."""
    rest, environment, off = list(words), dict[str, str](), list[str]()
    while rest and (known := launcher(rest)) is not None and known.behind == "command" and not known.away:
        if known.program == "command" and rest[1:2] and rest[1] in ("-v", "-V"):
            break
        if image_of(rest[1:], known):
            break
        left, texts = taken_off(rest[1:], known)
        if texts or not left:
            # What it runs is a text, or nothing that can be seen here; that is for who understands it.
            return (rest, environment, off) if texts or len(rest) > 1 else ([], environment, [*off, known.program])
        off.append(known.program)
        rest = left
        while rest and known.sets and (match := _ASSIGNMENT.match(rest[0])):
            environment[match[1]] = match[2]
            rest = rest[1:]
    return rest, environment, off


def image_of(words: Sequence[str], known: Launcher) -> str:
    """The image that an option of a launcher names; empty if it names none."""
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in known.images:
            return value if equals else "".join(words[position + 1 : position + 2])
        if not word.startswith("-") and position and words[position - 1] not in known.valued:
            break
    return ""


def taken_off(words: Sequence[str], known: Launcher) -> tuple[list[str], list[str]]:
    """What follows a launcher's own options and words, and the texts that its options pass to a shell."""
    rest, texts, leading = list(words), list[str](), known.leading + bool(known.verbs)
    if known.dashes and "--" in rest:
        return rest[rest.index("--") + 1 :], texts
    while rest:
        name, equals, value = rest[0].partition("=")
        if name in known.texts:
            texts.append(value if equals else " ".join(rest[1:2]))
            rest = rest[1 if equals else 2 :]
        elif rest[0] in known.pairs:
            rest = rest[3:]
        elif rest[0] in known.valued:
            rest = rest[2:]
        elif rest[0] == "--":
            rest = rest[1:]
            break
        elif rest[0].startswith("-") and rest[0] != "-":
            rest = rest[1:]
        elif leading:
            rest, leading = rest[1:], leading - 1
        else:
            break
    return rest, texts
