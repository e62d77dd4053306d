"""Reads a file that says what an environment holds, as the commands that make it: uv's, poetry's, pixi's, pip's."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from installer.shell import project_files
from installer.shell.commands import launch
from installer.shell.documents.document import Document, placed


def pixi(text: str, _: str) -> Document | None:
    """A pixi.toml: its environment, and the tasks that start a server."""
    project = project_files.pixi(text)
    if project is None or not (project.requires or project.conda):
        return None
    starts = [name for name, command in project.tasks.items() if launch.contains_start(command.split())]
    runs = {_line(text, name): shlex.join(("pixi", "run", name)) for name in starts}
    return Document("pixi.toml", placed(runs or {1: shlex.join(("pixi", "install"))}))


def pyproject(text: str, name: str) -> Document | None:
    """A pyproject.toml: what the tool that it is written for installs."""
    document, project = project_files.toml(text) or {}, project_files.pyproject(text)
    tools = document.get("tool")
    own = frozenset(tools) if isinstance(tools, Mapping) else frozenset()
    if "pixi" in own:
        return pixi(text, name)
    command = ("poetry", "install") if "poetry" in own and "project" not in document else ("uv", "sync")
    return Document("pyproject.toml", placed({1: shlex.join(command)})) if project and project.requires else None


def requirements(text: str, name: str) -> Document | None:
    """A list of requirements of pip; `None` where it is empty."""
    command = shlex.join(("pip", "install", "-r", f"./{name}"))
    return Document("requirements.txt", placed({1: command})) if text.strip() else None


def _line(text: str, task: str) -> int:
    """Where a task is written."""
    match = re.search(rf'^\s*"?{re.escape(task)}"?\s*=|^\[.*tasks\.{re.escape(task)}\]', text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 1
