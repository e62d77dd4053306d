"""From a recipe, a model and an environment to the launch of one server. Pure: starts nothing, reads nothing.

No string of a recipe reaches a shell: every word of it becomes one argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from installer.core.contracts.serving import LaunchSpec
from installer.core.contracts.watching import COUNTED, Watching
from installer.core.errors import UsageError
from installer.core.files.document import Scalar
from installer.core.files.problems import quote
from installer.core.recipes.recipe import Recipe
from installer.core.text.numbers import is_whole
from installer.knowledge.engines import definitions
from installer.knowledge.tables import table
from stages import ranks
from stages.models import ChosenModel

_PLACE = re.compile(r"\{(model|served_as|host|port)\}")
_TOLD = {
    "model": ("model", "model"),
    "served_name": ("served_as", "model.served_as"),
    "host": ("host", "server.host"),
    "port": ("port", "server.port"),
}
"""What an engine must be told, by the meaning of its flag: the place, and the key of the recipe that contains it."""
_ALWAYS = {
    "PYTHONUNBUFFERED": "1",  # or the log lags behind
    "PYTHONFAULTHANDLER": "1",  # a process that a signal ends says in which call it was
    "PYTHONNOUSERSITE": "1",  # or packages of ~/.local get in front of the environment's own
    "HF_HUB_OFFLINE": "1",  # the model is on this disk: nothing is to be fetched, and no token is needed
    "TRANSFORMERS_OFFLINE": "1",
}


def launch_spec(
    recipe: Recipe, model: ChosenModel, environment: Path, more: Mapping[str, str] = MappingProxyType({})
) -> LaunchSpec:
    """How the recipe's server is started on `model` from the Python environment `environment`.

    `more` is what the machine adds to the server's variables, such as where unpacked libraries are.
    """
    # The generation itself, not the symlink to the one in use: a later switch must not change a running server.
    generation = environment.resolve()
    recipe = called(recipe, model)
    python = generation / "bin" / "python"
    command = ranks.engine_command(recipe, python, arguments(recipe, str(model.folder)))
    return replace(
        launch_of(recipe, model, command),
        environment={**_ALWAYS, **_scripts(recipe), **more, **recipe.server.environment},
        generation=int(generation.name) if is_whole(generation.name) else None,
    )


def _scripts(recipe: Recipe) -> Mapping[str, str]:
    known = definitions.engine(recipe.engine_name)
    return {"PYTHONPATH": str(Path(__file__).parent / "scripts" / known.scripts)} if known and known.scripts else {}


def launch_of(recipe: Recipe, model: ChosenModel, command: tuple[str, ...]) -> LaunchSpec:
    """What every launch of the recipe's server on `model` has, whatever `command` starts it."""
    server = recipe.server
    return LaunchSpec(
        command=command,
        host=server.host,
        port=server.port,
        model=str(model.folder),
        served_as=recipe.model.served_as,
        recipe=recipe.name,
        engine=recipe.engine_name,
        start_timeout_s=server.start_timeout_s,
        stop_timeout_s=server.stop_timeout_s,
        structured_output=server.structured_output,
        endpoints=server.endpoints,
        sockets_variable=definitions.variable_of(recipe.engine_name, "sockets"),
        stand_in=model.stand_in or _made_up(recipe),
        watching=watching(recipe),
        price=recipe.price,
    )


def _made_up(recipe: Recipe) -> bool:
    """Whether the engine is told to make up the weights by itself."""
    known = definitions.engine(recipe.engine_name)
    flag = definitions.flag_of(recipe.engine_name, "load_format")
    return bool(known and known.made_up_weights and recipe.server.flags.get(flag) == known.made_up_weights)


