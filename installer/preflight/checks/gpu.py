"""Whether the GPU runs what would be installed, and whether the driver serves it.

Compute capability against what torch and every kernel package were built for; the driver against the
CUDA that they were built with. What is not known of either is a `probe`, and only where it matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Lookups, Placed, Stack
from installer.knowledge import cuda_code, drivers, extensions, gpus, torch_builds
from installer.knowledge.engines import definitions, launch_reader
from installer.knowledge.torch_builds import CPU, Torch
from installer.knowledge.versions import fits
from installer.preflight.checks import driver_fit, package_finding
from installer.preflight.checks.kernel_code import coded, other_releases

_CODE = Code.GPU_ARCH
_BUILT_HERE = ("git", "folder")
_MEASURE = "Run `nvidia-smi --query-gpu=name,compute_cap,driver_version --format=csv` on that machine."


def check(stack: Stack, facts: MachineFacts, lookups: Lookups) -> Iterator[Finding]:
    """Clashes between the GPUs, their driver, and what would run on them; nothing for a stack without GPUs."""
    torch = torch_builds.of_stack(stack)
    if not _for_gpus(stack) or (torch is None and definitions.engine_package(stack) is None):
        return
    yield from _machine(stack, facts)
    for gpu, capability in _different(facts.gpus or ()):
        if refused := _refused(stack, gpu, capability):
            yield refused
            continue
        if torch:
            yield from _torch(torch, gpu, capability, facts)
        for package in stack.packages.values():
            yield from _package(package, gpu, capability, stack, lookups)
            yield from _floor(package, gpu, capability, stack)
        yield from _backend(stack, gpu, capability)
    if facts.gpus != ():
        yield from driver_fit.findings(torch, facts)


def _for_gpus(stack: Stack) -> bool:
    """Whether it is meant to run on GPUs at all."""
    package = definitions.engine_package(stack)
    engine = definitions.engine(package.name) if package else None
    return _value(stack, "--device") != "cpu" and not (package and engine and package.name in engine.without_gpu)


def _machine(stack: Stack, facts: MachineFacts) -> Iterator[Finding]:
    """GPUs that are missing, or of which nothing is known."""
    engine = definitions.engine_package(stack)
    if engine is None or (stack.launch is None and facts.gpus is None):
        return
    name = f"{engine.name} {engine.version}"
    if facts.gpus is None:
        yield _finding(
            Severity.PROBE, engine, "Which GPUs the machine has is not known.", f"{name} runs on NVIDIA GPUs.",
            _MEASURE,
            "machine facts",
        )  # fmt: skip
    elif not facts.gpus:
        yield _finding(
            Severity.BLOCKER, engine, f"{name} needs a GPU, and this machine has none: the server fails at start-up.",
            f"{name} is a build for NVIDIA GPUs; the machine has no GPU.",
            "Use a machine with an NVIDIA GPU, or a recipe for the CPU (`deploy-tui recipes list`).", "machine facts",
        )  # fmt: skip
    for gpu in facts.gpus or ():
        if gpus.capability(gpu) is None:
            yield _finding(
                Severity.PROBE, engine, f"The compute capability of {gpu.name} is not known.",
                f"{name} has code for some GPUs only.", _MEASURE, "machine facts",
            )  # fmt: skip


def _different(found: Sequence[Gpu]) -> Iterator[tuple[Gpu, int]]:
    """One GPU of each compute capability."""
    seen: set[int] = set()
    for gpu in found:
        capability = gpus.capability(gpu)
        if capability is not None and capability not in seen:
            seen.add(capability)
            yield gpu, capability


def _torch(torch: Torch, gpu: Gpu, capability: int, facts: MachineFacts) -> Iterator[Finding]:
    has = f"the GPU {gpu.name} is {cuda_code.shown(capability)}"
    if torch.cuda == CPU:
        yield _finding(
            Severity.BLOCKER, torch.placed, f"{torch.name} was not built for GPUs: the server fails at start-up.",
            f"It is a build for the CPU, as {torch.why} says; {has}.", "Install a build of torch for CUDA.",
            "the version of torch",
        )  # fmt: skip
        return
    build = torch.build
    if build is None or build.elf is None:
        if not _likely(torch, capability):
            yield _finding(
                Severity.PROBE, torch.placed, f"Whether {torch.name} has code for {gpu.name} is not known.",
                f"Shipped knowledge does not list the architectures of that build; {has}.",
                "Run `python -c 'import torch; print(torch.cuda.get_arch_list())'` with that build.",
                "installer/knowledge/torch.yaml",
            )  # fmt: skip
        return
    way = cuda_code.runs(capability, build.elf, build.ptx)
    holds = f"{torch.name} has machine code for {cuda_code.listed(build.elf)}{_ptx(build.ptx)}"
    if not way:
        yield _finding(
            Severity.BLOCKER, torch.placed,
            f"{torch.name} was not built for {gpu.name}: the first computation on it fails (no kernel image).",
            f"{holds}; {has}.", _other_torch(torch, capability, facts), build.source,
        )  # fmt: skip
    elif way == cuda_code.PTX and _served(facts, torch.cuda) not in (drivers.SERVES, None):
        yield _finding(
            Severity.BLOCKER, torch.placed,
            f"{torch.name} must be compiled for {gpu.name} by the driver, which is too old for its PTX.",
            f"{holds}; {has}, and the driver does not fully support CUDA {torch.cuda}.",
            f"Update the driver on the host to one for CUDA {torch.cuda}.", build.source, code=Code.DRIVER_CUDA,
        )  # fmt: skip


def _likely(torch: Torch, capability: int) -> bool:
    """Whether the last release before it, for the same CUDA family, has machine code for the GPU."""
    family = torch.cuda.partition(".")[0]
    earlier = [
        row for row in torch_builds.builds()
        if row.elf and row.cuda.partition(".")[0] == family and fits(row.torch, f"<{torch.minor}")
        and row.arch == "x86_64"
    ]  # fmt: skip
    return bool(earlier) and cuda_code.runs(capability, earlier[-1].elf or (), ()) == cuda_code.ELF


def _other_torch(torch: Torch, capability: int, facts: MachineFacts) -> str:
    """The nearest build that has code for the GPU and that the driver serves."""
    arch = torch.build.arch if torch.build else "x86_64"
    fitting = [
        row for row in torch_builds.builds()
        if row.arch == arch and row.elf and cuda_code.runs(capability, row.elf, row.ptx)
        and _served(facts, row.cuda) != drivers.TOO_OLD
    ]  # fmt: skip
    same = [row for row in fitting if row.torch == torch.minor]
    newer = [row for row in fitting if fits(row.torch, f">{torch.minor}")]
    if not fitting:
        return "Use a machine with another GPU: no build of torch that is known has code for this one."
    best = (same or newer or fitting[-1:])[0]
    return f"Install torch {best.torch} for CUDA {best.cuda} (from https://download.pytorch.org/whl/{best.variant})."


def _served(facts: MachineFacts, cuda: str) -> str | None:
    version = facts.driver.version if facts.driver else None
    return drivers.compatibility(version, cuda) if version else None


def _package(package: Placed, gpu: Gpu, capability: int, stack: Stack, lookups: Lookups) -> Iterator[Finding]:
    # What is built from its sources is built for the GPUs that are there.
    if package.name not in extensions.members() or package.source in _BUILT_HERE:
        return
    name, has = f"{package.name} {package.version}", f"the GPU {gpu.name} is {cuda_code.shown(capability)}"
    found = coded(package, stack.platform, lookups)
    if found is None:
        if package.name in extensions.vital():
            yield _finding(
                Severity.PROBE, package, f"Whether {name} has code for {gpu.name} is not known.",
                f"Its wheel could not be read, and shipped knowledge does not cover that release; {has}.",
                "Run again with network access, or run one kernel of it on such a GPU.",
                "installer/knowledge/kernels.yaml",
            )  # fmt: skip
        return
    if found.runs(capability):
        return
    yield _finding(
        Severity.BLOCKER if found.certain(capability) else Severity.PROBE, package,
        f"{name} was not built for {gpu.name}: the server fails at its first kernel (no kernel image)."
        if found.certain(capability) else f"{name} does not seem to have code for {gpu.name}.",
        f"{found.words}; {has}.", _other_kernel(package, capability, stack), found.source,
    )  # fmt: skip


def _other_kernel(package: Placed, capability: int, stack: Stack) -> str:
    """The nearest release with code for the GPU: of this package, else the newest of the other engine."""
    own = [row for row in other_releases(package.name, capability) if row.engine]
    if own:
        newer = [row for row in own if fits(row.version, f">{package.version.partition('+')[0]}")]
        best = (newer or own[-1:])[0]
        kernel = f"{best.package} {best.version}"
        which = kernel if kernel == best.engine else f"{best.engine} with {kernel}"
        return f"Use {which}, which has code for this GPU."
    for engine in definitions.engines():
        others = other_releases(engine, capability)
        if others and engine != package.name and not _is(stack, engine):
            return f"Serve the model with {engine} {others[-1].version}, which has code for this GPU."
    return "Use a machine with another GPU, or another release of the engine."


def _refused(stack: Stack, gpu: Gpu, capability: int) -> Finding | None:
    """An engine that ends by itself on such a GPU, before any kernel runs; all else has the same cause."""
    engine = definitions.engine_package(stack)
    floor = extensions.engine_floor(engine.name, engine.version) if engine else None
    least = cuda_code.number(floor.needs) if floor else None
    if engine is None or floor is None or least is None or capability >= least:
        return None
    return _finding(
        Severity.BLOCKER, engine,
        f"{definitions.title_of(engine.name)} {engine.version} does not start on {gpu.name}: {floor.title}.",
        f"It needs compute capability {floor.needs}; the GPU {gpu.name} is {cuda_code.shown(capability)}.",
        "Use a machine with a newer GPU, or another engine.", floor.source,
    )  # fmt: skip


def _floor(package: Placed, gpu: Gpu, capability: int, stack: Stack) -> Iterator[Finding]:
    """A package that compiles where it runs, for a GPU that it does not support; where it may be used by default."""
    floor = extensions.compute_floor(package.name)
    least = cuda_code.number(floor.needs) if floor else None
    chosen = _value(stack, "--attention-backend")
    if floor is None or least is None or capability >= least or chosen or not _is(stack, floor.chosen_by):
        return
    yield _finding(
        Severity.WARNING, package,
        f"{floor.title} does not support {gpu.name}, and {definitions.title_of(floor.chosen_by)} may choose it "
        "automatically.",
        f"{package.name} supports {floor.needs} and newer; the GPU {gpu.name} is {cuda_code.shown(capability)}.",
        f"Start the server with `{floor.instead}`.", floor.source,
    )  # fmt: skip


def _backend(stack: Stack, gpu: Gpu, capability: int) -> Iterator[Finding]:
    """An attention backend, or a format of the cache, that the engine refuses on this GPU."""
    engine = definitions.engine_package(stack)
    for row in extensions.backends():
        if engine is None or not _is(stack, row.engine) or _value(stack, row.flag) != row.value:
            continue
        given = stack.launch.environment if stack.launch else {}
        if (row.unless and row.unless in given) or (row.versions and fits(engine.version, row.versions) is not True):
            continue
        if fits(cuda_code.shown(capability), row.capabilities) is False:
            other = f", or use `{row.flag} {row.instead}`" if row.instead else ""
            yield Finding(
                code=_CODE, severity=Severity.BLOCKER, stage=10, subject=f"{row.flag} {row.value}",
                summary=f"{row.engine} refuses {row.flag} {row.value} on {gpu.name} when it starts.",
                evidence=f"It requires compute capability {row.capabilities}; the GPU {gpu.name} is "
                f"{cuda_code.shown(capability)}.",
                fix=f"Leave out {row.flag}{other}.", source=row.source,
                line=stack.launch.line if stack.launch else None,
            )  # fmt: skip


def _is(stack: Stack, engine: str) -> bool:
    package = definitions.engine_package(stack)
    return package is not None and package.name == engine


def _value(stack: Stack, flag: str) -> str:
    """What the launch gives to a flag; empty if it does not."""
    return launch_reader.of(stack).value(flag) or ""


def _ptx(ptx: Sequence[int]) -> str:
    return f" and PTX for {cuda_code.listed(ptx)}" if ptx else ""


def _finding(severity: Severity, package: Placed, *words: str, code: Code = _CODE) -> Finding:
    """`words`: summary, evidence, fix and source."""
    return package_finding.package(code, package, severity, *words)
