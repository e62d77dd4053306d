"""Model types that an engine has config classes for, so that Transformers need not know them. Reads sources only."""

from __future__ import annotations

import re
from collections.abc import Iterable

from installer.knowledge.engines.sources import Sources

_STATED = re.compile(r"""^[ ]+model_type(?:\s*:\s*[\w\[\]]+)?\s*=\s*["']([^"'\n]+)["']""", re.MULTILINE)
_REGISTERED = re.compile(r"""_CONFIG_REGISTRY\[["']([^"'\n]+)["']\]\s*=""")
_TABLES = re.compile(r"^_CONFIG_REGISTRY(?:_OVERRIDE_HF)?\b[^=\n]*=[^{(\n]*[{(](.*?)^[})]", re.MULTILINE | re.DOTALL)
_KEY = re.compile(r"""^\s+(?:["']([^"'\n]+)["']\s*:|(\w+)\s*=)""", re.MULTILINE)


def types(sources: Sources, folders: Iterable[str], registries: Iterable[str]) -> frozenset[str]:
    """What the classes in `folders` state, and what the registries name.

    A class that is there and never registered counts too: too much rather than too little, as a type that is missing
    here is called unknown.
    """
    members = [m for folder in folders for m in sources.within(folder)]
    tables = [m for m in registries if m in sources.members]
    sources.fetch([*members, *tables])
    found: set[str] = set()
    for member in (*members, *tables):
        found.update(_STATED.findall(sources.text(member) or ""))
    for member in tables:
        text = sources.text(member) or ""
        found.update(_REGISTERED.findall(text))
        for table in _TABLES.findall(text):
            found.update(word or other for word, other in _KEY.findall(table))
    return frozenset(found)
