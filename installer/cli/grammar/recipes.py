"""The grammar of `recipes`."""

from __future__ import annotations

import argparse

from installer.cli.grammar import model_options
from installer.cli.grammar.options import Commands, Parser, circumstances, command, verbs_of


def describe(commands: Commands[Parser]) -> None:
    """Add it."""
    verbs = verbs_of(commands.add_parser("recipes", help="list, show, check and write recipes"))
    listed = command(verbs, "list", "recipes", "list_recipes", "list the included recipes")
    listed.add_argument("--check", action="store_true", help="check each for the machine, without downloads")
    circumstances(listed)
    show = command(verbs, "show", "recipes", "show_recipe", "print a recipe, and what it would install")
    show.add_argument("name", metavar="NAME|FILE", help="name or file")
    show.add_argument("flag", metavar="FLAG", nargs="?", help="explain only this flag of its server")
    show.add_argument("--profile", metavar="NAME", default=argparse.SUPPRESS, help="with the values of this profile")
    lint = command(verbs, "lint", "recipes", "lint_recipe", "check a recipe file, with line numbers")
    lint.add_argument("file", metavar="FILE")
    new = command(verbs, "new", "recipes", "new_recipe", "write a commented template, or a recipe for a model")
    model_options.add(new)
    circumstances(new)
    new.add_argument("file", metavar="FILE")
