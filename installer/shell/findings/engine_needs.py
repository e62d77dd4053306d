"""What an engine or a model needs next to Python packages: a token, system libraries, a compiler. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Fetch, Launch, Step, SystemInstall
from installer.knowledge import images, tables
from installer.knowledge.versions import fits
from installer.shell.commands import hub
from installer.shell.commands.installing import name_of
from installer.shell.findings.machine_needs import by_name
from installer.shell.findings.script_facts import FollowedScript


def findings(followed: FollowedScript) -> Iterator[Finding]:
    yield from _token(followed)
    yield from _libraries(followed)


def _token(followed: FollowedScript) -> Iterator[Finding]:
    """A gated model, and no token: the script removes it, or never sets one."""
    for step in followed.record.steps:
        model, given = _model(step)
        row = _gate(model)
        if row is None or given or _logged_in(followed):
            continue
        unset = [ran.line for ran in followed.ran if ran.name == "unset" and set(ran.words) & set(hub.TOKENS)]
        severity = Severity.BLOCKER if unset and not step.condition else Severity.PROBE
        why = (
            f"line {unset[0]} unsets the token"
            if unset
            else "the script sets no token, and the machine's own is not known"
        )
        yield Finding(
            code=Code.CREDENTIALS,
            severity=severity,
            stage=8,
            subject=model,
            summary=f"{model} is gated: without a token it cannot be downloaded.",
            evidence=f"The hub gives {model} only to accounts with access; {why}.",
            fix="Request access on the model's page, and set HF_TOKEN before the script runs.",
            source=_source(row),
            line=step.line,
        )
        return


def _model(step: Step) -> tuple[str, bool]:
    match step:
        case Fetch():
            return step.model, bool(step.authenticated)
        case Launch() if by_name(step.model):
            return step.model, hub.has_token(step.environment)
    return "", False


def _logged_in(followed: FollowedScript) -> bool:
    return any(
        (ran.name in ("huggingface-cli", "hf") and "login" in ran.words)
        or (ran.name == "export" and any(word.partition("=")[0] in hub.TOKENS for word in ran.words))
        for ran in followed.ran
    ) or any(name in followed.state.variables and followed.state.variables[name] for name in hub.TOKENS)


def _gate(model: str) -> Mapping[str, Any] | None:
    rows: list[Mapping[str, Any]] = tables.table("needs")["gated"]
    return next((row for row in rows if model and re.fullmatch(row["model"], model)), None)


def _libraries(followed: FollowedScript) -> Iterator[Finding]:
    """Shared libraries and programs that an engine needs, that are not there, and that nothing installs."""
    launch = followed.procedure.launch
    if launch is None or launch.image:
        return
    brought = {
        package for step in followed.record.steps if isinstance(step, SystemInstall) for package in step.packages
    }
    for row in tables.table("needs")["engines"]:
        if row["engine"] != launch.engine or any(b.startswith(tuple(row["packages"])) for b in brought):
            continue
        installed = _installs(followed, launch.engine, row)
        if installed and row.get("library"):
            yield from _library(followed, row, *installed)
        elif installed and _has_no(row["program"], followed):
            yield _program(followed, row, *installed)


def _library(followed: FollowedScript, row: Mapping[str, Any], line: int | None, pinned: bool) -> Iterator[Finding]:
    reference = followed.facts.container.image if followed.facts.container else None
    image = images.by_reference(reference) if reference else None
    if image is None or image.repository not in tables.table("needs")["bare_images"]:
        return
    library, package = row["library"], row["packages"][0]
    yield Finding(
        code=Code.SYSTEM_LIBRARY,
        severity=Severity.BLOCKER if pinned else Severity.WARNING,
        stage=2,
        subject=library,
        summary=f"{library} is missing, so the kernels of {row['engine']} cannot be loaded.",
        evidence=f"The image {reference} does not contain it, and no line of the script installs {package}.",
        fix=f"Install {package} before the server starts: apt-get update && apt-get install -y {package}.",
        source=_source(row),
        line=line,
    )


def _program(followed: FollowedScript, row: Mapping[str, Any], line: int | None, pinned: bool) -> Finding:
    name = row["program"]
    return Finding(
        code=Code.SYSTEM_LIBRARY,
        severity=Severity.BLOCKER if pinned else Severity.WARNING,
        stage=10,
        subject=name,
        summary=f"{name} is missing, and {row['engine']} compiles kernels with it at its first request.",
        evidence=f"{row['engine']} {row['since']} or newer needs it, it is not on this machine, and no line "
        f"installs it.",
        fix="Use an image with the CUDA toolkit (a -devel tag), or install it before the server starts.",
        source=_source(row),
        line=line,
    )


def _has_no(program: str, followed: FollowedScript) -> bool:
    if program in followed.facts.tools:
        return followed.facts.tools[program] is None
    reference = followed.facts.container.image if followed.facts.container else None
    image = images.by_reference(reference) if reference else None
    return image is not None and program in image.lacks


def _source(row: Mapping[str, Any]) -> str:
    return str(tables.table("needs")["sources"][row["source"]])


def _installs(followed: FollowedScript, engine: str, row: Mapping[str, Any]) -> tuple[int | None, bool] | None:
    """The line that installs the engine, unless the row is not about the release; and whether that is pinned."""
    wanted = f">={row['since']}" + (f",<{row['until']}" if "until" in row else "")
    for step, _ in followed.installs():
        for text in step.requires:
            pin = re.search(r"==\s*([\w.]+)", text)
            if name_of(text) == engine and not (pin and fits(pin[1], wanted) is False):
                return step.line, pin is not None
    return None
