"""Brings a client's files and a server together: the one that runs in this home, or the one that a recipe plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from installer.core.contracts.host import Host
from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import UsageError
from installer.core.files import foreign_json
from installer.core.outcomes import ServerStatus
from installer.core.recipes.recipe import Recipe
from installer.diagnostics import client_settings
from installer.diagnostics.alignment import ServerView
from installer.diagnostics.checklist import Observations
from installer.diagnostics.client_settings import ClientSettings
from installer.host.documents import read_document
from installer.knowledge.engines import definitions, launch_reader
from installer.knowledge.tables import table
from installer.proofs.promises import promised
from installer.session.prepared import Prepared
from stages.launching import arguments

_TIMEOUT_S = 5.0


def client(files: Sequence[str]) -> ClientSettings:
    """What these files say. Raises `UsageError`."""
    return client_settings.read([(name, read_document(Path(name))) for name in files])


def running(host: Host, spec: LaunchSpec) -> ServerView:
    """What this home's server says of itself."""
    listed = _models(host, spec.url, spec.key_file)
    window = next((int(m["max_model_len"]) for m in listed if isinstance(m.get("max_model_len"), int)), None)
    names = tuple(str(model.get("id")) for model in listed) or (spec.served_as,)
    backend = _backend(spec.command, spec.engine, spec.structured_output)
    return ServerView(
        "the running server", window or _context(spec.command), backend is not None,
        backend, names, promised(spec).tools != "", _paths(host, spec),
    )  # fmt: skip


def _paths(host: Host, spec: LaunchSpec) -> tuple[str, ...] | None:
    """What the server's own description says that it can be asked at; `None` if it has none."""
    answer = host.get(f"{spec.url}/openapi.json", timeout_s=_TIMEOUT_S, key_file=spec.key_file)
    try:
        paths = foreign_json.loads(answer.body)["paths"] if answer.ok else None
    except (ValueError, KeyError, TypeError):
        return None
    return tuple(map(str, paths)) if isinstance(paths, dict) else None


def planned(prepared: Prepared) -> ServerView:
    """What the recipe's server will be."""
    recipe: Recipe = prepared.recipe
    source = f"the recipe {recipe.name}" + (f" (profile {recipe.profile})" if recipe.profile else "")
    words = arguments(recipe, "MODEL")
    backend = _backend(words, recipe.engine_name, recipe.server.structured_output)
    return ServerView(source, _context(words), backend is not None, backend, (recipe.model.served_as,))


def _context(words: Sequence[str]) -> int | None:
    return launch_reader.of_command(words).number(*definitions.spellings("context"))


def _backend(words: Sequence[str], engine: str, structured: bool) -> str | None:
    """What makes answers follow a schema; `None` if nothing does."""
    known = definitions.engine(engine)
    said = launch_reader.of_command(words).value(*definitions.spellings("grammar"))
    backend = said or (known.grammar_backend if known else None)
    return backend if structured and backend != "none" else None


def observe(host: Host, state: ServerStatus, spec: LaunchSpec | None, env_file: str | None) -> Observations:
    """What the checklist looks at: this home's server, and the client's own endpoint."""
    served = _models(host, spec.url, spec.key_file) if spec else []
    environment = None if env_file is None else _environment(Path(env_file))
    endpoint = (environment or {}).get(table("clients")["environment"]["endpoint"], "").rstrip("/").removesuffix("/v1")
    theirs = _models(host, endpoint) if endpoint.startswith(("http://", "https://")) else []
    return Observations(
        state=state,
        url=spec.url if spec else "",
        served=tuple(str(model.get("id")) for model in served),
        environment=environment,
        endpoint_models=tuple(str(model.get("id")) for model in theirs) or None,
    )


def _models(host: Host, url: str, key_file: str = "") -> list[Mapping[str, Any]]:
    answer = host.get(f"{url}/v1/models", timeout_s=_TIMEOUT_S, key_file=key_file)
    try:
        listed = foreign_json.loads(answer.body)["data"] if answer.ok else []
    except (ValueError, KeyError, TypeError):
        return []
    return [model for model in listed if isinstance(model, dict)]


def _environment(file: Path) -> dict[str, str]:
    """A .env file: `NAME=value` lines, quotes around values allowed. Raises `UsageError`."""
    found = {}
    for number, line in enumerate(read_document(file).splitlines(), start=1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise UsageError(
                f"{file}, line {number} is not NAME=value.", "A .env file has one variable a line.",
                "Correct it, or give another file.", code="input-file",
            )  # fmt: skip
        found[name.strip()] = value.strip().strip("\"'")
    return found
