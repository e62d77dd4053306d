"""Reads a compose file, with the `.env` next to it, as the containers that it requests. Does not call Docker."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from installer.core.secrets.names import names_a_secret
from installer.core.text.numbers import is_whole
from installer.shell.documents import container_words
from installer.shell.documents.document import RUN, ReadSibling

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""Where `docker compose` looks, in its order."""
DOTENV = ".env"
_SET = re.compile(r"\$\$|\$\{(\w+)(?:(:?[-?+])([^}]*))?\}|\$([A-Za-z_]\w*)")


def filled(node: Any, variables: Mapping[str, str]) -> Any:
    """The document with what `variables` say in place of `${NAME}`; what they do not say stays as it is."""
    if isinstance(node, Mapping):
        return {key: filled(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(value, variables) for value in node]
    return _SET.sub(lambda match: _value(match, variables), node) if isinstance(node, str) else node


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    name = match[1] or match[4] or ""
    return variables.get(name) or match[0] if match[2] and ":" in match[2] else variables.get(name, match[0])


def dotenv(text: str) -> dict[str, str]:
    """The variables of a `.env` file, but for those that are secrets by their names: they are not needed here."""
    found = dict[str, str]()
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#") and not names_a_secret(name.strip()):
            bare = value.strip()
            quoted = len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'"
            found[name.strip()] = bare[1:-1] if quoted else bare.partition(" #")[0].rstrip()
    return found


def containers(document: Mapping[str, Any], read_sibling: ReadSibling) -> Iterator[tuple[str, str]]:
    """Each service as shell, and the text that contains it."""
    document = filled(document, dotenv(read_sibling(DOTENV) or ""))
    services = document.get("services")
    for name, service in services.items() if isinstance(services, Mapping) else ():
        if not isinstance(service, Mapping) or not (service.get("image") or service.get("build")):
            continue
        image = container_words.plain(str(service.get("image") or f"built-for-{name}"))
        build = _build(service.get("build"), image)
        words = [RUN, "--name", str(name), *_from_files(service.get("env_file"), read_sibling)]
        words += container_words.environment(service.get("environment"))
        if size := service.get("shm_size"):
            words += ["--shm-size", str(size)]
        words += _reserved(service)
        if service.get("ipc"):
            words += ["--ipc", str(service["ipc"])]
        entry = container_words.words(service.get("entrypoint"))
        words += ["--entrypoint", "".join(entry[:1])] if "entrypoint" in service else []
        words += [image, *entry[1:], *container_words.words(service.get("command"))]
        yield build + container_words.joined(words), f"{name}:"


def _build(given: Any, image: str) -> str:
    """How a service's own image is built, as shell; empty if it is pulled."""
    if not given:
        return ""
    one: Mapping[str, Any] = given if isinstance(given, Mapping) else {"context": given}
    folder = container_words.plain(str(one.get("context") or "."))
    words = ["docker", "build", "--tag", image]
    if named := one.get("dockerfile"):
        words += ["--file", posixpath.join(folder, container_words.plain(str(named)))]
    elif inline := one.get("dockerfile_inline"):
        return "\n".join((container_words.joined([*words, "--file", "-", folder]) + " <<'END'", str(inline), "END", ""))
    words += ["--target", str(one["target"])] if one.get("target") else []
    for value in container_words.environment(one.get("args"))[1::2]:
        words += ["--build-arg", value if "=" in value else f"{value}="]
    return f"{container_words.joined([*words, folder])}; "


def _from_files(given: Any, read_sibling: ReadSibling) -> list[str]:
    """The variables of `env_file:`, as far as those files are here."""
    rows = given if isinstance(given, list) else [given] if given else []
    names = [str(row.get("path", "") if isinstance(row, Mapping) else row) for row in rows]
    return [word for name in names for word in container_words.environment(dotenv(read_sibling(name) or ""))]


def _reserved(service: Mapping[str, Any]) -> list[str]:
    """The GPUs of a compose service: by their numbers, or how many; none if it requests all, or none."""
    node: Any = service
    for key in ("deploy", "resources", "reservations", "devices"):
        node = node.get(key) if isinstance(node, Mapping) else None
    wanted = [one for one in node if isinstance(one, Mapping)] if isinstance(node, list) else []
    for one in wanted:
        if isinstance(ids := one.get("device_ids"), list):
            return ["--gpus", f"device={','.join(map(str, ids))}"]
        if is_whole(count := str(one.get("count", ""))):
            return ["--gpus", count]
    return []
