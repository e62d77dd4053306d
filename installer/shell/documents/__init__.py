"""Files that are no shell script and still start servers: Dockerfiles, compose files, manifests, notebooks and others.

Each is turned into the shell text that does the same, line for line, so that one reader serves them all. What a file is
and cannot be understood as is said; nothing is ever run.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from installer.core.errors import UsageError
from installer.shell.documents import (
    dockerfile,
    markdown,
    notebook,
    process_files,
    project_file,
    unit,
    yaml_file,
)
from installer.shell.documents.document import Document, ReadSibling, nothing

__all__ = ["Document", "document_of"]

_BY_NAME: tuple[tuple[re.Pattern[str], str, Callable[..., Document | None]], ...] = (
    (re.compile(r"(^|[./])(Docker|Container)file(\.[\w.-]+)?$", re.I), "a Dockerfile", dockerfile.read),
    (re.compile(r"(^|/)(GNU)?makefile$|\.mk$", re.I), "a Makefile", process_files.makefile),
    (re.compile(r"(^|/)procfile$", re.I), "a Procfile", process_files.procfile),
    (re.compile(r"\.ya?ml$", re.I), "a YAML file", yaml_file.read),
    (re.compile(r"\.ipynb$", re.I), "a notebook", notebook.read),
    (re.compile(r"\.(md|markdown|rst)$", re.I), "a page of text", markdown.read),
    (re.compile(r"\.(service|conf|ini)$", re.I), "a unit of a service manager", unit.read),
    (re.compile(r"\.py$", re.I), "Python", unit.read_python),
    (re.compile(r"(^|/)pixi\.toml$"), "a project of pixi", project_file.pixi),
    (re.compile(r"(^|/)pyproject\.toml$"), "a Python project", project_file.pyproject),
    (re.compile(r"(^|/)requirements[\w.-]*\.txt$"), "a list of requirements", project_file.requirements),
)
_OTHERS = re.compile(
    r"\.(json|toml|tf|hcl|rb|js|ts|go|rs|java|c|cc|cpp|h|html|xml|csv|txt|bat|ps1|lock|cfg|nix|fish|nu|pl|lua|r|jl|kt|cs|php|sql|j2|tpl)$",
    re.I,
)
_TEMPLATE = re.compile(r"^[ \t]*\{%-?[ \t]*(?:extends|block|if|for|set|include|macro)\b.*%\}[ \t]*$", re.MULTILINE)
"""A line of Jinja on its own, as no shell has it."""
_FROM = re.compile(r"(?:[ \t]*(?:#.*|ARG[ \t].*)?\r?\n)*[ \t]*FROM[ \t]+\S+", re.IGNORECASE)
"""How a Dockerfile begins; a script may contain one further down."""
_INSTRUCTION = re.compile(r"^(RUN|CMD|ENTRYPOINT|COPY|ENV)\s", re.MULTILINE)


def document_of(text: str, name: str, read_sibling: ReadSibling = nothing) -> Document | None:
    """What the file does, as shell; `None` if it is a shell script itself.

    Raises `UsageError` for what is neither, or contains no commands.
    """
    if _TEMPLATE.search(text) and not name.endswith((".md", ".py", ".ipynb")):
        raise _refused(name, "it is a template that another program fills in first")
    if text.startswith("#!") and "python" not in text.partition("\n")[0]:
        return None
    for shape, title, read in _BY_NAME:
        if shape.search(name):
            found = read(text, name, read_sibling) if read is yaml_file.read else read(text, name)
            return _understood(found, name, title)
    if _FROM.match(text) and _INSTRUCTION.search(text):
        return _understood(dockerfile.read(text, name), name, "a Dockerfile")
    if _OTHERS.search(name):
        raise _refused(name, f"it is not a shell script but a .{name.rpartition('.')[2]} file")
    return None


def _understood(found: Document | None, name: str, title: str) -> Document:
    if found is None or not found.shell.strip():
        raise _refused(name, f"it is {title}, and contains no supported command")
    return found


def _refused(name: str, why: str) -> UsageError:
    return UsageError(
        f"{name} cannot be audited: {why}.",
        "",
        "Name a shell script, a Dockerfile, a compose file, a Kubernetes, SkyPilot or dstack file, an environment of "
        "conda, a project of uv or pixi, a Makefile, a Procfile, a notebook, a page of Markdown or a systemd unit.",
    )
