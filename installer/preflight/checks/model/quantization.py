"""Whether the engine loads the checkpoint's quantization, on these GPUs and with these flags. Pure.

What no row of `quantization.yaml` says is left open: a release that was not read, a method that no list had yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.knowledge import cuda_code, gpus, tables
from installer.preflight.checks.model import methods
from installer.preflight.checks.model.subject import Subject

_TABLE = "quantization"


def findings(subject: Subject, facts: MachineFacts) -> Iterator[Finding]:
    """What is wrong with the method in use, and with the flag if it clashes with the checkpoint."""
    clash = _clash(subject)
    if clash is not None:
        yield clash
        return
    method = subject.options.value("--quantization", "-q") or subject.model.quantization
    if not method:
        return
    if methods.supported(subject.engine, subject.version, method) is False:
        use = subject.options.last("--quantization", "-q")
        if method == subject.model.quantization:
            yield _not_loaded(subject, method)
        elif use is None or not use.problem:  # what the release's own parser refuses is said of the flag
            yield _not_taken(subject, method)
        return
    if subject.on_cpu:
        yield _open_on_cpu(subject, method)
    else:
        yield from _on_gpus(subject, facts, method)


def _clash(subject: Subject) -> Finding | None:
    flag, checkpoint = subject.options.value("--quantization", "-q"), subject.model.quantization
    if flag is None or flag == checkpoint or not subject.model.config:
        return None
    if not checkpoint:
        # Such a model is known by another's name only, and quantizing is what derivatives are made for.
        if subject.model.derived or not methods.needs_checkpoint(flag):
            return None
        return _flag(subject, flag, "the checkpoint is not quantized")
    return None if methods.compatible(flag, checkpoint) else _flag(subject, flag, f"the checkpoint says {checkpoint}")


def _flag(subject: Subject, flag: str, other: str) -> Finding:
    source = tables.table(_TABLE)["sources"]["flags"]
    return subject.found(
        Code.FLAG_VALUE, Severity.BLOCKER,
        f"`--quantization {flag}` does not match this model's weights: {subject.title} fails at start-up.",
        f"The flag says {flag}; {subject.model.source}: {other}.",
        "Leave --quantization out: the engine reads the method from the checkpoint." if subject.model.quantization else
        f"Leave --quantization out, or use a repository of the model that is quantized with {flag}.",
        f"{subject.model.source}; {source}",
    )  # fmt: skip


def _not_loaded(subject: Subject, method: str) -> Finding:
    had = methods.history(subject.engine, method)
    return subject.found(
        Code.MODEL_UNSUPPORTED, Severity.BLOCKER, f"{subject.title} does not load weights quantized with `{method}`.",
        f"{subject.model.source}: the quantization is {method}; {subject.engine} loads it "
        f"{had or 'in no known release'}.",
        "Use the model without that quantization or with another, or a release of an engine that loads it.",
        _source(subject),
    )  # fmt: skip


def _not_taken(subject: Subject, method: str) -> Finding:
    """The flag sets it, the checkpoint does not."""
    had = methods.history(subject.engine, method)
    return subject.found(
        Code.FLAG_VALUE, Severity.BLOCKER,
        f"{subject.title} has no quantization `{method}`, so the server exits immediately.",
        f"The launch says --quantization {method}; {subject.engine} loads it {had or 'in no known release'}.",
        "Leave --quantization out, or use a release of an engine that has it.",
        _source(subject),
    )  # fmt: skip


def _open_on_cpu(subject: Subject, quantization: str) -> Finding:
    """What is known of loading quantized weights is known of GPUs."""
    distribution, release = subject.placed.name, subject.version
    return subject.found(
        Code.MODEL_UNSUPPORTED, Severity.PROBE,
        f"Whether {distribution} {release} loads {quantization} weights is not known.",
        f"{subject.model.source}: the quantization is {quantization}.",
        "Use the checkpoint that is not quantized, or test it.", subject.model.source,
    )  # fmt: skip


def _on_gpus(subject: Subject, facts: MachineFacts, method: str) -> Iterator[Finding]:
    """The GPU that can the least decides."""
    known = [(found, gpu) for gpu in facts.gpus or () if (found := gpus.capability(gpu)) is not None]
    if not known:
        return
    have, gpu = min(known, key=lambda pair: pair[0])
    wanted = methods.floor(subject.engine, subject.version, method, subject.model.config)
    form = methods.form(method, subject.model.config)
    if wanted is not None and have < wanted:
        floor = cuda_code.shown(wanted)
        yield subject.found(
            Code.GPU_ARCH, Severity.BLOCKER, f"{subject.title} does not load `{form}` weights on {gpu.name}.",
            f"{subject.model.source}: the quantization is {method}; {subject.title} requires compute capability "
            f"{floor} for it, and {gpu.name} has {cuda_code.shown(have)}.",
            f"Use a GPU with compute capability {floor} or more, or weights without that quantization.",
            _source(subject),
        )  # fmt: skip
    elif (native := methods.native(form)) is not None and have < int(native["capability"]):
        yield _unpacked(subject, method, f"{gpu.name} has {cuda_code.shown(have)}", native)


def _unpacked(subject: Subject, method: str, has: str, native: Mapping[str, Any]) -> Finding:
    return subject.found(
        Code.GPU_ARCH, Severity.WARNING,
        f"The GPU does not compute in the format of these weights ({method}): they are unpacked at run time, which "
        "saves memory, but no time.",
        f"{subject.model.source}: the quantization is {method}; it is computed from compute capability "
        f"{cuda_code.shown(int(native['capability']))} on, and {has}.",
        "It runs without changes; only a newer GPU computes in this format.",
        f"{subject.model.source}; {tables.table(_TABLE)['sources'][native['source']]}",
    )  # fmt: skip


def _source(subject: Subject) -> str:
    return f"{subject.model.source}; {tables.table('loaders')['sources'][subject.engine]}"
