"""The winner of a search as a profile, in a copy of its recipe. It must never change the recipe itself."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path

from installer import __version__
from installer.core.errors import UsageError
from installer.core.files.document import Scalar
from installer.core.recipes.recipe import Recipe
from installer.core.runs.home import Home
from installer.disk.writing import write_atomically
from installer.session import recipes
from installer.session.tuning import Trial

_SECTION = re.compile(r"^profiles:[ \t]*(?:#.*)?\n", re.MULTILINE)


def write(home: Home, recipe: Recipe, name: str, flags: Mapping[str, Scalar | None], description: str) -> Path:
    """The file, `NAME-tuned.yaml` in the home's folder of trials. Raises `UsageError` if it would be no recipe."""
    text = Path(recipe.source).read_text(encoding="utf-8")
    file = home.tuning / f"{recipe.name}-tuned.yaml"
    written = with_profile(text, name, description, flags)
    home.tuning.mkdir(parents=True, exist_ok=True)
    write_atomically(file, written)
    if recipes.load(str(file), profile=name).profile != name:
        raise UsageError(f"The profile could not be put into a copy of {recipe.source}.", "", "Put it in by hand.")
    return file


def with_profile(text: str, name: str, description: str, flags: Mapping[str, Scalar | None]) -> str:
    """The text of a recipe with one profile more, ahead of those that it has; one of that name is replaced."""
    text = _without(text, name)
    match = _SECTION.search(text)
    before, after = (text[: match.end()], text[match.end() :]) if match else (text.rstrip("\n") + "\n\nprofiles:\n", "")
    own = re.search(r"^([ \t]*)- ", after, re.MULTILINE)
    indent = own[1] if own else "  "
    lines = [f"- name: {name}", f"  description: {json.dumps(description, ensure_ascii=False)}", "  flags:"]
    lines += [f"    {flag}: {json.dumps(value)}" for flag, value in flags.items()]
    return before + "".join(f"{indent}{line}\n" for line in lines) + after


def _without(text: str, name: str) -> str:
    """Without the profile that an earlier search wrote."""
    block = re.compile(rf"^([ \t]*)- name: {re.escape(name)}\n(?:\1[ \t]+.*\n)*", re.MULTILINE)
    return block.sub("", text)


def described(best: Trial, on: str) -> str:
    """The measurements of the winner, for anyone who reads the profile."""
    figures = "; ".join(
        f"{load.output_tokens_per_s:,.0f} tokens/s, first token {load.ttft_ms:,.0f} ms, {load.tpot_ms:.1f} ms a token "
        f"at {load.load.concurrency} at a time"
        for load in best.loads
    )
    day = time.strftime("%Y-%m-%d")
    return f"Measured on {on}, {day}, by deploy-tui {__version__}: {figures}"
