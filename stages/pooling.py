"""Servers of models that generate no text, but embed or rank: how they are asked, and what is their first answer.

Only asks. What such a model is for is read from its launch and its config, never guessed.
"""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer.core.contracts.host import Answer, Host
from installer.core.contracts.serving import LaunchSpec
from installer.core.files import foreign_json
from installer.core.recipes.recipe import Recipe
from stages.launching import arguments, launch_of
from stages.models import ChosenModel

_TEXT = "Hello"
_PATHS: Mapping[str, str] = {"embed": "/v1/embeddings", "rank": "/v1/rerank"}
_ANSWER_S = 120.0


def task(spec: LaunchSpec) -> str:
    """ "embed" or "rank"; empty if it generates text."""
    from installer.proofs.promises import promised

    return promised(spec, architectures(Path(spec.model))).pooling


def pools(recipe: Recipe, model: ChosenModel | None) -> bool:
    """Whether the recipe's server writes no text."""
    return model is not None and bool(task(launch_of(recipe, model, arguments(recipe, str(model.folder)))))


def architectures(folder: Path) -> list[str]:
    """The classes that a model's config names; none if it cannot be read."""
    try:
        body: dict[str, Any] = foreign_json.loads((folder / "config.json").read_text(encoding="utf-8"))
        names = body.get("architectures")
    except (OSError, ValueError, AttributeError):
        return []
    return [str(name) for name in names] if isinstance(names, list) else []


def ask(host: Host, spec: LaunchSpec, what: str, timeout_s: float) -> Answer:
    """The smallest request that such a server answers."""
    return host.post(f"{spec.url}{_PATHS[what]}", _body(spec, what), timeout_s=timeout_s, key_file=spec.key_file)


def answered(answer: Answer) -> bool:
    return answer.ok and bool(_listed(answer))


def first_answer(host: Host, spec: LaunchSpec, what: str) -> tuple[str, float]:
    """What it answers, in words, and the milliseconds that it took."""
    began = time.perf_counter()
    answer = ask(host, spec, what, _ANSWER_S)
    took = round(1000 * (time.perf_counter() - began), 1)
    found = _listed(answer)
    vector = found[0].get("embedding") if found and isinstance(found[0], dict) else None
    return (
        f"{len(vector):,} numbers for a text" if isinstance(vector, list) else f"{len(found)} documents ranked"
    ), took


def curl(spec: LaunchSpec, what: str, key: str) -> str:
    """A line for a shell that asks the same; `key` are the words that send the key."""
    words = shlex.join(("-H", "Content-Type: application/json", "-d", json.dumps(_body(spec, what))))
    return f"curl -s {shlex.quote(f'{spec.url}{_PATHS[what]}')}{key} {words}"


def _body(spec: LaunchSpec, what: str) -> dict[str, Any]:
    more = {"input": [_TEXT]} if what == "embed" else {"query": _TEXT, "documents": [_TEXT]}
    return {"model": spec.served_as, **more}


def _listed(answer: Answer) -> list[Any]:
    try:
        body = foreign_json.loads(answer.body) if answer.ok else {}
    except ValueError:
        return []
    # Some engines rank in an object, some in a list.
    found = body.get("data", body.get("results")) if isinstance(body, dict) else body
    return found if isinstance(found, list) else []
