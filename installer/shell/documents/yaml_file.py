"""Reads compose files, manifests, SkyPilot and dstack files, environments of conda: each as shell. Asks no cluster."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from installer.core.text.numbers import is_whole
from installer.knowledge.engines import definitions, shipped
from installer.shell.documents import compose, conda_file, container_words, dstack
from installer.shell.documents.document import APART, RUN, Document, ReadSibling, nothing, placed

_LINKED = "the Services that it is linked to"
_SHARED = ":shm"


def read(text: str, _: str, read_sibling: ReadSibling = nothing) -> Document | None:
    """The file; `None` if it is none of these."""
    import yaml

    try:
        documents = [one for one in yaml.safe_load_all(text) if isinstance(one, Mapping)]
    except (yaml.YAMLError, RecursionError):
        return None
    services = frozenset(filter(None, map(_service, documents)))
    for kind, find in (
        ("compose file", lambda one: compose.containers(one, read_sibling)),
        ("Kubernetes manifest", lambda one: _kubernetes(one, services)),
        ("SkyPilot task", _sky),
        ("dstack configuration", dstack.pieces),
        ("conda environment", lambda one: conda_file.pieces(one, text)),
    ):
        pieces = dict[int, str]()
        for document in documents:
            for words, mark in find(document):
                _put(pieces, _line(text, mark), words)
        if pieces:
            return Document(kind, placed(pieces), next(filter(None, map(dstack.image, documents)), ""))
    return None


def _put(pieces: dict[int, str], line: int, text: str) -> None:
    while line in pieces:
        line += 1
    pieces[line] = text


def _line(text: str, mark: str) -> int:
    """The first line that contains `mark`; where a value begins, as well as its words tell."""
    lines = text.splitlines()
    return next((number for number, line in enumerate(lines, 1) if mark and mark in line), 1)


def _limit(container: Mapping[str, Any]) -> list[str]:
    """The GPUs that Kubernetes gives a container."""
    resources = container.get("resources")
    for kind in ("limits", "requests"):
        given = resources.get(kind) if isinstance(resources, Mapping) else None
        count = str(given.get("nvidia.com/gpu", "")) if isinstance(given, Mapping) else ""
        if is_whole(count) and int(count):
            return ["--gpus", count]
    return []


def _service(document: Mapping[str, Any]) -> tuple[str, str]:
    """Namespace and name of a Service; empty for anything else."""
    about = document.get("metadata")
    if document.get("kind") != "Service" or not isinstance(about, Mapping):
        return ("", "")
    return str(about.get("namespace", "")), str(about.get("name", ""))


def _kubernetes(document: Mapping[str, Any], services: frozenset[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Every container, with the variables that Kubernetes itself sets in it from the Services next to it."""
    if "kind" not in document or "apiVersion" not in document:
        return
    about = document.get("metadata")
    space = str(about.get("namespace", "")) if isinstance(about, Mapping) else ""
    linked = [name for where, name in sorted(services) if name and where == space and _matters(name)]
    for container in _containers(document, linked):
        set_by_itself = [word for name in container.get(_LINKED, ()) for word in ("-e", f"{_variable(name)}=tcp://…")]
        words = [RUN, "--name", str(container.get("name", "")), *set_by_itself, *_variables(container.get("env"))]
        words += [*container.get(_SHARED, ()), APART, *_limit(container)]
        command = container_words.words(container.get("command"))
        words += ["--entrypoint", command[0]] if command else []
        words += [str(container["image"]), *command[1:], *container_words.words(container.get("args"))]
        yield container_words.joined(words), str(container["image"])


def _variable(service: str) -> str:
    """In which Kubernetes puts the address of a Service."""
    return f"{service.upper().replace('-', '_')}_PORT"


def _matters(service: str) -> bool:
    """Whether an engine reads the variable, for something else."""
    return any(_variable(service) in shipped.variable_history(name) for name in definitions.engines())


def _containers(node: Any, linked: Sequence[str], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """`linked`: the Services whose addresses a pod gets, unless it says that it wants none."""
    if depth > 20:
        return
    if isinstance(node, Mapping):
        here = () if node.get("enableServiceLinks") is False else linked
        for one in node.get("containers") or () if isinstance(node.get("containers"), list) else ():
            if isinstance(one, Mapping) and one.get("image"):
                yield {**one, _LINKED: here, _SHARED: _shared_memory(node, one)}
        for value in node.values():
            yield from _containers(value, linked, depth + 1)
    elif isinstance(node, list):
        for value in node:
            yield from _containers(value, linked, depth + 1)


def _shared_memory(pod: Mapping[str, Any], container: Mapping[str, Any]) -> list[str]:
    """/dev/shm of a container: the machine's own, a volume that is mounted there, or what every container gets."""
    mounts = [one for one in container.get("volumeMounts") or () if isinstance(one, Mapping)]
    mounted = next((one.get("name") for one in mounts if one.get("mountPath") == "/dev/shm"), None)
    if mounted is None and pod.get("hostIPC") is not True:
        return []
    volumes = [one for one in pod.get("volumes") or () if isinstance(one, Mapping)]
    volume = next((one.get("emptyDir") for one in volumes if one.get("name") == mounted), None)
    limit = volume.get("sizeLimit") if isinstance(volume, Mapping) else None
    return ["--shm-size", str(limit)] if limit else ["--ipc", "host"]


def _variables(given: Any) -> list[str]:
    rows = [row for row in given if isinstance(row, Mapping)] if isinstance(given, list) else []
    return [word for row in rows if "value" in row for word in ("-e", f"{row.get('name')}={row['value']}")]


def _sky(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "run" not in document or not ({"resources", "setup", "num_nodes", "envs"} & set(document)):
        return
    envs = document.get("envs")
    for name, value in envs.items() if isinstance(envs, Mapping) else ():
        if value is not None:
            yield f"export {name}={shlex.quote(str(value))}", f"{name}:"
    for key in ("setup", "run"):
        if text := document.get(key):
            first = next((line.strip() for line in str(text).splitlines() if line.strip()), "")
            yield str(text).rstrip("\n"), first
