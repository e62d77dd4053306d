"""The recipes that are included: finds them, reads one by name or file, and chooses one for a machine.

Never fetches anything, and never guesses: where no recipe fits, it says what each one lacked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import installer
from installer.core.errors import PredictedError, UsageError
from installer.core.files.problems import quote, suggestion
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.recipes import loader
from installer.core.recipes.loader import Written
from installer.core.recipes.recipe import Recipe
from installer.core.recipes.rules import name as name_problem
from installer.host.documents import ENDINGS, documents_in, read_document
from installer.knowledge.engines import definitions
from installer.knowledge.versions import fits

NO_PROFILE = "none"
"""What `--profile` is told to take none, not even the one that fits the GPU."""
_TEMPLATE = "_template.yaml"
_CHOSEN = re.compile(r"^ *priority:", re.MULTILINE)
_NO_REASON = frozenset({Code.PORT, Code.DISK, Code.SHM, Code.GPU_HELD})
"""What clashes with every recipe alike and can be changed: no reason to take another one."""


def folder() -> Path:
    """Where the recipes are: in the installed package, or in the checkout."""
    package = Path(installer.__file__).parent
    packaged = package / "_recipes"
    return packaged if packaged.is_dir() else package.parent / "recipes"


def checkout() -> Path:
    """The folder that this tool was started from, where it is a clone of its repository."""
    return Path(installer.__file__).resolve().parent.parent


def names() -> list[str]:
    """The names of the included ones, without reading them."""
    return [path.stem for path in documents_in(folder())]


def shipped() -> list[Recipe]:
    """Every recipe that is included, by name."""
    return [_read(path) for path in documents_in(folder())]


def preferred() -> list[Recipe]:
    """Those that may be chosen by themselves, the first choice first; the others are not even read."""
    found = [_read(path) for path in documents_in(folder()) if _CHOSEN.search(read_document(path))]
    return sorted((recipe for recipe in found if recipe.choice.priority > 0), key=lambda one: -one.choice.priority)


def load(name_or_file: str, *, profile: str | None = None, settings: Sequence[str] = ()) -> Recipe:
    """The recipe of that name, or in that file. Raises `UsageError` for any that is not there or not valid."""
    return loader.profiled(recipe_of(written(name_or_file), settings), profile, settings)


def written(name_or_file: str) -> Written:
    """The text of a recipe, parsed. Raises `UsageError` for any that is not there or no recipe's text."""
    path = _path_of(name_or_file)
    return loader.written(read_document(path), str(path))


def text_of(name_or_file: str) -> str:
    """The text of a recipe. Raises `UsageError` for any that is not there."""
    return read_document(_path_of(name_or_file))


def recipe_of(text: Written, settings: Sequence[str] = ()) -> Recipe:
    """What a parsed text comes to with what the command line sets. Raises `UsageError`."""
    return loader.recipe_of(text, settings, definitions.startable())


def _path_of(name_or_file: str) -> Path:
    if "/" in name_or_file or name_or_file.endswith(ENDINGS):
        return Path(name_or_file)
    files = {path.stem: path for path in documents_in(folder())}
    if name_or_file in files:
        return files[name_or_file]
    if Path(name_or_file).is_file():
        return Path(name_or_file)
    raise UsageError(
        f"There is no recipe named {quote(name_or_file)}{suggestion(name_or_file, files)}",
        f"The included recipes are: {', '.join(files)}.",
        "Name one of them, or a file (--recipe ./mine.yaml).",
        code="input-file",
    )


def choose(facts: MachineFacts, recipes: Sequence[Recipe]) -> tuple[Recipe, str]:
    """The recipe for a machine if none was named, and why, in a sentence.

    An unknown fact rules nothing out. Raises `PredictedError` if nothing fits.
    """
    candidates = sorted((r for r in recipes if r.choice.priority > 0), key=lambda r: -r.choice.priority)
    found = {recipe.name: against(recipe, facts) for recipe in candidates}
    chosen = next((recipe for recipe in candidates if not found[recipe.name]), None)
    if chosen is not None:
        return chosen, _reason(chosen, facts)
    raise PredictedError(
        f"No recipe fits the machine {facts.name}.",
        "\n".join(f"{name}: {why}" for name, why in found.items()) or "No recipe is chosen automatically.",
        _ways_out(facts, shipped()),
    )


def _ways_out(facts: MachineFacts, recipes: Sequence[Recipe]) -> str:
    """What to do where nothing is chosen: the recipes that would run there, to be named."""
    fitting = [recipe.name for recipe in recipes if _meant(recipe) and not _lacking(recipe, facts)]
    own = "write a recipe of your own (`deploy-tui recipes new FILE`)"
    if not fitting:
        return f"No included recipe runs there: use another machine, or {own}."
    return f"These run there: {', '.join(fitting)}. Name one (`--recipe {fitting[0]}`), or {own}."


