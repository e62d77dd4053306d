"""Deriving for a machine file with shipped knowledge alone: what the tests and the table of the docs share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from installer.core.files.document import Scalar
from installer.core.machine.facts import MachineFacts
from installer.core.machine.loader import parse
from installer.core.plans.plan import Finding
from installer.core.plans.stack import ModelFacts
from installer.core.recipes.recipe import Recipe
from installer.core.runs.home import Home
from installer.core.runs.model_request import ModelRequest
from installer.core.runs.request import Request
from installer.derive import Derived
from installer.host.local import LocalHost
from installer.knowledge.tables import table
from installer.session import deriving, recipes
from installer.session.assessing import supposed
from installer.session.outside_facts import OutsideFacts
from installer.session.prepared import Prepared

MACHINES = ("t4", "l4", "a10", "a40-pod", "a100", "h100-one", "h100", "rtx5090", "8x-h20")
"""h100 and 8x-h20 have eight GPUs; the driver of the latter takes CUDA 12 only."""
_FOLDER = Path(__file__).parent.parent / "machines"


@cache
def machine(name: str) -> MachineFacts:
    path = _FOLDER / f"{name}.yaml"
    return parse(path.read_text(encoding="utf-8"), str(path))


def models() -> Sequence[str]:
    """The first name of each row of models.yaml."""
    return [row["repos"][0] for row in table("models")["models"]]


def derived(model: str, on: str, home: Home, *, overruled: tuple[str, ...] = (), **wished: int | str) -> Derived:
    """Raises what deriving raises."""
    request = Request(
        wish=ModelRequest(model, **wished), machine=str(_FOLDER / f"{on}.yaml"), offline=True, overruled=overruled
    )  # type: ignore[arg-type]
    return deriving.derived(request, home, LocalHost(home.cache), machine(on))


def flags(made: Derived) -> Mapping[str, Scalar]:
    return {
        one.key.removeprefix("server.flags."): one.value
        for one in made.choices if one.key.startswith("server.flags.") and one.value is not None
    }  # fmt: skip


def recipe(made: Derived) -> Recipe:
    return recipes.of_text(made.text, "derived")


def assessed(made: Derived, on: str, home: Home, model: ModelFacts | None = None) -> Sequence[Finding]:
    """What the checks of a plan say of it, nobody being asked."""
    request = Request(recipe="derived", machine=str(_FOLDER / f"{on}.yaml"), offline=True)
    prepared = Prepared(request, home, recipe(made), machine(on), "")
    with OutsideFacts(prepared, LocalHost(home.cache), model) as outside:
        return supposed(outside)
