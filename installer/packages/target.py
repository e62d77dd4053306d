"""Which Python and which platform a deployment is resolved for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from installer.core.errors import PredictedError
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code
from installer.core.recipes.recipe import Recipe

_MANYLINUX = (17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40)
"""The glibc minors that uv's `--python-platform` knows (`uv pip compile --help`, 0.13)."""
OFFERED = ("3.12", "3.11", "3.13", "3.10", "3.14")
"""What to ask uv for where the machine has no fitting Python, the most widely built for first."""


def python_version(recipe: Recipe, facts: MachineFacts) -> tuple[str, bool]:
    """The Python of the environment ("3.11"), and whether the machine has it already.

    Raises `PredictedError` if no Python that uv offers satisfies the recipe.
    """
    from packaging.specifiers import SpecifierSet

    wanted = SpecifierSet(recipe.environment.python)
    for version in facts.python or ():
        if _fits(wanted, version):
            return version, True
    for version in OFFERED:
        if _fits(wanted, version):
            return version, False
    raise PredictedError(
        f"No Python fits the recipe {recipe.name}.",
        f"It needs {recipe.environment.python}; this machine has {_listed(facts.python)}.",
        "Change `environment.python` in the recipe.",
        code=Code.PYTHON_VERSION,
    )


def reused(recipe: Recipe, facts: MachineFacts) -> dict[str, str]:
    """The versions of what the recipe takes from the machine's own Python.

    Raises `PredictedError` if the machine is not known to have it.
    """
    names = recipe.environment.reuse
    lacking = [name for name in names if not facts.packages.get(name)]
    if lacking:
        raise PredictedError(
            f"The recipe {recipe.name} takes {', '.join(lacking)} from the machine's own Python.",
            f"Known packages of {facts.name}: {_listed(tuple(facts.packages))}.",
            "Install it there, correct `packages` in the machine file, or remove it from `environment.reuse`.",
            code=Code.DEPENDENCY_CONFLICT,
        )
    return {name: version for name in names if (version := facts.packages.get(name))}


def _fits(wanted: object, version: str) -> bool:
    # "3.11" means any 3.11.x, so use a late patch release of it.
    return f"{version}.99" in wanted  # type: ignore[operator]


def _listed(versions: Sequence[str] | None) -> str:
    return "none that we know of" if not versions else ", ".join(versions)


def platform(facts: MachineFacts) -> str:
    """The machine as uv names platforms, such as "x86_64-manylinux_2_35"; the common one where glibc is unknown."""
    arch = facts.os.arch or "x86_64"
    if not facts.os.glibc:
        return f"{arch}-unknown-linux-gnu"
    minor = int(facts.os.glibc.split(".")[1])
    fitting = [known for known in _MANYLINUX if known <= minor]
    return f"{arch}-manylinux_2_{fitting[-1]}" if fitting else f"{arch}-manylinux2014"
