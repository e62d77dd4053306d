"""Stage 1, cuda: whether this machine is what the recipe requires: GPU, driver, C library, disk, memory, port.

Measured, never guessed from an image's name. Must never change anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from installer.core.contracts.stage import Change, Check, Leftover, StageContext, Traits
from installer.core.errors import StageError
from installer.core.machine.facts import MachineFacts
from installer.core.machine.links import connected
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.text.quantities import size
from installer.preflight.checks.machine_fit import unmet_requirements
from installer.preflight.checks.target_disk import home_disk

number = 1
name = "cuda"
title = "Check the machine"
summary = "Compares GPU, driver, system, memory, disk and ports of this machine with what the recipe requires."
undo = "nothing to undo"
traits = Traits(read_only=True, needs_machine=True)

_MIB = 1 << 20


def check(ctx: StageContext) -> Check:
    found = unmet_requirements(ctx.recipe, ctx.facts, home=ctx.home.root, own_port=_own_port(ctx))
    if ctx.environment:  # what is installed already needs no room any more
        found = [finding for finding in found if finding.code != Code.DISK]
    seen = tuple(_machine_sentences(ctx))
    found = [one for one in found if one.severity != Severity.BLOCKER or one.code not in ctx.overruled]
    if blockers := [finding for finding in found if finding.severity == Severity.BLOCKER]:
        return Check(blocked=_sentences(blockers), fix=_joined(finding.fix for finding in blockers), observed=seen)
    if probes := [finding for finding in found if finding.severity == Severity.PROBE]:
        return Check(
            unknown=_sentences(probes), needed=False, fix=_joined(finding.fix for finding in probes), observed=seen
        )
    if ctx.recipe.requirements.gpu and not ctx.facts.here:
        return Check(
            needed=False,
            unknown=f"The GPU and its driver are unknown until this runs on {ctx.facts.name}; "
            "what its machine file says fits the recipe.",
            observed=seen,
        )
    return Check(observed=seen)


def apply(ctx: StageContext, changes: Sequence[Change]) -> None:
    if changes:
        raise StageError(
            "The check of the machine cannot change anything.",
            f"It was asked to: {changes[0].summary}.",
            "This is an error in deploy-tui; please report it.",
        )


def rollback(ctx: StageContext, deeds: Sequence[Mapping[str, Any]]) -> tuple[Leftover, ...]:
    return ()


def _sentences(findings: Sequence[Finding]) -> str:
    return _joined(f"{finding.summary} {finding.evidence}" for finding in findings)


def _joined(sentences: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(sentences))


def _own_port(ctx: StageContext) -> int | None:
    """The port of this home's own running server, which may stay taken."""
    state = ctx.host.server_state(ctx.home)
    return state.launch.port if state.running and state.launch else None


def _machine_sentences(ctx: StageContext) -> list[str]:
    facts = ctx.facts
    sentences = [
        _gpus(facts),
        *_links_between(facts),
        _driver(facts),
        _system(facts),
        _processor(facts),
        _python(facts),
    ]
    if disk := home_disk(facts, ctx.home.root):
        sentences.append(f"{_amount(disk.free_mib)} free on {disk.path}{_links(disk.hardlinks)}.")
    if facts.shm_mib is not None:
        sentences.append(f"{_amount(facts.shm_mib)} of shared memory.")
    if facts.ports_in_use is not None:
        sentences.append(_port(ctx.recipe.server.port, facts.ports_in_use, _own_port(ctx)))
    return [sentence for sentence in sentences if sentence]


def _port(port: int, taken: Collection[int], own: int | None) -> str:
    if port == own:
        return f"Port {port} is used by the server of this home."
    return f"Port {port} is {'taken' if port in taken else 'free'}."


def _gpus(facts: MachineFacts) -> str:
    if facts.gpus is None:
        return ""
    if not facts.gpus:
        return "No NVIDIA GPU."
    return " ".join(
        f"{gpu.name}, {gpu.memory_mib or 'unknown'} MiB{'' if gpu.free_mib is None else f' ({gpu.free_mib} free)'}, "
        f"compute capability {gpu.compute_capability or 'unknown'}."
        for gpu in facts.gpus
    )


def _links_between(facts: MachineFacts) -> list[str]:
    found = [(link, connected(link)) for link in facts.gpu_links or ()]
    return [f"GPU {' and '.join(map(str, link.gpus))}: {words}." for link, words in found if words]


def _driver(facts: MachineFacts) -> str:
    if facts.driver is None or facts.driver.version is None:
        return ""
    serves = f", supports CUDA {facts.driver.cuda}" if facts.driver.cuda else ""
    return f"NVIDIA driver {facts.driver.version}{serves}."


def _system(facts: MachineFacts) -> str:
    named = " ".join(part for part in (facts.os.id, facts.os.version) if part)
    library = f"glibc {facts.os.glibc}" if facts.os.glibc else ""
    words = ", ".join(part for part in (named, library, facts.os.arch) if part)
    return f"{words}." if words else ""


def _processor(facts: MachineFacts) -> str:
    cores = f"{facts.cpu.cores} processor cores" if facts.cpu.cores else ""
    memory = f"{_amount(facts.memory_mib)} of memory" if facts.memory_mib is not None else ""
    words = ", ".join(part for part in (cores, memory) if part)
    return f"{words}." if words else ""


def _python(facts: MachineFacts) -> str:
    return f"Python {', '.join(facts.python)}." if facts.python else ""


def _amount(mib: int | None) -> str:
    return "an unknown amount" if mib is None else size(mib * _MIB)


def _links(possible: bool | None) -> str:
    if possible is None:
        return ""
    return ", where hard links work" if possible else ", where hard links do not work"
