"""The words that make an engine's process one rank of a model over several GPUs and machines. Pure: starts nothing.

Which way an engine has for that is read off the flags that the recipe's release knows, never off its number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from installer.core.engines import RankWay, Spread
from installer.core.errors import UsageError
from installer.core.recipes.recipe import Recipe
from installer.core.recipes.topology import ONE, Topology
from installer.knowledge import images
from installer.knowledge.engines import definitions
from installer.knowledge.engines.shipped import knowledge_engine

SCRIPTS = Path(__file__).parent / "scripts"
LEADER_PLACEHOLDER = "RANK-0"
"""Replaces the first rank's address until it is known."""
_PLACE = re.compile(r"\{(nodes|rank|leader|port|next_port|data|tensor|scripts)\}")
_SIZES = {"tensor_parallel": "tensor", "pipeline_parallel": "pipeline"}
_OWN = {**_SIZES, "data_parallel": "data", "nodes": "nodes"}
"""What the section says, by the meaning of the engine's flag."""


def release(recipe: Recipe, *, makers_own: bool = False) -> str:
    """The release of the engine that the recipe pins, by its package or its image; empty: none.

    `makers_own`: only by the package that its makers publish, not by another's build.
    """
    engine = definitions.engine(recipe.engine_name)
    if recipe.container:
        image = images.by_reference(recipe.container.image)
        return image.parts.get("engine", "") if image else ""
    known = engine.distributions[: 1 if makers_own else None] if engine else ()
    for text in (text for one in recipe.engine.alternatives for text in one.requires):
        name, _, version = text.partition("==")
        if name.split("[")[0].strip() in known and version:
            return version.strip()
    return ""


def way(recipe: Recipe) -> RankWay:
    """How this release spreads a model over machines. Raises `UsageError` if none is known."""
    version, spread = release(recipe), _spread(recipe)
    facts = knowledge_engine(recipe.engine_name, version) if version else None
    known = {name for flag in facts.flags for name in flag.names} if facts else None
    for one in spread.ways:
        if known is None or known.issuperset(one.needs):
            return one
    ways = ", ".join(one.name for one in spread.ways) or "none is known"
    raise UsageError(
        f"{definitions.title_of(recipe.engine_name)} {version} cannot split a model over machines.".replace("  ", " "),
        f"It lacks the flags of each way ({ways}).", "Use a newer release in the recipe, or topology.nodes: 1.",
    )  # fmt: skip


def words(recipe: Recipe) -> tuple[str, ...]:
    """What the engine is told of the topology. Raises `UsageError` if the recipe's own flags say something else."""
    topology, spread = recipe.topology, _spread(recipe)
    stated = _stated_meanings(recipe)
    given = [
        word for meaning, key in _SIZES.items()
        if getattr(topology, key) > 1 and meaning not in stated
        for word in (definitions.flag_of(recipe.engine_name, meaning), str(getattr(topology, key)))
    ]  # fmt: skip
    if topology.data > 1 and "data_parallel" not in stated:
        given += spread.data if topology.nodes > 1 else spread.data[:2]
    given += spread.expert if topology.expert else ()
    if topology.nodes > 1:
        taken = way(recipe)
        given += [*taken.every, *(taken.follower if topology.follows else ())]
    return tuple(filled(given, topology))


def filled(given: Iterable[str], topology: Topology) -> Iterator[str]:
    """Words with their places filled in; those that only the machine knows stay."""
    placeholders = {
        "nodes": topology.nodes, "rank": topology.rank or 0, "leader": topology.leader or LEADER_PLACEHOLDER,
        "port": topology.port, "next_port": topology.port + 1, "data": topology.data, "tensor": topology.tensor,
        "scripts": SCRIPTS,
    }  # fmt: skip
    return (_PLACE.sub(lambda found: str(placeholders[found[1]]), word) for word in given)


def engine_command(recipe: Recipe, python: Path, arguments: Sequence[str]) -> tuple[str, ...]:
    """What this rank runs: the engine, or what its way has for followers."""
    topology = recipe.topology
    taken = way(recipe) if topology.nodes > 1 else None
    start: Iterable[str] = ("-m", recipe.server.module)
    if taken and topology.follows and taken.follower_instead:
        return _program(python, filled(taken.follower_instead, topology))
    if taken and topology.follows and taken.follower_start:
        start = filled(taken.follower_start, topology)
    return (str(python), *start, *arguments)


def watched(
    recipe: Recipe, command: Sequence[str], python: Path, facts: Mapping[str, str], folder: Path
) -> tuple[str, ...]:
    """The command within the one that checks the ranks, and ends with them. `facts` must be the same on each."""
    topology, taken = recipe.topology, way(recipe)
    own = dict(zip(taken.variables, filled(taken.variables.values(), topology), strict=True))
    environment = {**_spread(recipe).variables, **own}
    variables = [word for pair in environment.items() for word in ("--variable", "=".join(pair))]
    same = [word for pair in facts.items() for word in ("--same", "=".join(pair))]
    sidecar = _program(python, filled(taken.beside, topology)) if taken.beside and not topology.follows else ()
    checked = taken.follower_ready if topology.follows else taken.ready
    ready = (str(python), *filled(checked, topology)) if checked else ()
    return (
        str(python), str(SCRIPTS / "rank_keeper"), "--rank", str(topology.rank), "--nodes", str(topology.nodes),
        "--leader", str(topology.leader), "--watch-port", str(topology.watch_port), "--port", str(topology.port),
        "--patience", str(topology.patience_s), "--stop-after", str(recipe.server.stop_timeout_s),
        "--told", str(folder / "rank.json"), *(("--interface", topology.interface) if topology.interface else ()),
        *same, *variables,
        *(f"--beside={one}" for one in sidecar), *(f"--ready={one}" for one in ready), "--", *command,
    )  # fmt: skip


def _program(python: Path, given: Iterable[str]) -> tuple[str, ...]:
    name, *rest = given
    return (str(python.parent / name), *rest)


def _spread(recipe: Recipe) -> Spread:
    engine = definitions.engine(recipe.engine_name)
    return engine.spread if engine else Spread()


def _stated_meanings(recipe: Recipe) -> set[str]:
    """The meanings that the recipe's own flags state as well."""
    flags = {name.replace("_", "-"): value for name, value in recipe.server.flags.items()}
    found = set()
    for meaning, key in _OWN.items():
        written = next((name for name in flags if name in definitions.spellings(meaning)), None)
        if written is None or flags[written] in (None, False):
            continue
        wanted = getattr(recipe.topology, key)
        if recipe.topology != ONE and str(flags[written]) != str(wanted):
            raise UsageError(
                f"The recipe is contradictory: {written} is {flags[written]}, and topology.{key} is {wanted}.",
                "Over how many GPUs the model is split would be unclear.",
                f"Set only topology.{key} and remove server.flags.{written}.",
            )
        found.add(meaning)
    return found
