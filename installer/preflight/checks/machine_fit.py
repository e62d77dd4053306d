"""Compares what a recipe asks of a machine with what is known of it. Pure.

Three answers: a clash is a `blocker` that names the two facts, an unknown fact is a `probe`, and what fits is
not mentioned. An unknown fact is never taken for a fitting one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from installer.core.errors import PredictedError
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.recipes.recipe import Recipe
from installer.core.text.quantities import size
from installer.knowledge.versions import fits, specifier
from installer.packages import target
from installer.preflight.checks import gpu_fit
from installer.preflight.checks.target_disk import home_disk

_MIB = 1 << 20
_STAGE = 1


def unmet_requirements(
    recipe: Recipe, facts: MachineFacts, *, home: PurePath | None = None, own_port: int | None = None
) -> list[Finding]:
    """What prevents `recipe` on this machine; empty if everything is known to fit.

    `home` says which disk counts. `own_port` is the port that a server of this home listens on: it is ours to reuse.
    """
    return [
        *gpu_fit.findings(recipe, facts),
        *_system(recipe, facts),
        *_python(recipe, facts),
        *_programs(recipe, facts),
        *_amounts(recipe, facts, home),
        *_port(recipe, facts, own_port),
    ]


def _system(recipe: Recipe, facts: MachineFacts) -> Iterator[Finding]:
    wants, subject = recipe.requirements, f"recipe {recipe.name}"
    glibc_fits = fits(facts.os.glibc, wants.glibc) if wants.glibc else True
    if wants.glibc and glibc_fits is None:
        yield _probe(Code.WHEEL_PLATFORM, subject, "The version of the C library is not known.", f"glibc {wants.glibc}")
    elif wants.glibc and not glibc_fits:
        yield _blocker(
            Code.WHEEL_PLATFORM, subject, "The C library of this system is too old for the required wheels.",
            f"The recipe requires glibc {specifier(wants.glibc)}; the machine has {facts.os.glibc}.",
            "Use an image with a newer system, such as Ubuntu 22.04 (glibc 2.35).",
        )  # fmt: skip
    if wants.arch and not facts.os.arch:
        yield _probe(
            Code.WHEEL_PLATFORM, subject, "The processor's architecture is not known.", " or ".join(wants.arch)
        )
    elif wants.arch and facts.os.arch not in wants.arch:
        yield _blocker(
            Code.WHEEL_PLATFORM, subject, "There are no wheels for this processor architecture.",
            f"The recipe requires {' or '.join(wants.arch)}; the machine is {facts.os.arch}.",
            "Use a machine with that processor, or a recipe for this one.",
        )  # fmt: skip
    yield from _cpu_features(recipe, facts)


def _cpu_features(recipe: Recipe, facts: MachineFacts) -> Iterator[Finding]:
    wanted, subject = recipe.requirements.cpu_features, f"recipe {recipe.name}"
    if not wanted:
        return
    if facts.cpu.features is None:
        yield _probe(Code.WHEEL_PLATFORM, subject, "The processor's instruction sets are not known.", ", ".join(wanted))
    elif missing := [name for name in wanted if name not in facts.cpu.features]:
        yield _blocker(
            Code.WHEEL_PLATFORM, subject, "The processor lacks instructions that the engine requires.",
            f"The recipe requires {', '.join(wanted)}; {', '.join(missing)} is missing on this processor.",
            "Use a machine with a newer processor.",
        )  # fmt: skip


def _programs(recipe: Recipe, facts: MachineFacts) -> Iterator[Finding]:
    """Programs that the recipe cannot provide."""
    subject = f"recipe {recipe.name}"
    for name in recipe.requirements.programs:
        if name not in facts.tools:
            yield _probe(Code.SYSTEM_LIBRARY, subject, f"Whether the machine has {name} is not known.", name)
        elif facts.tools[name] is None:
            yield _blocker(
                Code.SYSTEM_LIBRARY, subject, f"{name} is missing, and the recipe cannot install it.",
                f"The recipe requires {name}; this machine does not have it.",
                "Use an image that has it (for nvcc one with a -devel tag), or another recipe.",
            )  # fmt: skip
    yield from _system_packages(recipe, facts)


def _system_packages(recipe: Recipe, facts: MachineFacts) -> Iterator[Finding]:
    """Commands that stage 2 would install; where nothing can be reached it is open whether it can."""
    for package in recipe.environment.system_packages:
        if facts.online is False and package.command and facts.tools.get(package.command, "unknown") is None:
            yield Finding(
                code=Code.SYSTEM_LIBRARY, severity=Severity.PROBE, stage=_STAGE, subject=package.package,
                summary=f"{package.command} is missing, and whether {package.package} can be installed there is not "
                f"known.",
                evidence=f"{package.because or 'The recipe names it'}; the machine has no network.",
                fix=f"Install it in the image: `apt-get install {package.package}`.", source="recipe and machine facts",
            )  # fmt: skip


def _python(recipe: Recipe, facts: MachineFacts) -> Iterator[Finding]:
    wanted, subject = recipe.environment.python, f"recipe {recipe.name}"
    if recipe.container:
        return  # its Python is the image's
    try:
        version, present = target.python_version(recipe, facts)
    except PredictedError as error:
        yield _blocker(Code.PYTHON_VERSION, subject, error.what, error.why, error.fix)
        return
    if present:
        return
    if facts.python is None:
        yield _probe(Code.PYTHON_VERSION, subject, "Which Python versions the machine has is not known.", wanted)
        return
    have = ", ".join(facts.python) or "none"
    clash = f"The recipe requires Python {wanted}; the machine has {have}."
    if facts.online is False:
        yield _blocker(
            Code.PYTHON_VERSION, subject, "No Python here fits the recipe, and none can be downloaded.",
            clash, f"Install Python {version}, or provide it with `uv python install {version}`.",
        )  # fmt: skip
    elif facts.online is None:
        summary = f"Python {version} must be downloaded by uv first."
        fix = f"To be safe, install Python {version} beforehand (`uv python install {version}`)."
        yield Finding(
            code=Code.PYTHON_VERSION,
            severity=Severity.PROBE,
            stage=_STAGE,
            subject=subject,
            summary=summary,
            evidence=clash,
            fix=fix,
            source="machine facts",
        )


def _amounts(recipe: Recipe, facts: MachineFacts, home: PurePath | None) -> Iterator[Finding]:
    wants, disk = recipe.requirements, home_disk(facts, home)
    place = f" on {disk.path}" if disk else ""
    yield from _cores(recipe, facts)
    yield from _amount(
        recipe, Code.MEMORY, "memory", wanted=wants.memory_mib, have=facts.memory_mib,
        fix="Use a machine with more memory.",
    )  # fmt: skip
    yield from _amount(
        recipe, Code.DISK, f"free disk{place}", wanted=wants.disk_mib, have=disk.free_mib if disk else None,
        fix="Free some space there, or put the home on a larger disk with --home.",
    )  # fmt: skip
    yield from _amount(
        recipe, Code.SHM, "shared memory (/dev/shm)", wanted=wants.shm_mib, have=facts.shm_mib,
        fix="Start the container with more, such as `--shm-size 8g`; in a rented pod it usually cannot be changed.",
    )  # fmt: skip


def _cores(recipe: Recipe, facts: MachineFacts) -> Iterator[Finding]:
    """Never a blocker: an engine's processes share what cores there are."""
    wanted, have = recipe.requirements.cpu_cores, facts.cpu.cores
    if wanted is None or have is None or have >= wanted:
        return
    yield Finding(
        code=Code.CORES, severity=Severity.WARNING, stage=_STAGE, subject=f"recipe {recipe.name}",
        summary="The server will be slower: its processes must share the processor's cores.",
        evidence=f"The recipe requires {wanted} cores; the machine has {have}.",
        fix="Use a machine with more cores, or accept it.",
        source="recipe requirements and machine facts",
    )  # fmt: skip


