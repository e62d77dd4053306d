"""`recipes list | show | lint | new`."""

from __future__ import annotations

import argparse
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from installer.cli import streams
from installer.cli.requests import home_of, model_request, request_of
from installer.core.errors import ExitCode, UsageError
from installer.core.files.plain import plain
from installer.core.recipes.recipe import Recipe
from installer.core.text.languages import _, translated
from installer.core.text.state_words import flag_word
from installer.disk import output
from installer.session import recipes

if TYPE_CHECKING:
    from installer.knowledge.parameters import Parameter


def list_recipes(options: argparse.Namespace) -> int:
    """Serve `recipes list`."""
    if options.check:
        from installer.cli.recipe_verdicts import check

        return check(options)
    found = recipes.shipped()
    if options.json:
        rows = [{"name": r.name, "title": r.title, "engine": r.engine_name, "model": r.model.served_as} for r in found]
        streams.document({"schema": 1, "recipes": rows})
    else:
        for recipe in found:
            streams.data(f"{recipe.name:<24} {translated(recipe.title)}")
    return int(ExitCode.OK)


def show_recipe(options: argparse.Namespace) -> int:
    """Serve `recipes show`."""
    from installer.knowledge import parameters

    recipe = recipes.load(options.name, profile=options.profile)
    if options.flag:
        return _explain_flag(recipe, options)
    explained = parameters.explained(recipe)
    if options.json:
        streams.document({"schema": 1, "recipe": plain(recipe), "parameters": plain(explained)})
        return int(ExitCode.OK)
    streams.data(Path(recipe.source).read_text(encoding="utf-8").rstrip())
    streams.show("\n# What the server's flags mean. One alone: `deploy-tui recipes show NAME FLAG`.")
    for parameter in explained:
        for line in _parameter_lines(parameter):
            streams.data(f"# {line}".rstrip())
    return int(ExitCode.OK)


def _explain_flag(recipe: Recipe, options: argparse.Namespace) -> int:
    from installer.core.files.problems import quote, suggestion
    from installer.knowledge import parameters

    found = parameters.explain(options.flag, recipe)
    if found is None:
        known = parameters.names(recipe)
        raise UsageError(
            f"There is no known flag {quote(options.flag)} of {recipe.engine_name}{suggestion(options.flag, known)}",
            f"The recipe {recipe.name} is for {recipe.engine_name}, which has no known flag of that name.",
            "Give one of them; the engine's own `--help` lists all its flags.",
        )
    if options.json:
        streams.document({"schema": 1, "parameter": plain(found)})
        return int(ExitCode.OK)
    for line in _parameter_lines(found):
        streams.data(line)
    return int(ExitCode.OK)


def _parameter_lines(parameter: Parameter) -> list[str]:
    """One flag for a person: its value and who chose it, what it is, why, and the trade-off."""
    lines = ["", f"{parameter.flag}: {flag_word(parameter.value)} ({translated(parameter.chosen_by)})"]
    for label, sentence in (("", parameter.what), (_("why"), parameter.why), (_("trade-off"), parameter.trade_off)):
        if sentence:
            text = f"{label}: {translated(sentence)}" if label else translated(sentence)
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
    if options.wish_model is None:
        model_request(options)  # refuses what goes with a model only
    if file.exists():
        raise UsageError(f"{file} exists already.", "It would be overwritten.", "Name another file.")
    output.refuse_uncreatable(file)
    if options.wish_model is not None:
        return _derive(file, options)
    output.put(file, recipes.template(file.stem))
    streams.say(f"Wrote {file}. Change it, then check it with `deploy-tui recipes lint {file}`.")
    return int(ExitCode.OK)


def _derive(file: Path, options: argparse.Namespace) -> int:
    """The recipe of a model, with a reason for each choice."""
    from installer.session import deriving
    from installer.session.cached_answers import PlanningHost
    from installer.session.prepare import facts_of

    home, request = home_of(options), request_of(options)
    made = deriving.derived(request, home, PlanningHost(home.cache), facts_of(request, home))
    output.put(file, made.text)
    if options.json:
        choices, findings = [asdict(one) for one in made.choices], [one.to_json() for one in made.findings]
        streams.document({"schema": 1, "file": str(file), "choices": choices, "findings": findings})
        return int(ExitCode.OK)
    for choice in made.choices:
        if choice.because:
            value = "left out" if choice.value is None else str(choice.value)
            streams.data(f"{choice.key.removeprefix('server.flags.')}: {value}\n  {translated(choice.because)}")
    for finding in made.findings:
        streams.say(f"{finding.summary} {finding.fix}")
    streams.say(f"Wrote {file}. To see its plan: `deploy-tui plan --recipe {file}`.")
    return int(ExitCode.OK)
