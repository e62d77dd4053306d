"""Derives the recipe of a request that names a model: asks what is known of it, and keeps the file in the home.

The same wish on the same machine gives the same file; a file that someone changed is never written over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from installer.core.errors import DeployError, PredictedError, UsageError
from installer.core.files.problems import quote, suggestion
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code
from installer.core.plans.plan import Finding
from installer.core.plans.stack import ModelFacts
from installer.core.recipes.recipe import Recipe
from installer.core.runs.home import Home
from installer.core.runs.model_request import ModelRequest
from installer.core.runs.request import Request
from installer.core.text.quantities import first
from installer.host.local import LocalHost
from installer.knowledge.engines import definitions
from installer.knowledge.engines.shipped import knowledge_engine
from installer.session import recipes
from installer.session.assessing import supposed
from installer.session.circumstances import Circumstances, circumstances
from installer.session.outside_facts import OutsideFacts, model_of
from installer.session.prepared import Prepared

if TYPE_CHECKING:
    from installer.derive import Base, Derived


def derived(request: Request, home: Home, host: LocalHost, facts: MachineFacts) -> Derived:
    """The recipe of `request.wish`.

    Raises `UsageError` if nothing is known of the model, `PredictedError` if it cannot be served on the machine.
    """
    from installer.derive import Task, derive

    wish = request.wish
    assert wish is not None
    around = circumstances(request, home, facts)
    folder = wish.model if Path(wish.model).is_absolute() else ""
    if folder and wish.revision:
        raise UsageError(
            "--revision cannot be used with a folder.", f"{folder} is a folder of this machine.", "Leave it out."
        )
    model = _of_folder(Path(folder)) if folder else _of_hub(wish, around, host)
    facts = _without_other_programs(facts)
    shipped = recipes.preferred()
    bases, excluded = _bases(shipped, facts, wish, request.as_of)

    def bases_on(facts: MachineFacts) -> Sequence[Base]:
        return _bases(shipped, facts, wish, request.as_of)[0]

    def assess(text: str, model: ModelFacts, facts: MachineFacts) -> Sequence[Finding]:
        recipe = recipes.of_text(text, f"the recipe derived for {model.name}")
        with OutsideFacts(Prepared(request, home, recipe, facts, ""), host, model) as outside:
            return supposed(outside)

    return derive(Task(wish, model, facts, bases, bases_on, assess, excluded, folder, request.overruled))


def _of_folder(folder: Path) -> ModelFacts:
    from installer.models import load_model

    try:
        return load_model(folder)
    except UsageError as error:
        raise UsageError(
            f"{folder} cannot be read as a model.", error.why,
            "Give --model a folder with the model's config.json, or its name at the hub (ORG/NAME).", code="input-file",
        ) from None  # fmt: skip


def _of_hub(wish: ModelRequest, around: Circumstances, host: LocalHost) -> ModelFacts:
    """What the hub or shipped knowledge says, of the known checkpoint in the format that is requested."""
    from installer.derive.quantizing import variant

    at = wish.revision or "main"
    found = model_of(wish.model, around, host, revision=at)
    if found is not None and wish.quantization and not found.quantization:
        other = variant(found, wish.quantization)
        found = (model_of(other, around, host) or found) if other else found
    if found is None:
        raise _unknown(wish.model, around)
    if not (found.architectures or found.model_type):
        raise _refused(found) if found.refused else _without_config(found)
    return found


def _unknown(name: str, around: Circumstances) -> UsageError:
    where = "Shipped knowledge does not list it, and --offline allows no requests." if around.offline else (
        "Shipped knowledge does not list it, and the hub did not answer (HF_ENDPOINT names another one).")  # fmt: skip
    return UsageError(
        f"There is no known model named {quote(name)}.", where,
        "Check the name (ORG/NAME), or give the model's folder (--model ./folder), or its config with --model-config.",
        code="input-file",
    )  # fmt: skip


def _without_config(model: ModelFacts) -> PredictedError:
    endings = sorted({name.rpartition(".")[2] for name in model.files or () if "." in name})
    return PredictedError(
        f"{model.name} has no config.json, so no engine can identify it.",
        f"{model.source}: its files end with {first(endings, 6)}.",
        "Use the repository that these files were made from, with the weights as *.safetensors.",
        code=Code.MODEL_UNSUPPORTED,
    )


def _refused(model: ModelFacts) -> DeployError:
    why = f"{model.source} says: {model.refused}."
    if model.gated:
        return PredictedError(
            f"The hub denies access to {model.name}.", why,
            "Request access on its page, and export HF_TOKEN=… of an account that has it.",
            code=Code.CREDENTIALS,
        )  # fmt: skip
    return UsageError(
        f"The hub has no model called {quote(model.name)} that is visible to this account.", why,
        "Check the name; for a private model export HF_TOKEN=… first.", code="input-file",
    )  # fmt: skip


def _bases(
    shipped: Sequence[Recipe], facts: MachineFacts, wish: ModelRequest, as_of: str | None
) -> tuple[list[Base], list[str]]:
    """The recipes whose packages the machine can run, the preferred first; and why it cannot run the others."""
    from installer.derive import Base

    if wish.engine is not None and wish.engine not in definitions.engines():
        raise UsageError(
            f"There is no engine named {quote(wish.engine)}{suggestion(wish.engine, definitions.engines())}",
            f"These are known: {', '.join(definitions.engines())}.", "Name one of them, or leave out --engine.",
        )  # fmt: skip
    found, excluded = [], []
    for recipe in shipped:
        release = recipe.engine.alternatives[0].requires[0].partition("==")[2]
        why = (_late(recipe, release, as_of) if as_of else "") or recipes.against(_without_its_model(recipe), facts)
        if wish.engine not in (None, recipe.engine_name):
            continue
        if why:
            excluded.append(f"{definitions.title_of(recipe.engine_name)} {release}: {why}")
        else:
            found.append(Base(recipe, release))
    return found, excluded


def _without_other_programs(facts: MachineFacts) -> MachineFacts:
    """The machine as if no other process used its GPUs: a recipe outlives what runs there now, which the plan says."""
    gpus = facts.gpus and tuple(replace(gpu, free_mib=None, processes=None) for gpu in facts.gpus)
    return replace(facts, gpus=gpus)


def _without_its_model(recipe: Recipe) -> Recipe:
    """Only what the packages ask of the machine."""
    wants = replace(recipe.requirements, gpu_memory_mib=None, disk_mib=None, memory_mib=None)
    return replace(recipe, requirements=wants)


def _late(recipe: Recipe, release: str, as_of: str) -> str:
    known = knowledge_engine(recipe.engine_name, release)
    late = known is not None and known.released > as_of
    return f"it was released on {known.released}, after {as_of}." if late and known else ""
