"""Compares what a recipe asks of GPUs and their driver with what is known of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.recipes.recipe import Recipe
from installer.knowledge import drivers
from installer.knowledge.versions import fits, specifier
from installer.preflight.checks import gpu_users

_STAGE = 1


def findings(recipe: Recipe, facts: MachineFacts) -> Iterator[Finding]:
    """Clashes and open questions; nothing for a recipe that needs no GPU on a machine without one."""
    if not recipe.requirements.gpu:
        return
    if facts.gpus is None:
        yield _not_known(recipe, facts)
        return
    if not facts.gpus:
        yield _blocker(
            Code.GPU_ARCH, recipe, "The recipe needs a GPU, and this machine has none.",
            f"The recipe requires {_described(recipe)}; no NVIDIA GPU was found.",
            "Use a machine with such a GPU, or a recipe for the CPU (`deploy-tui recipes list`).",
        )  # fmt: skip
        return
    yield from _driver(recipe, facts)
    yield from _gpus(recipe, facts.gpus, facts.other_gpus)


def _not_known(recipe: Recipe, facts: MachineFacts) -> Finding:
    """Not known: on a machine that is here that is a fault, elsewhere an open question."""
    error = facts.driver.error if facts.driver else None
    if facts.here and error:
        known = drivers.trouble(error)
        return _blocker(
            Code.DRIVER_CUDA, recipe, "The GPU cannot be used: its driver does not answer.",
            f"The recipe requires {_described(recipe)}; NVML says: {error}.",
            f"{known.cause} {known.fix}" if known else "Run `nvidia-smi` and repair the driver first.",
        )  # fmt: skip
    return _probe(
        Code.GPU_ARCH, recipe, "Which GPUs the machine has is not known.", f"The recipe requires {_described(recipe)}."
    )


def _gpus(recipe: Recipe, gpus: Sequence[Gpu], others: Sequence[Gpu]) -> Iterator[Finding]:
    """As many GPUs as are wanted must have both the compute capability and the memory."""
    wants = recipe.requirements
    count = wants.gpu_count or 1
    if len(gpus) < count:
        yield _blocker(
            Code.GPU_ARCH, recipe, "There are not enough GPUs.",
            f"The recipe requires {count} GPUs; the machine has {len(gpus)}.",
            "Use a machine with more GPUs, or a recipe (or profile) for fewer.",
        )  # fmt: skip
        return
    yield from _enough(recipe, gpus, others, count)


def _enough(recipe: Recipe, gpus: Sequence[Gpu], others: Sequence[Gpu], count: int) -> Iterator[Finding]:
    wants = recipe.requirements
    right = [gpu for gpu in gpus if _has_capability(gpu, wants.compute_capability) is not False]
    unsure = [gpu for gpu in right if _has_capability(gpu, wants.compute_capability) is None]
    if len(right) < count:
        yield _blocker(
            Code.GPU_ARCH, recipe, "The GPU is of a generation that this recipe is not built for.",
            f"The recipe requires compute capability {specifier(wants.compute_capability or '')}; "
            f"the machine has {_listed(gpus)}.",
            "Use a machine with such a GPU, or a recipe for this one.",
        )  # fmt: skip
        return
    if len(right) - len(unsure) < count:
        yield _unsure(Code.GPU_ARCH, recipe, "compute capability", unsure)
    yield from _memory(recipe, right, others, count)


def _memory(recipe: Recipe, gpus: Sequence[Gpu], others: Sequence[Gpu], count: int) -> Iterator[Finding]:
    wanted = recipe.requirements.gpu_memory_mib
    if wanted is None:
        return
    large = [gpu for gpu in gpus if gpu.memory_mib is None or gpu.memory_mib >= wanted]
    unsure = [gpu for gpu in large if gpu.memory_mib is None]
    if len(large) < count:
        yield _blocker(
            Code.MEMORY, recipe, "There is not enough GPU memory.",
            f"The recipe requires {wanted} MiB on each of {count} GPUs; the machine has {_listed(gpus)}.",
            "Use a machine with larger GPUs, or a recipe for a smaller model.",
        )  # fmt: skip
    elif len([gpu for gpu in large if gpu.free_mib is None or gpu.free_mib >= wanted]) < count:
        yield _blocker(
            Code.GPU_HELD, recipe, "Another program uses the GPU's memory.",
            f"The recipe requires {wanted} MiB on each of {count} GPUs; {gpu_users.usage(large)}",
            gpu_users.way_out(large[:count], (*gpus, *others), wanted),
        )  # fmt: skip
    elif len(large) - len(unsure) < count:
        yield _unsure(Code.MEMORY, recipe, "memory", unsure)


def _driver(recipe: Recipe, facts: MachineFacts) -> Iterator[Finding]:
    wanted = recipe.requirements.driver
    have = facts.driver.version if facts.driver else None
    if not wanted:
        return
    new_enough = fits(have, wanted)
    if new_enough is None:
        yield _probe(
            Code.DRIVER_CUDA, recipe, "The version of the NVIDIA driver is not known.",
            f"The recipe requires driver {specifier(wanted)}.",
        )  # fmt: skip
    elif not new_enough:
        yield _blocker(
            Code.DRIVER_CUDA, recipe, "The NVIDIA driver is too old for the packages of this recipe.",
            f"The recipe requires driver {specifier(wanted)}; the machine has {have}.",
            "Update the driver on the host (not inside a container), or use a machine with a newer one.",
        )  # fmt: skip


def _has_capability(gpu: Gpu, wanted: str | None) -> bool | None:
    if wanted is None:
        return True
    return fits(gpu.compute_capability, wanted)


def _unsure(code: Code, recipe: Recipe, what: str, gpus: Sequence[Gpu]) -> Finding:
    return _probe(
        code, recipe, f"The {what} of a GPU is not known.",
        f"The recipe requires {_described(recipe)}; it is not known for {_listed(gpus)}.",
    )  # fmt: skip


def _described(recipe: Recipe) -> str:
    """What the recipe asks of GPUs, in words."""
    wants = recipe.requirements
    words = f"{wants.gpu_count} GPUs" if (wants.gpu_count or 1) > 1 else "a GPU"
    details = []
    if wants.compute_capability:
        details.append(f"compute capability {specifier(wants.compute_capability)}")
    if wants.gpu_memory_mib:
        details.append(f"at least {wants.gpu_memory_mib} MiB")
    return f"{words} with {' and '.join(details)}" if details else words


def _listed(gpus: Sequence[Gpu]) -> str:
    return ", ".join(
        f"{gpu.name} ({gpu.compute_capability or 'capability unknown'}, "
        f"{'memory unknown' if gpu.memory_mib is None else f'{gpu.memory_mib} MiB'})"
        for gpu in gpus
    )


def _blocker(code: Code, recipe: Recipe, summary: str, evidence: str, fix: str) -> Finding:
    source = "recipe requirements and machine facts"
    return Finding(
        code=code,
        severity=Severity.BLOCKER,
        stage=_STAGE,
        subject=f"recipe {recipe.name}",
        summary=summary,
        evidence=evidence,
        fix=fix,
        source=source,
        of_gpu=code == Code.MEMORY,
    )


def _probe(code: Code, recipe: Recipe, summary: str, evidence: str) -> Finding:
    fix = "Run `deploy-tui doctor` on that machine."
    return Finding(
        code=code,
        severity=Severity.PROBE,
        stage=_STAGE,
        subject=f"recipe {recipe.name}",
        summary=summary,
        evidence=evidence,
        fix=fix,
        source="recipe requirements",
    )
