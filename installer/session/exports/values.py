"""The values for the placeholders of the templates, from one recipe. Pure; names secrets, and contains none."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from installer.core.engines import Lock
from installer.core.errors import UsageError
from installer.core.plans.procedure import Launch
from installer.core.recipes.recipe import ModelSource, Recipe
from installer.knowledge import images
from installer.knowledge.engines import definitions, launch_reader
from installer.session.exports import ranks as exported_ranks
from stages import ranks
from stages.launching import arguments

_MODELS = "/models"
_KEYS = "/etc/deploy-tui"
_PORT_WAIT_S = 10
_ROOM = 1.1
_MIB = 1 << 20
_FETCH = (
    "import json, sys; from huggingface_hub import snapshot_download; "
    "print(snapshot_download(**json.loads(sys.argv[1])))"
)
_PROBE = (
    "import json, os, sys, urllib.request as r; key = os.environ.get('SERVER_KEY', ''); "
    "q = r.Request(sys.argv[1], json.dumps({'model': sys.argv[2], 'prompt': 'a', 'max_tokens': 1}).encode(), "
    "{'Content-Type': 'application/json', **({'Authorization': 'Bearer ' + key} if key else {})}); "
    "r.urlopen(q, timeout=25).read()"
)
"""Both run inside the image, whose Python they use; what differs is in their arguments."""


def image(recipe: Recipe, given: str | None) -> str:
    """The image to run: the one given, the recipe's own, or that of the engine's makers for its release.

    Raises `UsageError` if none is known, or if the recipe builds on its own image.
    """
    if given:
        return given
    if recipe.container and not recipe.container.packages:
        return recipe.container.image
    if recipe.container:
        raise UsageError(
            f"The recipe {recipe.name} installs packages on top of {recipe.container.image}.",
            "A cluster pulls images and does not build them.",
            "Build it (deploy-tui --stage 7), push it to your registry, and name it: --image REGISTRY/NAME:TAG.",
        )
    release = ranks.release(recipe, makers_own=True)
    known = images.of_engine(recipe.engine_name, release) if release else ""
    if not known:
        raise UsageError(
            f"There is no known image of {recipe.engine_name or 'the engine'} {release or ''}".rstrip() + ".",
            "The recipe installs packages, and there is no published engine image of that build.",
            "Give one that contains it: --image REGISTRY/NAME:TAG.",
        )
    return known


def values(recipe: Recipe, *, name: str, image: str, weights_bytes: int = 0, key: bool = True) -> dict[str, Any]:
    """A value for each place. `weights_bytes`: of the model, where known; `key`: whether clients must have one."""
    source, folder = _source(recipe), f"{_MODELS}/{_plain(recipe.model.served_as)}"
    inside = replace(recipe, server=replace(recipe.server, host="0.0.0.0"))
    engine = definitions.engine(recipe.engine_name)
    lock = engine.lock if engine and key else Lock()
    python = recipe.container.python if recipe.container else "python3"
    words = list(_with_key_file(arguments(exported_ranks.at(inside, 0), folder), lock))
    gpus, locked = _gpus(recipe), _locked(name, lock, recipe)
    probe = [python, "-c", _PROBE, f"http://127.0.0.1:{recipe.server.port}/v1/completions", recipe.model.served_as]
    return {
        "name": name, "image": image, "port": recipe.server.port, "command": [python, "-m", recipe.server.module],
        "arguments": words, "probe": probe, "health": ["CMD", *probe], "gpus": gpus or None,
        "gpu_driver": "nvidia" if gpus else None, "gpu_capabilities": ["gpu"] if gpus else None,
        "stop_s": recipe.server.stop_timeout_s, "start_s": recipe.server.start_timeout_s,
        "start_tries": math.ceil(recipe.server.start_timeout_s / _PORT_WAIT_S),
        "deadline_s": recipe.server.start_timeout_s + 3600,
        **_sizes(recipe, weights_bytes), **_fetching(source, folder, python, image), **locked,
        **exported_ranks.values(inside, folder, python, locked["variables"]),
        "node_needs": _node_needs(recipe) or None,
    }  # fmt: skip


def _source(recipe: Recipe) -> ModelSource | None:
    """Where the model can be fetched from inside a cluster; `None`: anyone who runs it puts it there."""
    return next((one for one in recipe.model.alternatives if one.hub), None)


def _plain(served_as: str) -> str:
    return re.sub("[^A-Za-z0-9._-]", "-", served_as)


def _with_key_file(words: tuple[str, ...], lock: Lock) -> tuple[str, ...]:
    """The words, and where the key's file is for an engine that takes it from one."""
    return (lock.config, f"{_KEYS}/key.yaml", *words) if lock.config else words


