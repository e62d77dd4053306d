"""Whether a bundle is for this machine: what it was made for, compared with what is measured here. Touches nothing."""

from __future__ import annotations

from collections.abc import Iterator

from installer.bundles.manifest import Bundle
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.text.quantities import size
from installer.knowledge.versions import fits

_SOURCE = "bundle.json, and this machine"


def findings(bundle: Bundle, facts: MachineFacts, free: int, needed: int) -> list[Finding]:
    """What prevents unpacking it here; `free` and `needed` are bytes of the home's disk."""
    found = [*_platform(bundle, facts), *_python(bundle, facts), *_reused(bundle, facts), *_gpus(bundle, facts)]
    if needed > free:
        found.append(
            _blocker(
                Code.DISK, "The bundle does not fit on this disk.",
                f"Unpacking it takes {size(needed)}, and {size(free)} are free.",
                "Free some space, or name a home on a bigger disk with --home.",
            )
        )  # fmt: skip
    return found


def _platform(bundle: Bundle, facts: MachineFacts) -> Iterator[Finding]:
    arch = bundle.platform.partition("-")[0]
    advice = "Make a bundle for this machine: save `deploy-tui doctor --json` here, and pass it as --machine there."
    if facts.os.arch and facts.os.arch != arch:
        yield _blocker(
            Code.WHEEL_PLATFORM, "The bundle is for another processor.",
            f"Its packages are for {arch}, and this machine is {facts.os.arch}.", advice,
        )  # fmt: skip
    elif bundle.glibc and facts.os.glibc and not fits(facts.os.glibc, f">={bundle.glibc}"):
        yield _blocker(
            Code.WHEEL_PLATFORM, "The bundle is for a newer system.",
            f"Its packages need glibc {bundle.glibc}, and this machine has {facts.os.glibc}.", advice,
        )  # fmt: skip


def _python(bundle: Bundle, facts: MachineFacts) -> Iterator[Finding]:
    if facts.python is not None and bundle.python not in facts.python and not bundle.of("python"):
        yield _blocker(
            Code.PYTHON_VERSION, f"The bundle needs Python {bundle.python}, and does not include it.",
            f"This machine has {', '.join(facts.python) or 'none'}.",
            f"Install Python {bundle.python}, or make a bundle for this machine.",
        )  # fmt: skip


def _gpus(bundle: Bundle, facts: MachineFacts) -> Iterator[Finding]:
    """A bundle that was made with `--slim` lacks what other GPUs load."""
    for gpu in facts.gpus or ():
        if bundle.capabilities and gpu.compute_capability not in (None, *bundle.capabilities):
            yield _blocker(
                Code.GPU_ARCH, "The bundle leaves out code for this GPU.",
                f"It is for compute capability {', '.join(bundle.capabilities)}, and {gpu.name} has"
                f" {gpu.compute_capability}.",
                "Make it again for this machine, or without --slim.",
            )  # fmt: skip


def _reused(bundle: Bundle, facts: MachineFacts) -> Iterator[Finding]:
    for name, version in bundle.reuse.items():
        if (have := facts.packages.get(name)) != version:
            yield _blocker(
                Code.DEPENDENCY_CONFLICT, f"The bundle leaves out {name}, and this machine has a different one.",
                f"It was made for {name} {version} of the machine's own Python; here it is {have or 'not there'}.",
                f"Make it again for this machine, or without --reuse {name}.",
            )  # fmt: skip


def _blocker(code: Code, summary: str, evidence: str, fix: str) -> Finding:
    return Finding(
        code=code, severity=Severity.BLOCKER, stage=1, subject="bundle", summary=summary, evidence=evidence, fix=fix,
        source=_SOURCE,
    )  # fmt: skip
