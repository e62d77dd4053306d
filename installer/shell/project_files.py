"""Files with the content of a Python environment: pyproject.toml, uv.lock, Pipfile, environment.yml. Pure: reads texts.

What a file does not say stays empty; a text that is none of them is `None`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_PYTHON = re.compile(r"(\d+\.\d+)")
_PLAIN = re.compile(r"\d[\w.]*$")


def _none() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Project:
    name: str = ""
    python: str = ""
    """The oldest Python that it takes, or the one that it names: "3.11"; empty if it says nothing."""
    requires: tuple[str, ...] = ()
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=_none)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=_none)
    indexes: tuple[str, ...] = ()
    conda: tuple[str, ...] = ()
    """Packages of conda's own, as "name=version"."""
    tasks: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Commands that the project keeps under names."""


def toml(text: str) -> Mapping[str, Any] | None:
    """A document; `None` if the text is none."""
    try:
        document: Mapping[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    return document


def pyproject(text: str) -> Project | None:
    """A pyproject.toml of any tool: PEP 621, PEP 735, uv, poetry and pdm."""
    document = toml(text)
    if document is None:
        return None
    project, tools = _table(document, "project"), _table(document, "tool")
    poetry, uv = _table(tools, "poetry"), _table(tools, "uv")
    depends = _table(poetry, "dependencies")
    python = str(project.get("requires-python") or depends.get("python") or "")
    groups = {name: tuple(_texts(value)) for name, value in _table(document, "dependency-groups").items()}
    groups |= {name: tuple(_poetry(_table(group, "dependencies"))) for name, group in _table(poetry, "group").items()}
    listed = uv.get("index")
    return Project(
        str(project.get("name") or poetry.get("name") or ""),
        match[1] if (match := _PYTHON.search(python)) else "",
        (*_texts(project.get("dependencies")), *_poetry(depends)),
        {name: tuple(_texts(value)) for name, value in _table(project, "optional-dependencies").items()},
        groups,
        tuple(str(one["url"]) for one in listed or () if isinstance(one, Mapping) and "url" in one),
    )


def pipfile(text: str) -> Project | None:
    document = toml(text)
    if document is None:
        return None
    return Project(
        python=str(_table(document, "requires").get("python_version") or ""),
        requires=tuple(_poetry(_table(document, "packages"))),
    )


def pixi(text: str) -> Project | None:
    """A pixi.toml, or what pixi keeps in a pyproject.toml."""
    document = toml(text)
    if document is None:
        return None
    own = _table(_table(document, "tool"), "pixi") or document
    conda = {name: value for name, value in _table(own, "dependencies").items() if isinstance(value, str)}
    python = _PYTHON.search(conda.get("python", ""))
    return Project(
        python=python[1] if python else "",
        requires=tuple(_poetry(_table(own, "pypi-dependencies"))),
        conda=tuple(f"{name}={value}" for name, value in conda.items() if name != "python"),
        tasks=dict(_tasks(_table(own, "tasks"))),
    )


def _tasks(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        command = value.get("cmd") if isinstance(value, Mapping) else value
        if isinstance(command, str):
            yield name, command


def locked(text: str) -> tuple[str, ...]:
    """The exact releases that a uv.lock or poetry.lock names, as constraints."""
    packages = (toml(text) or {}).get("package")
    rows = [row for row in packages if isinstance(row, Mapping)] if isinstance(packages, list) else []
    found = [f"{row['name']}=={row['version']}" for row in rows if "name" in row and "version" in row]
    names = [one.partition("==")[0] for one in found]
    return tuple(one for one, name in zip(found, names, strict=True) if names.count(name) == 1)


def environment(text: str) -> Project | None:
    """An environment.yml of conda."""
    import yaml

    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        return None
    if not isinstance(document, Mapping):
        return None
    listed = document.get("dependencies")
    rows = listed if isinstance(listed, list) else []
    conda = [row for row in rows if isinstance(row, str)]
    pip = [one for row in rows if isinstance(row, Mapping) for one in _texts(row.get("pip"))]
    return Project(str(document.get("name") or ""), python_of(conda), tuple(pip), conda=tuple(conda))


def python_of(conda: Iterable[str]) -> str:
    """The Python among packages of conda: `python=3.12`, `python>=3.10`; empty if none is named."""
    for one in conda:
        if (match := re.match(r"(?:[\w-]+::)?python\s*[=<>~]+\s*(\d+\.\d+)", one)) is not None:
            return match[1]
    return ""


def _poetry(depends: Mapping[str, Any]) -> Iterator[str]:
    """Requirements as poetry, pipenv and pixi write them: a table of names."""
    for name, value in depends.items():
        if name.lower() == "python":
            continue
        row = value if isinstance(value, Mapping) else {"version": value}
        extras = f"[{','.join(map(str, row.get('extras', ())))}]" if row.get("extras") else ""
        if "git" in row:
            at = next((f"@{row[key]}" for key in ("rev", "tag", "branch", "ref") if key in row), "")
            yield f"{name}{extras} @ git+{row['git']}{at}"
        elif "path" not in row:
            yield f"{name}{extras}{specifier(str(row.get('version', '')))}"


def specifier(written: str) -> str:
    """A version as poetry writes it (`^1.2`, `~1.2`, `1.2.3`, `*`) in the words of PEP 440."""
    parts = [part.strip() for part in written.split(",")]
    return ",".join(filter(None, map(_one, parts)))


def _one(text: str) -> str:
    if text in ("", "*", "latest"):
        return ""
    numbers = text.lstrip("^~=").strip()
    parts = re.split(r"[.a-z+]", numbers)
    if text.startswith("^"):
        first = next((at for at, number in enumerate(parts) if number.strip("0")), len(parts) - 1)
        return f">={numbers},<{_next(parts[: first + 1])}"
    if text.startswith("~") and not text.startswith("~="):
        return f">={numbers},<{_next(parts[:2])}"
    return f"=={text}" if _PLAIN.match(text) else text


def _next(parts: list[str]) -> str:
    return ".".join([*parts[:-1], str(int(parts[-1] or 0) + 1)])


def _table(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key)
    return found if isinstance(found, Mapping) else {}


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
