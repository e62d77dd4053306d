"""What could be tried instead: releases of the engine, the nearest first, and other engines. Checks nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from installer.core.outcomes import Code, RepairKind
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import EngineFacts, ModelFacts, Placed, Release, Stack
from installer.knowledge import packages
from installer.knowledge.engines import definitions, launch_reader
from installer.knowledge.engines.shipped import renames
from installer.knowledge.tables import table
from installer.models.memory.number_format import lacking
from installer.models.memory.remedies import SMALL_CONTEXT
from installer.preflight.checks.parallel import tensor_parallel
from installer.preflight.repair.assumed_install import suppose
from installer.preflight.repair.commands import (
    Carried,
    carried,
    known,
    left_out,
    options,
    translated,
    within,
    without,
)
from installer.preflight.repair.pythons import python_for
from installer.preflight.repair.search import OF_REMOTE_CODE, OF_THE_MODEL, Candidate, Search

_SAID_BY_THE_MODEL = ("context", "quantization", "dtype", "chat_template")
"""Options without which an engine takes what the model's own files say."""


def releases(search: Search, engine: str) -> list[Release]:
    """The final releases of an engine, oldest first, as of the day that is asked about."""
    from packaging.version import InvalidVersion, Version

    found = []
    for release in search.lookups.releases(engine):
        try:
            version = Version(release.version)
        except InvalidVersion:
            continue
        wanted = f"{engine} {release.version}" not in search.without
        if wanted and not release.yanked and not version.is_prerelease:
            found.append((version, release))
    return [release for _, release in sorted(found, key=lambda pair: pair[0])]


def nearest(found: Sequence[Release], version: str, *, itself: bool = False) -> tuple[list[Release], list[Release]]:
    """Those after `version` (with it, if `itself`) and those before it, the nearest first."""
    from packaging.version import InvalidVersion, Version

    try:
        here = Version(version)
    except InvalidVersion:
        return list(found), []
    newer = [one for one in found if Version(one.version) > here or (itself and Version(one.version) == here)]
    older = [release for release in reversed(found) if Version(release.version) < here]
    return newer, older


def flags(search: Search) -> Iterator[Candidate]:
    """The same stack, started with only those options that its engine takes."""
    stack, package = search.stack, definitions.engine_package(search.stack)
    if stack.launch is None or package is None:
        return
    engine = search.lookups.engine(stack.launch.engine, package.version)
    if engine is None:
        return
    found = carried(stack.launch, engine, renames(engine.engine))
    launch = within(found.launch, len(search.facts.gpus or ()))
    dropped = (*found.dropped, *left_out(found.launch, launch))
    plain = Candidate(RepairKind.FLAGS, _started(stack, launch), engine, dropped, found.renamed)
    if launch.arguments != stack.launch.arguments:
        yield plain
    else:
        search.works(plain)  # only to know whether memory is all that prevents it
    yield from _smaller(search, plain)


def of_release(search: Search, release: Release, name: str, kind: RepairKind) -> Iterator[Candidate]:
    """A clean install of one release, with the command line that fits it."""
    if not search.promising(name, release.version, search.stack.model):
        search.out(name, OF_THE_MODEL)
        return
    engine = search.lookups.engine(name, release.version)
    if engine is None:
        return
    python = python_for(engine.requires_python or release.requires_python, release, search.stack, search.facts)
    if python is None:
        search.out(name, frozenset({Code.PYTHON_VERSION}))
        return
    found = _launched(search, engine, 0 if kind == RepairKind.MACHINE else len(search.facts.gpus or ()))
    launch = found.launch if found else None
    stack = suppose(engine, search.lookups, search.stack, python=python, launch=launch)
    stack = _started(stack, launch) if launch else stack
    if (
        "torch" not in stack.packages
        or search.refuses(stack)
        or not all(
            _listed(search, stack.packages[kernel])
            for kernel in packages.having("compiled")
            if kernel in stack.packages
        )
    ):
        search.out(name, frozenset({Code.DEPENDENCY_CONFLICT}))
        return
    plain = Candidate(kind, stack, engine, found.dropped if found else (), found.renamed if found else ())
    native_too = kind != RepairKind.MACHINE and _may_have_own_files(search.stack.model)
    known_engine = definitions.engine(name)
    natively = known_engine.native_formats if known_engine else ()
    if not natively or launch is None or not native_too or launch_reader.read(launch).has(natively[0]):
        yield plain
        yield from _smaller(search, plain)
        return
    formats = replace(launch, arguments=(*launch.arguments, *natively))
    native = replace(plain, stack=replace(stack, launch=formats))
    for one in (native, plain) if _has_own_files(search.stack.model) else (plain, native):
        yield one
        yield from _smaller(search, one)


def _listed(search: Search, package: Placed) -> bool:
    """Whether the index still has it: makers of kernels take old ones away. True if that is not known."""
    releases = search.lookups.releases(package.name)
    return not releases or package.version.partition("+")[0] in {release.version for release in releases}


