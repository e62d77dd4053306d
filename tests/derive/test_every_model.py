"""Every known model on several machines: a recipe that no check of a plan is against, or a refusal with a way out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from installer.core.errors import PredictedError
from installer.core.recipes.recipe import Recipe
from installer.core.runs.home import Home
from installer.derive import deriving
from installer.derive.flags import spellings
from installer.knowledge.engines import parser_names
from installer.preflight.checks.machine_fit import unmet_requirements
from installer.session import recipes
from tests.derive.deriving import MACHINES, assessed, derived, machine, models, recipe

ALIKE = ("disk", "shm", "port", "credentials", "network")
"""What the machine lacks for every recipe."""


@pytest.fixture(scope="module", autouse=True)
def read_once() -> None:
    """The recipes that come along are the same for every model."""
    patch = pytest.MonkeyPatch()
    patch.setattr(recipes, "preferred", cache(recipes.preferred))


@pytest.mark.parametrize("on", MACHINES)
def test_each_is_derived_or_refused(on: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        deriving, "_would", lambda task: lambda *_: False
    )  # ways out take longest, and have a test below
    home, served = Home(tmp_path), 0
    for model in models():
        try:
            made = derived(model, on, home)
        except PredictedError as refused:
            assert refused.what and refused.why and refused.code, model
            continue
        served += 1
        read = recipe(made)
        stated = [one for one in unmet_requirements(read, machine(on)) if one.code not in ALIKE]
        against = [*stated, *(one for one in assessed(made, on, home) if one.code not in ALIKE)]
        # Where every engine needs code of the model's own, the user decides: each of them says so.
        decided = [one for one in against if not one.fix.startswith("Add --trust-remote-code")]
        assert not [one for one in decided if one.severity == "blocker"], model
        _known_to_its_release(read, model)
    assert served >= 10


@pytest.mark.parametrize("model", models()[::9])
def test_a_refusal_names_a_way_out(model: str, tmp_path: Path) -> None:
    try:
        derived(model, "t4", Home(tmp_path))
    except PredictedError as refused:
        assert refused.fix


def _known_to_its_release(read: Recipe, model: str) -> None:
    release = read.engine.alternatives[0].requires[0].partition("==")[2]
    flags = read.server.flags
    unknown = set(flags) - spellings(read.engine_name, release)
    assert {flag for flag in unknown if "." not in flag} == set(), model
    for kind, flag in (("tool", "--tool-call-parser"), ("reasoning", "--reasoning-parser")):
        have = parser_names.known(read.engine_name, release, kind)
        assert flag not in flags or (have is not None and flags[flag] in have), model
