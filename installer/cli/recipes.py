"""`recipes list | show | lint | new`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from installer.cli import talk
from installer.core.errors import ExitCode, UsageError
from installer.core.recipe import Recipe
from installer.session import recipes


def list_recipes(options: argparse.Namespace) -> int:
    """Serve `recipes list`."""
    found = recipes.shipped()
    if options.json:
        rows = [{"name": r.name, "title": r.title, "engine": r.engine_name, "model": r.model.served_as} for r in found]
        talk.document({"schema": 1, "recipes": rows})
    else:
        for recipe in found:
            talk.data(f"{recipe.name:<24} {recipe.title}")
    return int(ExitCode.OK)


def show_recipe(options: argparse.Namespace) -> int:
    """Serve `recipes show`."""
    recipe = recipes.load(options.name)
    if options.json:
        talk.document({"schema": 1, "recipe": asdict(recipe)})
    else:
        talk.data(Path(recipe.source).read_text(encoding="utf-8").rstrip())
    return int(ExitCode.OK)


def lint_recipe(options: argparse.Namespace) -> int:
    """Serve `recipes lint`; every problem at once, with its line."""
    recipe: Recipe = recipes.load(str(Path(options.file).absolute()))
    if options.json:
        talk.document({"schema": 1, "recipe": recipe.name, "problems": []})
    else:
        talk.say(f"{options.file}: the recipe {recipe.name} is valid.")
    return int(ExitCode.OK)


def new_recipe(options: argparse.Namespace) -> int:
    """Serve `recipes new`."""
    file = Path(options.file)
    if file.exists():
        raise UsageError(f"{file} exists already.", "It would be overwritten.", "Name another file.")
    file.write_text(recipes.template(file.stem), encoding="utf-8")
    talk.say(f"Wrote {file}. Change it, then check it with `deploy-tui recipes lint {file}`.")
    return int(ExitCode.OK)
