"""Reads a systemd unit or a supervisord configuration, and a Python file, as the shell that starts the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from installer.shell.commands import services
from installer.shell.documents import modal_file
from installer.shell.documents.document import Document, placed

_COMMAND = re.compile(r"\s*command\s*[=:]")


def read(text: str, name: str) -> Document | None:
    """The unit; `None` if it starts nothing."""
    if "[program:" in text:
        return Document("supervisord configuration", placed(dict(_programs(text))))
    if "ExecStart" not in text:
        return None
    return Document("systemd unit", placed(services.pieces_of(text)))


def _programs(text: str) -> Iterator[tuple[int, str]]:
    """The commands of a configuration, each at the line of its section's command."""
    lines = [at for at, line in enumerate(text.splitlines(), 1) if _COMMAND.match(line)]
    commands = services.supervised(text)
    yield from zip(lines, commands, strict=False) if len(lines) == len(commands) else enumerate(commands, 1)


def read_python(text: str, name: str) -> Document | None:
    """A Python file: an application of Modal, else run by the Python of the machine."""
    return modal_file.read(text) or Document("Python file", f"python3 ./{name}\n", runs_file=True)