def _smaller(search: Search, assessed: Candidate) -> Iterator[Candidate]:
    """If only memory prevented what was checked last: shorter requests, then a format made while loading.

    Where only the number format did: the one that the engine takes on such a GPU instead. Where only the value of an
    option did: what the model itself says, in place of what was requested. Where only its type or tokenizer did: its
    own code.
    """
    launch, engine, model = assessed.stack.launch, assessed.engine, search.stack.model
    if search.stopped and search.stopped <= OF_REMOTE_CODE and launch and model and model.needs_remote_code:
        if not launch_reader.read(launch).has("--trust-remote-code"):
            yield _with(assessed, ("--trust-remote-code",))
        return
    if search.stopped == {Code.FLAG_VALUE} and launch:
        for said in _SAID_BY_THE_MODEL:
            if own := without(launch, definitions.spellings(said)):
                dropped = (*assessed.dropped, *own[1])
                yield replace(assessed, stack=replace(assessed.stack, launch=own[0]), dropped=dropped)
        return
    if search.stopped == {Code.GPU_ARCH} and launch and engine and model:
        yield from _in_another_format(search, assessed, model, engine.engine)
    # What was proposed last may have changed it.
    if search.stopped == {Code.MEMORY} and launch and engine:
        yield from _in_less_memory(search, assessed, launch, engine)


def _in_less_memory(search: Search, assessed: Candidate, launch: Launch, engine: EngineFacts) -> Iterator[Candidate]:
    """Without a draft model, with the engine's own share of memory, with shorter requests, then in another format."""
    model = search.stack.model
    if alone := without(launch, definitions.spellings("draft")):
        yield replace(assessed, stack=replace(assessed.stack, launch=alone[0]), dropped=(*assessed.dropped, *alone[1]))
    if fewer := without(launch, definitions.spellings("fraction")):
        dropped = (*assessed.dropped, *fewer[1])
        yield replace(assessed, stack=replace(assessed.stack, launch=fewer[0]), dropped=dropped)
    known_engine = definitions.engine(engine.engine)
    context = known_engine.flag("context") if known_engine else ""
    shorter = () if _has(launch, context, engine) else (context, str(SMALL_CONTEXT))
    if shorter:
        yield _with(assessed, shorter)
    if _has(launch, "--quantization", engine) or (model and model.quantization):
        return
    for row in table("memory")["on_the_fly"]:
        if row["engine"] == engine.engine:
            words = ("--quantization", row["method"])
            yield _with(assessed, words)
            if shorter and search.stopped == {Code.MEMORY}:
                yield _with(assessed, (*words, *shorter))


def _in_another_format(search: Search, assessed: Candidate, model: ModelFacts, engine: str) -> Iterator[Candidate]:
    launch = assessed.stack.launch
    asked = launch_reader.read(launch).value(*definitions.spellings("dtype"))
    row = lacking(engine, asked if asked not in (None, "auto") else model.dtype, search.facts.gpus or ())
    if launch is None or row is None:
        return
    fewer = without(launch, definitions.spellings("dtype"))
    plain = replace(assessed, stack=replace(assessed.stack, launch=fewer[0] if fewer else launch))
    yield _with(plain, ("--dtype", str(row["instead"])))


def _with(candidate: Candidate, words: tuple[str, ...]) -> Candidate:
    assert candidate.stack.launch is not None
    launch = candidate.stack.launch
    longer = replace(launch, arguments=(*launch.arguments, *words))
    return replace(candidate, stack=replace(candidate.stack, launch=longer), added=words)


def _has(launch: Launch, name: str, engine: EngineFacts) -> bool:
    given = (option.name for option in options(launch.arguments) if option.name)
    return any(name in flag.names for word in given for flag in known(word, engine))


def _launched(search: Search, engine: EngineFacts, gpus: int) -> Carried | None:
    """The command line as this release takes it, on so many GPUs; 0: on as many as it requests."""
    launch = search.stack.launch
    if launch is None:
        return None
    if launch.engine in ("", engine.engine):
        found = carried(replace(launch, engine=engine.engine), engine, renames(engine.engine))
    else:
        found = Carried(translated(launch, engine))
    launch = within(found.launch, gpus)
    return replace(found, launch=launch, dropped=(*found.dropped, *left_out(found.launch, launch)))


def _started(stack: Stack, launch: Launch) -> Stack:
    return replace(stack, launch=launch, tensor_parallel=tensor_parallel(launch.arguments))


def _may_have_own_files(model: ModelFacts | None) -> bool:
    """Whether it is worth trying a maker's own formats: its files, or one of its architectures."""
    rows = table("tokenizers")["makers"]
    names = model.architectures if model else ()
    return _has_own_files(model) or any(re.search(row["architectures"], name) for row in rows for name in names)


def _has_own_files(model: ModelFacts | None) -> bool:
    """Whether the model comes with its maker's own files, which the maker says to load."""
    if model is None:
        return False
    return any(
        row["format"] in model.formats
        or row["tokenizer"] == model.tokenizer_format
        or model.name.startswith(row["repositories"])
        for row in table("tokenizers")["makers"]
    )
