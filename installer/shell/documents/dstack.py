"""Reads a dstack configuration (a service, a task, a development environment) as shell. Asks no server."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from installer.core.text.numbers import is_whole
from installer.shell.documents import container_words
from installer.shell.documents.document import ENTRY

_TYPES = ("service", "task", "dev-environment")
_COUNT = re.compile(r"(?:^|:)(\d+)$")
_NUMBERS = ("DSTACK_GPUS_NUM", "DSTACK_GPUS_PER_NODE")
_VENV = "/dstack/venv"
"""Means the environment of dstack's own image, which has the Python that the file names."""


def image(document: Mapping[str, Any]) -> str:
    """The image that it runs in; empty: dstack's own, with nothing but a Python, or it is no such file."""
    return str(document.get("image") or "") if document.get("type") in _TYPES else ""


def pieces(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each command as shell, and the text that contains it."""
    if document.get("type") not in _TYPES:
        return
    python = document.get("python")
    yield from _beginning(document, str(python) if python else "")
    groups = document.get("replicas")
    listed = [one for one in groups if isinstance(one, Mapping)] if isinstance(groups, list) else []
    for group in listed or [document]:
        yield from _group({**document, **group})


def _beginning(document: Mapping[str, Any], python: str) -> Iterator[tuple[str, str]]:
    """dstack joins the commands with `&&`, so the first that fails ends the run."""
    yield "set -e", "type:"
    if python:
        yield shlex.join(["uv", "venv", "--seed", "--python", python, _VENV]), "python:"
        yield shlex.join([".", f"{_VENV}/bin/activate"]), "python:"
    words = container_words.environment(document.get("env"))[1::2]
    for name, value in (word.partition("=")[::2] for word in words):
        if value:
            yield f"export {name}={shlex.quote(value)}", name


def _group(group: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if count := _gpus(group.get("resources")):
        yield shlex.join(["export", *(f"{name}={count}" for name in _NUMBERS)]), "commands:"
    commands = group.get("commands") or group.get("init") or ()
    for command in commands if isinstance(commands, list) else ():
        yield str(command).rstrip("\n"), str(command).strip().partition("\n")[0].split(" --", 1)[0][:60]
    if not commands and group.get("image"):
        yield ENTRY, "image:"


def _gpus(resources: Any) -> str:
    """How many GPUs a run gets; empty if the file leaves that open."""
    given = resources.get("gpu") if isinstance(resources, Mapping) else None
    if isinstance(given, Mapping):
        count = str(given.get("count", 1))
        return count if is_whole(count) else ""
    text = str(given or "")
    if not text or ".." in text.rpartition(":")[2]:
        return ""
    return match[1] if (match := _COUNT.search(text)) else "1"
