"""The document of a derived recipe: what its base says of packages, and what was chosen for the model. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from math import ceil
from pathlib import Path
from typing import Any

from installer.core.plans.choice import Choice
from installer.core.plans.stack import ModelFacts
from installer.core.recipes.file import PACKAGE_STAGES
from installer.core.recipes.recipe import PackageStage
from installer.derive import files, recipe_text, server_flags
from installer.derive.draft import Base
from installer.derive.server_flags import Form
from installer.derive.sizing import Setting
from installer.knowledge.engines import definitions
from installer.knowledge.tables import table
from installer.models.memory.options import Options
from installer.models.memory.remedies import Remedies
from installer.models.memory.sizing import MIB
from installer.models.memory.weights import shape_of_model, weights_of
from installer.models.shipped import from_knowledge

_SLOW_S_PER_GIB = 8
"""Reading weights from a slow network volume."""
_ROUND_MIB = 512


def name_for(model: str) -> str:
    """What the recipe is called: the model's own name in small letters."""
    base = re.sub(r"[^a-z0-9._-]+", "-", Path(model).name.lower()).strip("-._")
    return base[:80] or "model"


def served_as(model: str, folder: bool) -> str:
    """What clients call it: its name at the hub, or that of its folder."""
    name = Path(model).name if folder else model
    return re.sub(r"[^A-Za-z0-9._:/-]+", "-", name).lstrip("-._:/") or "model"


def text_of(
    base: Base, model: ModelFacts, form: Form, setting: Setting, choices: Sequence[Choice], *, folder: str,
    revision: str = "",
) -> str:  # fmt: skip
    """The whole file. `folder`: where the model is on this machine; empty: it is the hub's, in that `revision`."""
    why = {one.key: one.because for one in choices if one.value is not None and one.because}
    document: dict[str, Any] = {
        "schema": 1, "name": name_for(folder or model.name), "title": _title(base, model, folder),
        "requirements": _requirements(base, setting, folder, why), "environment": _plain(base.recipe.environment),
    }  # fmt: skip
    if base.recipe.indexes:
        document["indexes"] = [_plain(one) for one in base.recipe.indexes]
    document |= {stage: _stage(base, stage) for stage in PACKAGE_STAGES}
    why.setdefault("engine", f"the release and its companion packages as in the recipe {base.recipe.name}")
    document["model"] = _model(model, form, folder, revision, why)
    document["verification"] = {"imports": list(base.recipe.verification.imports)}
    document["server"] = _server(base, form, setting, choices, why)
    return recipe_text.text_of(document, why, _heading(model, choices))


def _title(base: Base, model: ModelFacts, folder: str) -> str:
    name = served_as(folder or model.name, bool(folder)).rpartition("/")[2]
    return f"{name} with {definitions.title_of(base.engine)} {base.release} (derived)"


def _heading(model: ModelFacts, choices: Sequence[Choice]) -> str:
    left = "\n".join(
        f"  {one.key.removeprefix('server.flags.')}: {one.because}" for one in choices if one.value is None
    )
    return (
        f"Derived for {model.name} from {model.source}.\n\nAn ordinary recipe: keep it, change it, and check it with "
        f"`deploy-tui recipes lint FILE`. What each value is for stands above it.\n\nLeft out on purpose:\n{left}"
    )


def _requirements(base: Base, setting: Setting, folder: str, why: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = _plain(base.recipe.requirements)
    if not base.on_cpu:
        if setting.parallel.gpus > 1:
            found["gpu_count"] = setting.parallel.gpus
            found["shm_mib"] = int(table("memory")["shared_memory"]["enough_mib"])
            why["requirements.shm_mib"] = "several GPUs exchange data through /dev/shm"
        found.pop("gpu_memory_mib", None)
        if least := Remedies(setting.sizing).least_gpu():
            found["gpu_memory_mib"] = ceil(least / MIB / _ROUND_MIB) * _ROUND_MIB
            why["requirements.gpu_memory_mib"] = (
                "weights and one request of that context, in the engine's share of each GPU"
            )
    size = 0 if folder else setting.sizing.weights.bytes
    if size is not None:
        found["disk_mib"] = _packages_mib(base) + ceil(size / MIB)
        why["requirements.disk_mib"] = (
            "the packages; the model is already there" if folder else "the packages, and the weights"
        )
    return found


def _packages_mib(base: Base) -> int:
    """What a base requires, without its own model."""
    stated, hub = base.recipe.requirements.disk_mib or 0, base.recipe.model.alternatives[0].hub
    model = from_knowledge(hub) if hub else None
    weights = weights_of(model, shape_of_model(model), Options()).bytes if model else None
    return max(stated - (weights or 0) // MIB, 0)


def _stage(base: Base, name: str) -> dict[str, Any]:
    stage: PackageStage = base.recipe.package_stage(name)
    named = {"name": base.engine} if name == "engine" else {}
    if stage.skip:
        return {**named, "skip": stage.skip}
    if len(stage.alternatives) == 1:
        return {**named, "requires": [], **_plain(stage.alternatives[0])}
    return (
        {**named, "alternatives": [_plain(one) for one in stage.alternatives]}
        if stage.alternatives
        else {"requires": []}
    )


def _model(
    model: ModelFacts, form: Form, folder: str, revision: str, why: dict[str, str]
) -> dict[str, Any]:  # fmt: skip
    found: dict[str, Any] = {"served_as": served_as(folder or model.name, bool(folder))}
    if folder:
        return {**found, "path": folder}
    fetched = files.chosen(model, native=form.native, modules=not form.writes)
    why["model.include"] = fetched.because
    excluded = {"exclude": list(fetched.exclude)} if fetched.exclude else {}
    at = {"revision": revision} if revision else {}
    return {**found, "hub": model.name, **at, "include": list(fetched.include), **excluded}


def _server(base: Base, form: Form, setting: Setting, choices: Sequence[Choice], why: dict[str, str]) -> dict[str, Any]:
    server, by = base.recipe.server, definitions.engine(base.engine)
    own_flags = {by.flag(meaning): f"{{{place}}}" for meaning, place in _TOLD.items()} if by else {}
    environment = dict(server.environment)
    if (space := definitions.variable_of(base.engine, "cache_gib")) in environment:
        environment[space] = str(setting.space_gib)
        why[f"server.environment.{space}"] = "GiB of main memory for the key-value cache"
    waits = server.start_timeout_s
    if (size := setting.sizing.weights.bytes) is not None:
        waits += ceil(size / 2**30) * _SLOW_S_PER_GIB
        why["server.start_timeout_s"] = "long enough to read the weights from a slow volume"
    found: dict[str, Any] = {
        "module": server.module, "port": server.port, "flags": {**own_flags, **server_flags.written(tuple(choices))},
        "environment": environment, "start_timeout_s": waits, "stop_timeout_s": server.stop_timeout_s,
    }  # fmt: skip
    if not form.writes:
        found["structured_output"] = False
    asked = [one for one in server.endpoints if form.writes or one in _OF_ANY]
    return found | ({"endpoints": asked} if asked else {})


_OF_ANY = ("health", "models", "model-info")
"""What a server answers whatever its model is for."""


_TOLD = {"model": "model", "served_name": "served_as", "host": "host", "port": "port"}


def _plain(value: Any) -> Any:
    """A section without what is as it would be anyway."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(given) for f in fields(value) if (given := getattr(value, f.name)) != _default(f)}
    if isinstance(value, Mapping):
        return dict(value)
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _default(field: Any) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default