def _meant(recipe: Recipe) -> bool:
    """Whether a recipe is meant to work, and not kept as someone once wrote it down."""
    return not recipe.choice.family or recipe.choice.family_priority > 0


def of_text(text: str, source: str) -> Recipe:
    """The recipe of a text that is not a file yet. Raises `UsageError`."""
    return loader.load(text, source, engines=definitions.startable())


def family(name: str) -> list[Recipe]:
    """The recipes that are included and share that family; none if `name` is no family's."""
    if "/" in name or name in names():
        return []
    return [recipe for recipe in shipped() if recipe.choice.family == name]


def choose_in_family(facts: MachineFacts, recipes: Sequence[Recipe]) -> tuple[Recipe, str]:
    """Like `choose`, among the recipes of one family."""
    return choose(facts, [replace(r, choice=replace(r.choice, priority=r.choice.family_priority)) for r in recipes])


def from_environment(recipe: Recipe, environment: Mapping[str, str], settings: Sequence[str]) -> tuple[str, ...]:
    """What the caller's environment sets of a recipe, as `--set` would; what `--set` says itself wins."""
    given = {setting.partition("=")[0] for setting in settings}
    variables = recipe.server.variables.items()
    return tuple(f"{key}={environment[name]}" for name, key in variables if environment.get(name) and key not in given)


def fitting_profile(recipe: Recipe, facts: MachineFacts) -> tuple[str | None, str]:
    """The profile that the GPU's memory calls for, and why, in a sentence; none if nothing is known."""
    memories = [gpu.memory_mib for gpu in facts.gpus or ()]
    known = [memory for memory in memories if memory is not None]
    if not known or len(known) < len(memories):
        return None, ""
    smallest = min(known)
    for profile in recipe.profiles:
        if profile.gpu_memory_mib and fits(str(smallest), profile.gpu_memory_mib):
            count = "the GPU has" if len(known) == 1 else "the smallest GPU has"
            return profile.name, f"{count} {smallest} MiB of memory"
    return None, ""


def template(name: str) -> str:
    """The text of a new recipe, commented, called `name`."""
    if problem := name_problem(name):
        raise UsageError(f"A recipe cannot be named {quote(name)}.", f"{problem}.", "Choose another file name.")
    text = read_document(folder() / _TEMPLATE)
    return text.replace("name: my-recipe", f"name: {name}", 1)


def _read(path: Path) -> Recipe:
    return loader.load(read_document(path), str(path), engines=definitions.startable())


def against(recipe: Recipe, facts: MachineFacts) -> str:
    """What rules a recipe out from being chosen on a machine; empty if nothing is known to."""
    if recipe.requirements.gpu is False and facts.gpus:
        return f"it is for machines without a GPU, and this one has {_gpus(facts)}."
    if recipe.requirements.gpu is False and facts.driver is not None and facts.driver.error:
        return f"it is for machines without a GPU; there seems to be one that does not respond: {facts.driver.error}."
    return _lacking(recipe, facts)


def _lacking(recipe: Recipe, facts: MachineFacts) -> str:
    """What a machine lacks of a recipe's demands."""
    from installer.preflight.checks.machine_fit import unmet_requirements

    found = [finding for finding in unmet_requirements(recipe, facts) if _rules_out(finding)]
    return " ".join(finding.evidence for finding in found)


def _rules_out(finding: Finding) -> bool:
    return finding.severity == Severity.BLOCKER and finding.code not in _NO_REASON


def _reason(recipe: Recipe, facts: MachineFacts) -> str:
    because = f"{recipe.choice.because}; " if recipe.choice.because else ""
    *most, last = _deciding(recipe, facts)
    found = f"{', '.join(most)} and {last}" if most else last
    return f"{because}the machine has {found}"


def _deciding(recipe: Recipe, facts: MachineFacts) -> list[str]:
    """The facts that the choice rests on; what is not there comes last, so that "no" says nothing of the others."""
    without = facts.gpus is not None and not facts.gpus
    words = [] if without else [_gpus(facts)]
    if recipe.requirements.driver:
        version = facts.driver.version if facts.driver else None
        words.append(f"driver {version}" if version else "a driver of unknown version")
    if recipe.requirements.glibc:
        words.append(f"glibc {facts.os.glibc}" if facts.os.glibc else "a C library of unknown version")
    return [*words, "no GPU"] if without else words


def _gpus(facts: MachineFacts) -> str:
    if not facts.gpus:
        return "GPUs that are not known"
    first = facts.gpus[0]
    capability = first.compute_capability or "unknown"
    count = f"{len(facts.gpus)} GPUs, " if len(facts.gpus) > 1 else ""
    return f"{count}{first.name} (compute capability {capability})"