def watching(recipe: Recipe) -> Watching:
    """How the recipe's server is supervised, and the engine's names of the figures of its progress."""
    server = recipe.server
    if recipe.topology.follows:
        return Watching(restart=False, every_s=0)  # it answers no requests, and starts again by itself when rank 0 does
    rows = [row for row in table("metrics")["metrics"] if row["engine"] == recipe.engine_name]
    return Watching(
        restart=server.restart != "off",
        per_hour=server.restarts_per_hour,
        every_s=server.token_every_s,
        patience_s=server.token_timeout_s,
        counts={row["figure"]: tuple(row["names"]) for row in rows if row["figure"] in COUNTED},
    )


def called(recipe: Recipe, model: ChosenModel) -> Recipe:
    """The recipe with the name of the model that is really served: another source may be another model."""
    if model.served_as is None:
        return recipe
    return replace(recipe, model=replace(recipe.model, served_as=model.served_as))


def filled(value: Scalar | None, recipe: Recipe, model: str) -> Scalar | None:
    """The value of a flag as the server is given it."""
    return _filled(value, _placeholder_values(recipe, model)) if isinstance(value, str) else value


def arguments(recipe: Recipe, model: str) -> tuple[str, ...]:
    """The words after the entry point, with `model` (a folder, or a name) filled in.

    What the engine must be told comes from the recipe's own keys, whether its flags say it or not. Raises `UsageError`
    where they say something else.
    """
    values = _placeholder_values(recipe, model)
    own = (*_words(recipe.server.flags, values), *_words(_remaining_flags(recipe, values), values))
    return (*own, *ranks.words(recipe))


def settings(recipe: Recipe, model: str) -> tuple[str, ...]:
    """The same words without where the server listens and what it is called, which decide nothing of how it works."""
    engine, flags = definitions.engine(recipe.engine_name), recipe.server.flags
    names = engine.flags if engine else {}
    given = {name: name.replace("_", "-") for name in flags}
    place = {name for meaning in ("host", "port", "served_name") for name in names.get(meaning, ())}
    told = {} if set(names.get("model", ())) & set(given.values()) else {names["model"][0]: model} if names else {}
    own = {name: value for name, value in flags.items() if given[name] not in place}
    return tuple(_words({**told, **own}, _placeholder_values(recipe, model)))


def _remaining_flags(recipe: Recipe, values: Mapping[str, str]) -> Mapping[str, Scalar | None]:
    """The flags for the recipe's own keys that its flags leave out."""
    engine = definitions.engine(recipe.engine_name)
    if engine is None or recipe.server.module not in engine.modules:
        return {}
    given = {name.replace("_", "-"): value for name, value in recipe.server.flags.items()}
    found: dict[str, Scalar | None] = {}
    for meaning, (place, key) in _TOLD.items():
        written = next((name for name in engine.flags.get(meaning, ()) if name in given), None)
        if written is None and (flag := engine.flag(meaning)):
            found[flag] = f"{{{place}}}"
        elif written is not None and meaning != "model":
            _agree(written, _filled(str(given[written]), values), key, values[place])
    return found


def _agree(flag: str, stated: str, key: str, value: str) -> None:
    if stated != value:
        raise UsageError(
            f"The recipe is contradictory: {flag} is {quote(stated)}, and {key} is {quote(value)}.",
            "deploy-tui would look for the server at the wrong address.",
            f"Set only {key} and remove server.flags.{flag}: deploy-tui passes it to the engine.",
        )


def _placeholder_values(recipe: Recipe, model: str) -> Mapping[str, str]:
    server = recipe.server
    return {"model": model, "served_as": recipe.model.served_as, "host": server.host, "port": str(server.port)}


def _words(flags: Mapping[str, Scalar | None], values: Mapping[str, str]) -> Iterator[str]:
    for name, value in flags.items():
        flag = name if name.startswith("-") else f"--{name}"
        if value is None or value is False:
            continue
        if value is True:
            yield flag
            continue
        text = _filled(str(value), values)
        # A value that looks like a flag would be read as one.
        yield from (f"{flag}={text}",) if text.startswith("-") else (flag, text)


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Fills in the four places and nothing else: braces of a JSON value stay as they are."""
    return _PLACE.sub(lambda found: values[found[1]], text)
