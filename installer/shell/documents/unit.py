"""Reads a systemd unit or a supervisord configuration, and a Python file, as the shell that starts the same."""

from __future__ import annotations

from installer.shell.commands import services
from installer.shell.documents.document import Document


def read(text: str, name: str) -> Document | None:
    """The unit; `None` where it starts nothing."""
    if "[program:" in text:
        return Document("supervisord configuration", "\n".join(services.supervised(text)) + "\n")
    if "ExecStart" not in text:
        return None
    sets, commands = services.unit_of(text)
    return Document("systemd unit", "".join(f"export {one}\n" for one in sets) + "\n".join(commands) + "\n")


def read_python(_: str, name: str) -> Document | None:
    """A Python file: run by the Python of the machine."""
    return Document("Python file", f"python3 ./{name}\n")
