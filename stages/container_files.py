"""The files of a container deployment, written from the recipe: Dockerfile, compose file, entrypoint, variables.

They are meant to be read, and to work without this tool. Pure: writes nothing. No value of a recipe reaches a shell:
the entrypoint passes its words on as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from installer.core.recipes.container import Container
from installer.core.recipes.recipe import Recipe

MODELS = "/models"
"""Where the model is mounted inside the container."""
_WORDS = "server.args"
_UID = 10001


def files(recipe: Recipe, words: tuple[str, ...], model: PurePath) -> dict[str, str]:
    """Text by file name. `words`: what comes after the server's module; `model`: its folder on this machine."""
    container = recipe.container
    assert container is not None
    return {
        "Dockerfile": _dockerfile(recipe, container),
        "entrypoint.sh": _entrypoint(recipe, container),
        _WORDS: "".join(f"{word}\n" for word in words),
        "compose.yaml": _compose(recipe, container, model),
        ".env": _env(recipe),
        ".dockerignore": "*\n!entrypoint.sh\n!server.args\n",
    }


def name(recipe: Recipe) -> str:
    """What the image and its container are called."""
    return f"deploy-tui-{re.sub('[^a-z0-9-]', '-', recipe.name)}"


def tag(recipe: Recipe) -> str:
    return f"{name(recipe)}:local"


def place(recipe: Recipe) -> str:
    """Where the model is inside the container, whatever its folder on this machine is called."""
    return f"{MODELS}/{re.sub('[^A-Za-z0-9._-]', '-', recipe.model.served_as)}"


def _dockerfile(recipe: Recipe, container: Container) -> str:
    lines = [
        f"# {recipe.title}. Written from the recipe {recipe.name}; change the recipe, not this file.",
        f"FROM {container.image}",
        "",
        "USER root",
    ]
    if container.packages:
        pinned = " ".join(_quoted(requirement) for requirement in container.packages)
        lines += ["", "# On top of what the image includes."]
        if container.overrides:
            bounds = " ".join(_quoted(line) for line in container.overrides)
            lines += [f"RUN printf '%s\\n' {bounds} > /tmp/constraints.txt"]
        bound = " --constraint /tmp/constraints.txt" if container.overrides else ""
        lines += [f"RUN {container.python} -m pip install --no-cache-dir --break-system-packages{bound} {pinned}"]
    lines += [
        "",
        "# The server does not run as root. The number is fixed, so that mounted folders can be given to it.",
        f"RUN id -u {container.user} >/dev/null 2>&1 || useradd --uid {_UID} --create-home {container.user}",
    ]
    if container.folders:
        listed = " ".join(container.folders)
        lines += [
            "",
            "# Kernels that are compiled at the first start are kept here; whoever runs the container may write.",
            f"RUN mkdir -p {listed} && chmod 0777 {listed}",
        ]
    lines += [
        "",
        "COPY entrypoint.sh server.args /usr/local/share/deploy/",
        "RUN chmod 0755 /usr/local/share/deploy/entrypoint.sh",
        "",
        f"USER {container.user}",
        f"EXPOSE {recipe.server.port}",
        'ENTRYPOINT ["/usr/local/share/deploy/entrypoint.sh"]',
    ]
    return "\n".join(lines) + "\n"


def _entrypoint(recipe: Recipe, container: Container) -> str:
    return f"""#!/bin/sh
# Starts {recipe.server.module} with the words of server.args, one a line; what `docker run` adds comes after them.
# `exec`, so that the server itself gets the signals, and its end is the container's.
set -eu

added=$#
while IFS= read -r word; do
    set -- "$@" "$word"
done < /usr/local/share/deploy/{_WORDS}
while [ "$added" -gt 0 ]; do # the words that were added go last, so that they win
    word=$1
    shift
    set -- "$@" "$word"
    added=$((added - 1))
done

exec {container.python} -m {recipe.server.module} "$@"
"""


def _compose(recipe: Recipe, container: Container, model: PurePath) -> str:
    return "\n".join(_compose_lines(recipe, container, model)) + "\n"


def _compose_lines(recipe: Recipe, container: Container, model: PurePath) -> Iterator[str]:
    yield f"# {recipe.title}: `docker compose up -d` in this folder starts the same server without deploy-tui."
    yield "services:"
    yield "  server:"
    yield "    build: ."
    yield f"    image: {tag(recipe)}"
    yield f"    container_name: {name(recipe)}"
    yield "    init: true                      # reaps what the engine's processes leave"
    yield "    restart: unless-stopped"
    if container.host_network:
        yield "    network_mode: host"
    else:
        yield "    ports:"
        yield '      - "${HOST}:${PORT}:' + str(recipe.server.port) + '"'
    if container.shm_mib:
        yield f"    shm_size: {container.shm_mib}m"
    if container.host_ipc:
        yield "    ipc: host"
    if container.ulimits:
        yield "    ulimits:"
        yield from (f"      {name}: {most}" for name, most in container.ulimits.items())
    yield "    volumes:"
    yield f"      - {json.dumps(f'{model}:{place(recipe)}:ro')}   # fetched beforehand, only read"
    yield "    environment:"
    for key, value in variables(recipe).items():
        yield f"      {key}: {json.dumps(value).replace('$', '$$')}"  # a single one would be filled in by compose
    yield f"    stop_grace_period: {recipe.server.stop_timeout_s}s"
    if container.gpus:
        yield "    deploy:"
        yield "      resources:"
        yield "        reservations:"
        yield "          devices:"
        yield "            - {driver: nvidia, count: all, capabilities: [gpu]}"


def _env(recipe: Recipe) -> str:
    return (
        "# Read by compose.yaml. 127.0.0.1: this machine only; 0.0.0.0: everybody who can reach it.\n"
        f"HOST={recipe.server.host}\nPORT={recipe.server.port}\n"
    )


def variables(recipe: Recipe) -> Mapping[str, str]:
    """The variables inside the container."""
    assert recipe.container is not None
    always = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
    return {**always, **recipe.server.environment, **recipe.container.environment}


def _quoted(requirement: str) -> str:
    return "'" + requirement.replace("'", "'\\''") + "'"
