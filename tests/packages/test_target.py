"""Which Python and platform a deployment is resolved for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installer.core.errors import PredictedError
from installer.core.machine.facts import MachineFacts, OperatingSystem
from installer.core.recipes.recipe import Environment, Model, ModelSource, RandomModel, Recipe, Server
from installer.packages import target

RECIPE = Recipe("r", "R", "vllm", Model("m", (ModelSource(random=RandomModel()),)), Server("m"))


@pytest.mark.parametrize(
    ("wanted", "have", "expected"),
    [
        (">=3.10", ("3.11", "3.12"), ("3.11", True)),
        (">=3.11,<3.14", ("3.10", "3.13"), ("3.13", True)),
        (">=3.11,<3.14", ("3.10",), ("3.12", False)),
        (">=3.11", None, ("3.12", False)),
        ("==3.10.*", (), ("3.10", False)),
    ],
)
def test_the_machines_default_python_wins_where_it_fits(
    wanted: str, have: tuple[str, ...] | None, expected: tuple[str, bool]
) -> None:
    recipe = replace(RECIPE, environment=Environment(python=wanted))
    assert target.python_version(recipe, MachineFacts(python=have)) == expected


def test_a_python_that_nobody_offers_is_foreseen() -> None:
    recipe = replace(RECIPE, environment=Environment(python="<3.8"))
    with pytest.raises(PredictedError, match="No Python fits"):
        target.python_version(recipe, MachineFacts(python=("3.12",)))


@pytest.mark.parametrize(
    ("glibc", "arch", "expected"),
    [
        ("2.36", "x86_64", "x86_64-manylinux_2_36"),
        ("2.35", "aarch64", "aarch64-manylinux_2_35"),
        ("2.27", "x86_64", "x86_64-manylinux_2_17"),
        ("2.5", "x86_64", "x86_64-manylinux2014"),
        ("2.99", "x86_64", "x86_64-manylinux_2_40"),
        (None, None, "x86_64-unknown-linux-gnu"),
    ],
)
def test_the_platform_is_the_newest_that_uv_knows(glibc: str | None, arch: str | None, expected: str) -> None:
    assert target.platform(MachineFacts(os=OperatingSystem(glibc=glibc, arch=arch))) == expected
