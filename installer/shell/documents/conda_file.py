"""Reads an environment.yml of conda as the commands that make that environment. Asks no channel."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from installer.shell import project_files

_OWN = {"name", "channels", "prefix", "variables", "dependencies"}


def pieces(document: Mapping[str, Any], text: str) -> Iterator[tuple[str, str]]:
    """Each command, and the text that contains it."""
    if "dependencies" not in document or not set(document) <= _OWN:
        return
    found = project_files.environment(text)
    if found is None:
        return
    name = found.name or "environment"
    yield shlex.join(["conda", "create", "-y", "-n", name, *found.conda]), "dependencies:"
    yield f"set -e; conda activate {shlex.quote(name)}", "dependencies:"
    if found.requires:
        yield shlex.join(["pip", "install", *_words(found.requires)]), "pip:"


def _words(requires: tuple[str, ...]) -> Iterator[str]:
    """The rows of the list, which are those of a requirements file: some have options in them."""
    for row in requires:
        yield from shlex.split(row, comments=True) if row.startswith("-") else [row]