def _amount(
    recipe: Recipe, code: Code, what: str, *, wanted: int | None, have: int | None, fix: str
) -> Iterator[Finding]:
    """A blocker where there is less than wanted, both in MiB."""
    subject = f"recipe {recipe.name}"
    if wanted is None:
        return
    if have is None:
        yield _probe(code, subject, f"How much {what} the machine has is not known.", _mib(wanted))
    elif have < wanted:
        yield _blocker(
            code, subject, f"There is not enough {what}.",
            f"The recipe requires {_mib(wanted)}; the machine has {_mib(have)}.", fix,
        )  # fmt: skip


def _mib(amount: int) -> str:
    """Exact, because that is what is compared, and readable."""
    return f"{amount} MiB ({size(amount * _MIB)})"


def _port(recipe: Recipe, facts: MachineFacts, own_port: int | None) -> Iterator[Finding]:
    port = recipe.server.port
    # Ports come and go, so that one that was not checked is not worth a probe: stage 10 checks again.
    if port in (facts.ports_in_use or ()) and port != own_port:
        yield _blocker(
            Code.PORT, f"port {port}", f"Port {port} is taken by another program.",
            f"The recipe's server needs port {port}, and another program listens on it.",
            f"Stop that program, or choose another port with `--set server.port={free_port(port, facts)}`.",
        )  # fmt: skip


def free_port(port: int, facts: MachineFacts) -> int:
    """The next one above `port` on which no program is known to listen."""
    taken = facts.ports_in_use or ()
    return next((other for other in range(port + 1, 65536) if other not in taken), port)


def _blocker(code: Code, subject: str, summary: str, evidence: str, fix: str) -> Finding:
    return Finding(
        code=code,
        severity=Severity.BLOCKER,
        stage=_STAGE,
        subject=subject,
        summary=summary,
        evidence=evidence,
        fix=fix,
        source="recipe requirements and machine facts",
    )


def _probe(code: Code, subject: str, summary: str, wanted: str) -> Finding:
    return Finding(
        code=code, severity=Severity.PROBE, stage=_STAGE, subject=subject, summary=summary,
        evidence=f"The recipe requires {wanted}.",
        fix="Run `deploy-tui doctor` on that machine.", source="recipe requirements",
    )  # fmt: skip