def _gpus(recipe: Recipe) -> int:
    if recipe.requirements.gpu is False or (recipe.container and not recipe.container.gpus):
        return 0
    spread = launch_reader.gpus(launch_reader.read(Launch(10, arguments=arguments(recipe, ""))))
    return max(math.ceil(spread / recipe.topology.nodes), recipe.requirements.gpu_count or 1)


def _sizes(recipe: Recipe, weights_bytes: int) -> dict[str, Any]:
    needs = recipe.requirements
    shm = (recipe.container.shm_mib if recipe.container else None) or needs.shm_mib or 2048
    disk = math.ceil(weights_bytes * _ROOM / _MIB) or needs.disk_mib or 0
    return {
        "cpu": str(needs.cpu_cores) if needs.cpu_cores else None,
        "memory": f"{needs.memory_mib}Mi" if needs.memory_mib else None,
        "shm": f"{shm}Mi", "shm_bytes": f"{shm}m", "volume": f"{max(disk, 1024)}Mi",
        "ulimits": dict(recipe.container.ulimits) if recipe.container and recipe.container.ulimits else None,
    }  # fmt: skip


def _fetching(source: ModelSource | None, folder: str, python: str, image: str) -> dict[str, Any]:
    names = ("fetch_name", "fetch_image", "fetch_command", "fetch_variables", "fetch_mounts", "fetch_table",
             "fetch_volumes", "fetch_restart", "after_fetch")  # fmt: skip
    if source is None:
        return dict.fromkeys(names)
    asked: dict[str, Any] = {"repo_id": source.hub, "revision": source.revision, "local_dir": folder}
    asked |= {"allow_patterns": list(source.include)} if source.include else {}
    asked |= {"ignore_patterns": list(source.exclude)} if source.exclude else {}
    token = {"secretKeyRef": {"name": "hf-token", "key": "token", "optional": True}}
    return {
        "fetch_name": "fetch",
        "fetch_image": image,
        "fetch_command": [python, "-c", _FETCH, json.dumps(asked)],
        "fetch_variables": [{"name": "HF_TOKEN", "valueFrom": token}],
        "fetch_mounts": [{"name": "models", "mountPath": _MODELS}],
        "fetch_table": {"HF_TOKEN": "${HF_TOKEN:-}"},
        "fetch_volumes": [f"models:{_MODELS}"],
        "fetch_restart": "on-failure:3",
        "after_fetch": {"fetch": {"condition": "service_completed_successfully"}},
    }


def _locked(name: str, lock: Lock, recipe: Recipe) -> dict[str, Any]:
    """How the server learns its key, and its environment."""
    environment = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    environment |= dict(recipe.container.environment) if recipe.container else {}
    environment |= dict(recipe.server.environment)
    secret = {"secretKeyRef": {"name": f"{name}-key", "key": "key"}}
    taken = [variable for variable in ("SERVER_KEY", lock.variable) if variable] if lock != Lock() else []
    by_file = bool(lock.config)
    return {
        "variables": [*({"name": one, "value": value} for one, value in environment.items()),
                      *({"name": one, "valueFrom": secret} for one in taken)],
        "table": {**environment, **dict.fromkeys(taken, "${SERVER_KEY:?set it to a long random word}")},
        "key_file_volume": "key" if by_file else None, "key_folder": _KEYS if by_file else None,
        "key_read_only": True if by_file else None, "key_file_secret": f"{name}-key" if by_file else None,
        "key_items": [{"key": "config", "path": "key.yaml"}] if by_file else None,
        "key_configs": [{"source": "key", "target": f"{_KEYS}/key.yaml", "mode": 0o400}] if by_file else None,
        "key_content": "api-key: ${SERVER_KEY:?set it to a long random word}\n" if by_file else None,
    }  # fmt: skip


_LABELS: Mapping[str, str] = {"gpu_memory_mib": "nvidia.com/gpu.memory"}
"""Of NVIDIA's GPU feature discovery, which its GPU operator provides (docs.nvidia.com, read 2026-11-29)."""


def _node_needs(recipe: Recipe) -> list[dict[str, Any]]:
    """What a node must say of itself, by the labels of GPU feature discovery and of Kubernetes."""
    needs, found = recipe.requirements, []
    if needs.arch:
        names = {"x86_64": "amd64", "aarch64": "arm64"}
        found.append({"key": "kubernetes.io/arch", "operator": "In", "values": [names.get(a, a) for a in needs.arch]})
    if _gpus(recipe) and needs.gpu_memory_mib:
        least = str(needs.gpu_memory_mib - 1)
        found.append({"key": _LABELS["gpu_memory_mib"], "operator": "Gt", "values": [least]})
    return found
