"""The shape of `installer/knowledge/engines/*.yaml`: facts of all releases of an engine, as intervals of releases.

Such a file is YAML whose body is JSON, one row a line, because JSON is read a hundred times faster. Turns facts into
that document and its text, and back; no network, and no knowledge of releases.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from installer.core.plans.flag import Flag
from installer.core.plans.stack import EngineFacts, TransformersFacts
from installer.knowledge.engines import intervals

Document = Mapping[str, Any]
_SETS = ("architectures", "variables", "own_model_types", "imports")
_MAPPINGS = ("formerly", "formats", "fields")
"""Words, each with what it means in a release."""


def engine_document(facts: Sequence[EngineFacts], head: Mapping[str, str]) -> Document:
    """All releases of an engine, oldest first."""
    versions = [one.version for one in facts]

    def spread(of: Callable[[EngineFacts], Iterable[str]]) -> dict[str, str]:
        return _spread([set(of(one)) for one in facts], versions)

    choices = _choices(facts)
    rows = _spread([{_row(flag, choices) for flag in one.flags} for one in facts], versions)
    return {
        **head,
        "releases": [[one.version, one.released, one.requires_python, one.underscores] for one in facts],
        "choices": [list(words) for words in choices],
        "flags": [[*json.loads(row), where] for row, where in rows.items()],
        **{name: spread(lambda one, name=name: getattr(one, name)) for name in _SETS},  # type: ignore[misc]
        **{
            name: spread(lambda one, name=name: (f"{a} {b}" for a, b in getattr(one, name).items()))  # type: ignore[misc]
            for name in _MAPPINGS
        },
        "requires": spread(lambda one: one.requires),
    }


def transformers_document(
    facts: Sequence[TransformersFacts], released: Sequence[str], head: Mapping[str, str]
) -> Document:
    versions = [one.version for one in facts]
    return {
        **head,
        "releases": [[version, day] for version, day in zip(versions, released, strict=True)],
        "model_types": _spread([set(one.model_types) for one in facts], versions),
        "tokenizers": _spread([set(one.tokenizers) for one in facts], versions),
    }


def engine_of(document: Document, engine: str, version: str, source: str) -> EngineFacts | None:
    """The facts of one release; `None` if the document does not have it."""
    positions = {row[0]: place for place, row in enumerate(document["releases"])}
    place = positions.get(version)
    if place is None:
        return None
    _, released, requires_python, underscores = document["releases"][place]

    def here(name: str) -> Iterable[str]:
        return (word for word, where in document.get(name, {}).items() if intervals.covers(where, place, positions))

    return EngineFacts(
        engine=engine,
        version=version,
        source=source,
        flags=tuple(
            flag_of(row, document["choices"])
            for row in document["flags"]
            if intervals.covers(row[-1], place, positions)
        ),
        **{name: frozenset(here(name)) for name in _SETS},  # type: ignore[arg-type]
        **{name: dict(word.split(" ", 1) for word in here(name)) for name in _MAPPINGS},  # type: ignore[arg-type]
        requires=tuple(here("requires")),
        requires_python=requires_python,
        released=released,
        underscores=underscores,
    )


def transformers_of(document: Document, version: str, source: str) -> TransformersFacts | None:
    positions = {row[0]: place for place, row in enumerate(document["releases"])}
    place = positions.get(version)
    if place is None:
        return None
    types, tokenizers = (
        frozenset(word for word, where in document[name].items() if intervals.covers(where, place, positions))
        for name in ("model_types", "tokenizers")
    )
    return TransformersFacts(version=version, source=source, model_types=types, tokenizers=tokenizers)


def text_of(document: Document, comment: str) -> str:
    """The file: comment lines, then one row a line."""
    parts = []
    for key, value in document.items():
        if isinstance(value, dict):
            body = ",\n".join(f"{_json(k)}: {_json(v)}" for k, v in value.items())
            parts.append(f"{_json(key)}: {{\n{body}}}")
        elif isinstance(value, list):
            parts.append(f"{_json(key)}: [\n" + ",\n".join(map(_json, value)) + "]")
        else:
            parts.append(f"{_json(key)}: {_json(value)}")
    comments = "".join(f"# {line}\n" for line in comment.splitlines())
    return f"{comments}{{{(',' + chr(10)).join(parts)}}}\n"


def parse(text: str) -> Document:
    """The document of such a file, without its comments."""
    document: Document = json.loads(text[text.index("{") :])
    return document


def _choices(facts: Sequence[EngineFacts]) -> Mapping[tuple[str, ...], int]:
    """The numbers of all lists of words: by the first release that has one, then by its flag.

    Whatever order the flags came in, so that a further release adds its own lists at the end and moves no other.
    """
    flags = (flag for one in facts for flag in sorted(one.flags, key=lambda flag: (flag.names, flag.choices)))
    return {words: number for number, words in enumerate(dict.fromkeys(flag.choices for flag in flags if flag.choices))}


def _row(flag: Flag, choices: Mapping[tuple[str, ...], int]) -> str:
    """A flag as JSON: names, what its value is, and what else there is to say, as little as possible."""
    more: dict[str, Any] = {}
    if flag.choices:
        more["choices"] = choices[flag.choices]
    for name in ("many", "deprecated", "refused", "replacement"):
        if getattr(flag, name):
            more[name] = getattr(flag, name)
    takes = {True: flag.kind or "any", False: "", None: f"{flag.kind or 'any'}?"}[flag.takes_value]
    return json.dumps([" ".join(flag.names), takes, more])


def flag_of(row: Sequence[Any], choices: Sequence[Sequence[str]]) -> Flag:
    names, takes, more = row[0], row[1], dict(row[2])
    kind = takes.rstrip("?")
    return Flag(
        names=tuple(names.split(" ")),
        takes_value=None if takes.endswith("?") else bool(takes),
        kind="" if kind == "any" else kind,
        choices=tuple(choices[more.pop("choices")]) if "choices" in more else (),
        **more,
    )


def _spread(sets: Sequence[set[str]], versions: Sequence[str]) -> dict[str, str]:
    """Every word, and the releases that have it."""
    found: dict[str, list[int]] = {}
    for place, words in enumerate(sets):
        for word in words:
            found.setdefault(word, []).append(place)
    return {word: intervals.written(found[word], versions) for word in sorted(found)}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
