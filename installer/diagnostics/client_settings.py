"""What a client's JSON says of the requests it will make. Pure; unknown keys are left alone, wrong types are refused.

Programs write these files in their own words, so each meaning has several names, looked for at any depth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from installer.core.errors import UsageError
from installer.core.files import foreign_json
from installer.core.files.problems import quote

NAMES: Mapping[str, tuple[str, ...]] = {
    "chunk_tokens": ("max_chunk_tokens", "chunk_tokens", "chunk_size", "max_input_tokens"),
    "overhead_tokens": ("system_prompt_overhead", "prompt_overhead", "overhead_tokens"),
    "group_tokens": ("group_target_tokens",),
    "output_tokens": ("max_output_tokens", "output_limit", "max_completion_tokens", "max_new_tokens", "max_tokens"),
    "temperature": ("recommended_temperature", "temperature"),
    "structured": ("use_structured_output", "structured_output"),
    "supported": ("supports_structured_output",),
    "backend": ("structured_output_backend", "grammar_backend"),
    "model": ("model", "model_name"),
}
"""What each meaning is called in clients' files, the commonest first."""
_TYPES: Mapping[str, tuple[type, ...]] = {
    "temperature": (int, float), "structured": (bool,), "supported": (bool,), "backend": (str,), "model": (str,),
}  # fmt: skip
_EXPECTED = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """`None`: the client's files do not say. Amounts are in tokens."""

    chunk_tokens: int | None = None
    overhead_tokens: int | None = None
    group_tokens: int | None = None
    output_tokens: int | None = None
    temperature: float | None = None
    structured: bool | None = None
    supported: bool | None = None
    backend: str | None = None
    model: str | None = None
    tools: bool | None = None
    """Whether it gives tools to the model."""
    interface: str | None = None
    """The path of the server that it calls, such as "/v1/chat/completions"."""


def read(documents: Sequence[tuple[str, str]]) -> ClientSettings:
    """The settings of several files (name and text each); a later file wins. Raises `UsageError`."""
    found: dict[str, Any] = {}
    for name, text in documents:
        found |= _of_one(_parsed(name, text), name)
    if not found:
        names = ", ".join(spellings[0] for spellings in NAMES.values())
        raise UsageError(
            f"{documents[0][0]} contains no settings for requests to a model.",
            f"It has none of the known keys: {names}.",
            "Give the client's settings, such as profile_llm.json.",
            code="input-file",
        )
    return ClientSettings(**found)


def _parsed(name: str, text: str) -> Mapping[str, Any]:
    try:
        body = foreign_json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{name} is not JSON.", f"{error}.", "Correct it, or give another file.", code="input-file"
        ) from None
    if not isinstance(body, dict):
        raise UsageError(
            f"{name} is not a client settings file.", f"It contains {quote(type(body).__name__)}, not an object.",
            "Give a file with an object of settings.", code="input-file",
        )  # fmt: skip
    return body


def _of_one(body: Mapping[str, Any], file: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    pairs = list(_pairs(body))
    for meaning, names in NAMES.items():
        value = next((value for name in names for key, value in pairs if key == name), None)
        if value is not None:
            found[meaning] = _checked(value, meaning, file)
    return found


def _pairs(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every key with a plain value, the deeper ones last."""
    deeper: list[Mapping[str, Any]] = [body]
    while deeper:
        current = deeper.pop(0)
        for key, value in current.items():
            if isinstance(value, dict):
                deeper.append(value)
            else:
                yield key, value


def _checked(value: Any, meaning: str, file: str) -> Any:
    types = _TYPES.get(meaning, (int,))
    fits = isinstance(value, types) and (bool in types or not isinstance(value, bool))
    if not fits or (isinstance(value, (int, float)) and value < 0):
        raise UsageError(
            f"{file}: {NAMES[meaning][0]} cannot be {quote(str(value)[:60])}.",
            f"It must be {_EXPECTED[types[-1]]}{'' if meaning in _TYPES else ' of tokens'}.",
            "Correct it there.", code="input-file",
        )  # fmt: skip
    return value
