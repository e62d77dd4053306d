"""What a word of a message means by what is known of each release of the engines: an option, a class of models, a pin.

Pure. Never says that a release has something which its own files do not show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from installer.knowledge import tables
from installer.knowledge.engines import definitions, shipped
from installer.knowledge.engines.replacements import table as flag_table

_FLAG = re.compile(r"--[A-Za-z][\w-]*")
_SETTING = re.compile(r"(?<![\w./-])(?:--)?[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)+(?![\w(/])")
"""A name of several words; those of one word are too common to be taken for an option."""
_CLASS = re.compile(r"\b[A-Z]\w+")
_ALIKE = 0.82


def option(text: str, engine: str, version: str) -> Mapping[str, str] | None:
    """The first option that `text` names: whose it is, since and until when, and what to write instead."""
    flags = _FLAG.findall(text)
    if not flags or not engine:
        return None
    flag = flags[0]
    sentences = list(_about(flag, engine))
    if not sentences:
        return None
    instead = _instead(flag, engine)
    return {
        "flag": flag,
        "said": " ".join(sentences),
        "instead": instead or "Leave it out, or see --help of this release.",
    }


def _about(flag: str, engine: str) -> Iterator[str]:
    title = definitions.title_of(engine)
    if releases := shipped.flag_history(engine).get(flag):
        yield f"{title} has {flag} in the releases {_shown(releases)}."
    elif flag.replace("_", "-") in shipped.flag_history(engine):
        yield f"{title} writes it with dashes."
    elif others := shipped.others_with(flag, engine):
        yield f"{flag} is an option of {' and '.join(map(definitions.title_of, others))}, and {title} never had it."
    elif plugin := _plugin(flag):
        yield f"It is an option of {plugin}, which is not loaded: not installed, or for another {title}."
    elif stranger := _stranger(flag):
        yield f"It is an option of {stranger['package']}, which is another server; {title} never had it."
    elif close := get_close_matches(flag, list(shipped.flag_history(engine)), 1, _ALIKE):
        yield f"No release of {title} has it; {close[0]} is close."
    else:
        yield f"No release of {title} that is known has it; a fork or a plugin may."


def _plugin(flag: str) -> str:
    return next((row["package"] for row in tables.table("meanings")["plugins"] if row["match"] == flag), "")


def _stranger(flag: str) -> Mapping[str, str]:
    """Whose option it is, of the servers for models that are none of ours, and what each of ours calls the same."""
    return next((row for row in tables.table("meanings")["strangers"] if re.search(row["match"], flag)), {})


def _shown(releases: str) -> str:
    """`0.7.1..0.9.2 0.33.0..` for people."""
    parts = [part.partition("..") for part in releases.split(" ")]
    return ", ".join(
        first if not dots else f"{first} to {last}" if last else f"{first} and later" for first, dots, last in parts
    )


def _instead(flag: str, engine: str) -> str:
    dashed = flag.replace("_", "-")
    if dashed != flag and dashed in shipped.flag_history(engine):
        return f"Write {dashed}."
    rows = [row["use"][0] for row in flag_table()["renames"] if row["engine"] == engine and row["flag"] == flag]
    replacement = rows[0] if rows else shipped.renames(engine).get(flag, "")
    if replacement:
        return f"Write {replacement} instead."
    if rows:
        return "Leave it out; nothing is needed in its place."
    if own := _stranger(flag).get(f"fix_{engine}"):
        return f"Write {own} instead."
    close = get_close_matches(flag, list(shipped.flag_history(engine)), 1, _ALIKE)
    return f"Write {close[0]}, if that is what was meant." if close and flag not in shipped.flag_history(engine) else ""


def setting(text: str, engine: str, version: str) -> Mapping[str, str] | None:
    """The first word of `text` that is a setting of the engine: an option, with or without dashes, or a variable."""
    flags, variables = shipped.flag_history(engine), shipped.variable_history(engine)
    for word in _SETTING.findall(text) if engine else ():
        flag = f"--{word.lstrip('-').replace('_', '-')}"
        if flag in flags:
            return {"setting": flag}
        if word in variables and word.startswith(engine.upper()):
            return {"setting": word}
    return None


def architecture(text: str, engine: str, version: str) -> Mapping[str, str] | None:
    """From which release on an engine has a class of models that `text` names."""
    names = _CLASS.findall(text)
    if not names or not engine:
        return None
    title, every = definitions.title_of(engine), [one for one, _ in shipped.knowledge_releases(engine)]
    have = shipped.releases_with(engine, names[0])
    first = next((one for one in every if one in have), "")
    if not first:
        return {"known": f"No release of {title} up to {every[-1]} lists {names[0]}."} if every else None
    last = next(one for one in reversed(every) if one in have)
    until = "on" if last == every[-1] else f"to {last}"
    return {"known": f"{title} lists {names[0]} from {first} {until}."}


def pin(text: str, engine: str, version: str) -> Mapping[str, str] | None:
    """What the engine's release, which the log names, asks of a package."""
    package = text.partition(".")[0].replace("_", "-")
    asked = shipped.requirements_on(engine, package) if engine and version else {}
    found = asked.get(version)
    return {"asked": f"{definitions.title_of(engine)} {version} requires {found}."} if found else None
