"""The command line of a server, carried over to another release or another engine. Pure; guesses no value."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from installer.core.plans.flag import Flag
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import EngineFacts
from installer.knowledge.engines import definitions, launch_reader
from installer.preflight.checks.parallel import tensor_parallel

_CARRIED = ("host", "port", "served_name", "dtype", "trust", "key", "context", "tensor_parallel", "fraction",
            "sequences", "cache_type")  # fmt: skip
"""Flags, by their meaning, whose values mean the same in every engine."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option as it was written: its name, and the words of its value."""

    name: str
    """Empty: words that belong to no option, such as a model without a flag in front of it."""
    values: tuple[str, ...] = ()
    joined: bool = False
    """Whether the value hangs on the name with an equals sign."""

    @property
    def words(self) -> tuple[str, ...]:
        if not self.name:
            return self.values
        return (f"{self.name}={self.values[0]}",) if self.joined else (self.name, *self.values)


def options(arguments: Sequence[str]) -> Iterator[Option]:
    """The options among the words, in order, with all words behind each; together they are the same words again."""
    words, at = tuple(arguments), 0
    for use in launch_reader.read(Launch(10, arguments=words)).uses:
        if words[at : use.place]:
            yield Option("", words[at : use.place])
        joined = "=" in words[use.place]
        yield Option(use.word, use.values, joined=joined)
        at = use.place + 1 + (0 if joined else len(use.values))
    if words[at:]:
        yield Option("", words[at:])


def known(name: str, engine: EngineFacts) -> tuple[Flag, ...]:
    """The flags of `engine` that its parser takes `name` for: one, none, or several."""
    wanted = name.replace("_", "-") if engine.underscores else name
    exact = [flag for flag in engine.flags if wanted in flag.names]
    if exact or not engine.prefixes:
        return tuple(exact)
    return tuple(flag for flag in engine.flags if any(spelling.startswith(wanted) for spelling in flag.names))


@dataclass(frozen=True, slots=True)
class Carried:
    """A command line as another release takes it."""

    launch: Launch
    dropped: tuple[str, ...] = ()
    """Options that were left out."""
    renamed: tuple[tuple[str, str], ...] = ()
    """Options that have another name there: the old one, the new one."""


def carried(launch: Launch, engine: EngineFacts, renames: Mapping[str, str] = MappingProxyType({})) -> Carried:
    """The launch with only what this release of the same engine takes.

    `renames`: what the engine says to use instead of a flag; read the other way round for an earlier release.
    """
    given = list(options(launch.arguments))
    found = [_fitting(option, engine, renames) for option in given]
    return Carried(
        replace(launch, arguments=tuple(word for one in found if one for word in one.words)),
        tuple(option.name for option, one in zip(given, found, strict=True) if one is None),
        tuple((old.name, new.name) for old, new in zip(given, found, strict=True) if new and new.name != old.name),
    )


def within(launch: Launch, gpus: int) -> Launch:
    """The same launch spread over no more GPUs than there are: the largest power of two of them."""
    if gpus and launch_reader.gpus(launch_reader.read(launch)) > gpus >= tensor_parallel(launch.arguments):
        fewer = without(launch, definitions.spellings("data_parallel"))
        return fewer[0] if fewer else launch
    if not gpus or tensor_parallel(launch.arguments) <= gpus:
        return launch
    fitting = str(1 << (gpus.bit_length() - 1))
    words: list[str] = []
    for option in options(launch.arguments):
        parallel = tensor_parallel(option.words) > 1
        words += (replace(option, values=(fitting,)) if parallel else option).words
    return replace(launch, arguments=tuple(words))


def left_out(before: Launch, after: Launch) -> tuple[str, ...]:
    """Options of one launch that another does not have."""
    kept = {option.name for option in options(after.arguments)}
    return tuple(option.name for option in options(before.arguments) if option.name and option.name not in kept)


def without(launch: Launch, names: Collection[str]) -> tuple[Launch, tuple[str, ...]] | None:
    """The launch without these options, and those that went; `None` if it has none of them."""
    given = list(options(launch.arguments))
    gone = tuple(option.name for option in given if option.name.replace("_", "-") in names)
    kept = tuple(word for option in given if option.name not in gone for word in option.words)
    return (replace(launch, arguments=kept), gone) if gone else None


def _fitting(option: Option, engine: EngineFacts, renames: Mapping[str, str]) -> Option | None:
    """The option as this release takes it; `None` if it does not."""
    if not option.name or not engine.flags:
        return option
    spelled = option.name.replace("_", "-")
    key, dot, _ = spelled.partition(".")
    if dot and engine.underscores:  # a key of an option that takes JSON: --structured-outputs-config.backend
        return option if len(known(key, engine)) == 1 else None
    names = [option.name, renames.get(spelled, ""), *(old for old, new in renames.items() if new == spelled)]
    for name in filter(None, names):
        found = known(name, engine)
        if (
            len(found) == 1
            and (name == option.name or _same_kind(option, name, found[0]))
            and _allows(found[0], option)
        ):
            return replace(option, name=name)
    return None


def _same_kind(option: Option, name: str, flag: Flag) -> bool:
    """Whether a flag under another name takes a value just as the option does."""
    return name in flag.names and bool(option.values) == (flag.takes_value is not False)


def _allows(flag: Flag, option: Option) -> bool:
    if flag.takes_value and not option.values:
        return False
    return not (flag.choices and option.values and option.values[0] not in flag.choices)


def translated(launch: Launch, engine: EngineFacts) -> Launch:
    """The launch of the same model with another engine: what both have, under its name there."""
    new = definitions.engine(engine.engine)
    names = {name: new.flag(meaning) for name, meaning in _spelled(launch.engine) if new and new.flag(meaning)}
    words: list[str] = [new.flag("model"), launch.model] if new and launch.model else []
    for option in options(launch.arguments):
        if target := names.get(option.name.replace("_", "-")):
            words += [target, *option.values]
    return carried(replace(launch, engine=engine.engine, arguments=tuple(words)), engine).launch


def _spelled(engine: str) -> Iterator[tuple[str, str]]:
    """Every spelling of what can be carried over, with its meaning; of all engines, where this one is not known."""
    known = definitions.engine(engine)
    for one in [known] if known else definitions.engines().values():
        for meaning in _CARRIED:
            for name in one.flags.get(meaning, ()):
                yield name, meaning
