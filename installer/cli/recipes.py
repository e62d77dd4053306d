"""`recipes list | show | lint | new`."""

from __future__ import annotations

import argparse
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from installer.cli import streams
from installer.core.errors import ExitCode, UsageError
from installer.core.recipes.recipe import Recipe
from installer.session import recipes

if TYPE_CHECKING:
    from installer.knowledge.parameters import Parameter


def list_recipes(options: argparse.Namespace) -> int:
    """Serve `recipes list`."""
    found = recipes.shipped()
    if options.json:
        rows = [{"name": r.name, "title": r.title, "engine": r.engine_name, "model": r.model.served_as} for r in found]
        streams.document({"schema": 1, "recipes": rows})
    else:
        for recipe in found:
            streams.data(f"{recipe.name:<24} {recipe.title}")
    return int(ExitCode.OK)


def show_recipe(options: argparse.Namespace) -> int:
    """Serve `recipes show`."""
    from installer.knowledge import parameters

    recipe = recipes.load(options.name, profile=options.profile)
    if options.flag:
        return _explain_flag(recipe, options)
    explained = parameters.explained(recipe)
    if options.json:
        flags = [asdict(parameter) for parameter in explained]
        streams.document({"schema": 1, "recipe": asdict(recipe), "parameters": flags})
        return int(ExitCode.OK)
    streams.data(Path(recipe.source).read_text(encoding="utf-8").rstrip())
    streams.data("\n# What the server's flags mean. One alone: `deploy-tui recipes show NAME FLAG`.")
    for parameter in explained:
        for line in _told(parameter):
            streams.data(f"# {line}".rstrip())
    return int(ExitCode.OK)


def _explain_flag(recipe: Recipe, options: argparse.Namespace) -> int:
    from installer.core.files.problems import quote, suggestion
    from installer.knowledge import parameters

    found = parameters.explain(options.flag, recipe)
    if found is None:
        known = parameters.names(recipe)
        raise UsageError(
            f"No flag called {quote(options.flag)} is known for {recipe.engine_name}{suggestion(options.flag, known)}",
            f"The recipe {recipe.name} is for {recipe.engine_name}, and nothing is known of such a flag of it.",
            "Name one of them; `--help` of the engine itself lists all that it has.",
        )
    if options.json:
        streams.document({"schema": 1, "parameter": asdict(found)})
        return int(ExitCode.OK)
    for line in _told(found):
        streams.data(line)
    return int(ExitCode.OK)


def _told(parameter: Parameter) -> list[str]:
    """One flag for a person: its value and who chose it, what it is, why, and the trade-off."""
    given = parameter.value
    value = "left to the engine" if given is None else str(given)
    if isinstance(given, bool):
        value = "on" if given else "off"
    lines = ["", f"{parameter.flag}: {value} ({parameter.chosen_by})"]
    for label, sentence in (("", parameter.what), ("why", parameter.why), ("trade-off", parameter.trade_off)):
        if sentence:
            text = f"{label}: {sentence}" if label else sentence
            lines += textwrap.wrap(text, 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return lines


def lint_recipe(options: argparse.Namespace) -> int:
    """Serve `recipes lint`; every problem at once, with its line."""
    recipe: Recipe = recipes.load(str(Path(options.file).absolute()))
    if options.json:
        streams.document({"schema": 1, "recipe": recipe.name, "problems": []})
    else:
        streams.say(f"{options.file}: the recipe {recipe.name} is valid.")
    return int(ExitCode.OK)


def new_recipe(options: argparse.Namespace) -> int:
    """Serve `recipes new`."""
    file = Path(options.file)
    if file.exists():
        raise UsageError(f"{file} exists already.", "It would be overwritten.", "Name another file.")
    if not file.parent.is_dir():
        raise UsageError(
            f"{file} cannot be written.", f"There is no folder {file.parent}.",
            "Make the folder, or name a file in one that is there.",
        )  # fmt: skip
    file.write_text(recipes.template(file.stem), encoding="utf-8")
    streams.say(f"Wrote {file}. Change it, then check it with `deploy-tui recipes lint {file}`.")
    return int(ExitCode.OK)
