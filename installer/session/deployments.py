"""What a home is to contain: remembered for commands that name no recipe, and next to each generation for a rollback.

The text of the recipe is kept next to a generation as well: its file may have changed until a rollback.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from installer.core.errors import DamagedError, UsageError
from installer.core.files.typed import typed
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.disk.reading import damaged, read_json, read_own
from installer.disk.writing import write_atomically
from installer.execution import lock
from installer.execution.generations import Generations

if TYPE_CHECKING:
    from installer.session.prepared import Prepared


def remembered(home: Home) -> Request | None:
    """What this home was last asked to contain. Raises `DamagedError`."""
    body = read_json(home.deployment)
    try:
        return None if body is None else typed(Request, body)
    except ValueError as error:
        raise damaged(home.deployment, str(error)) from None


def remember(prepared: Prepared) -> None:
    """Note what this home is to contain, for commands that name no recipe, and next to the generation in use."""
    home, request = prepared.home, prepared.request
    recipe = request.recipe or prepared.recipe.name
    if Path(recipe).exists():
        recipe = str(Path(recipe).absolute())
    kept = replace(request, recipe=recipe, stages=(), machine=None, model_config=None)
    _keep(kept, home)
    current = Generations(home).current()
    if current is not None:
        body = {"request": kept.to_json(), "text": prepared.text}
        write_atomically(Generations(home).deployment(current), json.dumps(body, indent=1))


@dataclass(frozen=True, slots=True)
class Back:
    """Where a rollback has gone."""

    generation: int
    before: int | None
    request: Request | None
    """What the home contains from now on; `None`: what was deployed with that generation is not known."""


def go_back(home: Home, number: int | None) -> Back:
    """Use another generation, and what was deployed with it. No network.

    Raises `UsageError` if there is none, `LockedError` in a run.
    """
    generations = Generations(home)
    with lock.held(home, "rollback"):
        before, target = generations.current(), generations.target(number)
        request = _deployed_with(home, target)
        if request is not None:
            _keep(request, home)
        generations.switch(target)  # last: a run that is interrupted before it requests the same again
    return Back(target, before, request)


def kept_text(name: str, text: str, home: Home) -> Path:
    """A file of the home with that recipe. One that someone changed is never written over. Raises `UsageError`."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    for more in ("", "-again", "-once-more"):
        file = home.recipes / f"{name}-{digest}{more}.yaml"
        there = read_own(file)
        if there is None:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, text)
        if there in (None, text.encode()):
            return file
    raise UsageError(
        f"The recipe of {name} cannot be saved.", f"Every file for it in {home.recipes} was edited by hand.",
        "Name one of them with --recipe, or delete them.",
    )  # fmt: skip


def _keep(request: Request, home: Home) -> None:
    home.deployment.parent.mkdir(parents=True, exist_ok=True)  # of a further server it is the first file
    write_atomically(home.deployment, json.dumps(request.to_json(), indent=1))


def _deployed_with(home: Home, number: int) -> Request | None:
    """What was deployed with a generation; where nothing was noted next to it, what its run requested."""
    generations = Generations(home)
    noted = _read(generations.deployment(number))
    if noted:
        try:
            return _with_text(typed(Request, noted["request"]), str(noted["text"]), home)
        except (KeyError, ValueError):
            return None
    seal = generations.seals().get(number)
    asked = _read(home.run(seal.run).request) if seal and seal.run else None
    try:
        request = typed(Request, {**asked, "server": ""}) if asked else None
    except ValueError:
        return None
    if request is None or not request.recipe:
        return None
    return replace(request, stages=(), machine=None, model_config=None, repairs="")


def _with_text(request: Request, text: str, home: Home) -> Request:
    """The request for that very text: its own file where that says the same still, else one in the home."""
    from installer.session import recipes

    name = request.recipe or ""
    try:
        same = not text or recipes.text_of(name) == text
    except UsageError:
        same = False
    return request if same else replace(request, recipe=str(kept_text(Path(name).stem, text, home)))


def _read(file: Path) -> dict[str, Any] | None:
    """What cannot be read is not known: a rollback must work all the same."""
    try:
        body = read_json(file)
    except DamagedError:
        return None
    return body if isinstance(body, dict) else None
