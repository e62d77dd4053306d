"""The inference engines that are known, from `*.engine.yaml` next to this file. A further one is a further file.

Reads each file once, when first asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from installer.core.engines import Engine, Lock, Memory, RankWay, Spread
from installer.core.plans.stack import Placed, Stack
from installer.knowledge.tables import parsed

_ENDING = ".engine.yaml"
_GATEWAYS = Path(__file__).parents[1] / "gateways"
_PLAIN = Memory(
    share_of_free=False, share_holds_activations=False, refuses_long_context=False, extends_context=True
)  # fmt: skip
_LISTS = (
    "distributions",
    "without_gpu",
    "needs",
    "serve",
    "modules",
    "starters",
    "entries",
    "benchmark",
    "native_formats",
)


def engines(folder: Path = Path(__file__).parent) -> Mapping[str, Engine]:
    """Every engine by its name."""
    return _described(folder)


@cache
def _described(folder: Path) -> Mapping[str, Engine]:
    found = (engine_of(parsed(file.read_text(encoding="utf-8"))) for file in sorted(folder.glob(f"*{_ENDING}")))
    return MappingProxyType({engine.name: engine for engine in found})


def gateways() -> Mapping[str, Engine]:
    """What passes requests on to engines: started and proved as they are, and never chosen as an engine."""
    return _described(_GATEWAYS)


def startable() -> tuple[str, ...]:
    """All that a recipe may name as what it starts."""
    return (*engines(), *gateways())


def engine(name: str) -> Engine | None:
    """The engine (or gateway) of a name or of a package that provides it; `None` if no file describes it."""
    known = (*engines().values(), *gateways().values())
    return next((one for one in known if name == one.name), None) or next(
        (one for one in known if name in one.distributions), None
    )


def engine_of(document: Mapping[str, Any]) -> Engine:
    """The engine that a document describes. Raises `TypeError` or `KeyError` if it lacks something."""
    given = dict(document)
    given |= {key: tuple(given[key]) for key in _LISTS if key in given}
    flags = {meaning: tuple(names) for meaning, names in given.get("flags", {}).items()}
    variables = MappingProxyType(dict(given.get("variables", {})))
    given |= {
        "memory": Memory(**given["memory"]),
        "lock": Lock(**given.get("lock", {})),
        "spread": _spread(given.get("spread", {})),
        "flags": MappingProxyType(flags),
        "variables": variables,
        "parsers": MappingProxyType({kind: tuple(places) for kind, places in given.get("parsers", {}).items()}),
    }
    return Engine(**given)


def _spread(given: Mapping[str, Any]) -> Spread:
    ways = tuple(RankWay(**{key: _frozen(value) for key, value in way.items()}) for way in given.get("ways", ()))
    variables = MappingProxyType(dict(given.get("variables", {})))
    return Spread(ways, tuple(given.get("data", ())), tuple(given.get("expert", ())), variables)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else MappingProxyType(value) if isinstance(value, dict) else value


def memory_of(name: str) -> Memory:
    """How an engine deals with a GPU's memory; of one that is not known, the plainest is taken."""
    known = engine(name)
    return known.memory if known else _PLAIN


def flag_of(name: str, meaning: str) -> str:
    """What an engine calls a flag; of one that is not known, or has none, what the first that has it calls it."""
    known = engine(name)
    others = (one.flag(meaning) for one in engines().values())
    return (known.flag(meaning) if known else "") or next(filter(None, others), "")


def title_of(name: str) -> str:
    """As an engine's makers write it; the name itself where it is not known."""
    known = engine(name)
    return known.title if known else name


def titles(joined: str = "and") -> str:
    """The engines that are known, in words."""
    return f" {joined} ".join(engine.title for engine in engines().values())


def variable_of(name: str, meaning: str) -> str:
    """The environment variable of an engine for a meaning; empty if it has none."""
    known = engine(name)
    return known.variables.get(meaning, "") if known else ""


def engine_package(stack: Stack) -> Placed | None:
    """The package that provides the engine of a stack: the one that is launched, else the first that is there."""
    wanted = engine(stack.launch.engine) if stack.launch and stack.launch.engine else None
    if stack.launch and stack.launch.engine and wanted is None:
        return stack.packages.get(stack.launch.engine)
    names = (name for one in ([wanted] if wanted else engines().values()) for name in one.distributions)
    return next((stack.packages[name] for name in names if name in stack.packages), None)


def started_by(module: str) -> str:
    """The engine whose server `python -m MODULE` starts; empty if it is none."""
    return next((one.name for one in engines().values() if module in one.modules), "")


@cache
def spellings(meaning: str) -> frozenset[str]:
    """Every spelling of a flag with that meaning, whichever engine has it."""
    return frozenset(name for one in engines().values() for name in one.flags.get(meaning, ()))


@cache
def meanings() -> Mapping[str, str]:
    """What each spelling of a flag means, whichever engine has it; without the leading dashes."""
    return MappingProxyType({
        name.lstrip("-"): meaning
        for one in engines().values() for meaning, names in one.flags.items() for name in names
    })  # fmt: skip
