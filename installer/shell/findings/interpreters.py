"""Packages that go to another Python than the one that runs the server. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Install, Launch
from installer.shell.commands.installing import name_of
from installer.shell.findings.script_facts import SOURCE, FollowedScript
from installer.shell.state import SYSTEM, UNKNOWN

_STAGES = (3, 4, 5, 7)
_SOURCE = "how pip, uv and virtual environments choose an interpreter; " + SOURCE


def findings(followed: FollowedScript) -> Iterator[Finding]:
    for launch, place in followed.launches():
        if not launch.image and launch.engine and UNKNOWN not in place:
            yield from _elsewhere(followed, launch, place)
    yield from _never_used(followed)


def _elsewhere(followed: FollowedScript, launch: Launch, place: str) -> Iterator[Finding]:
    here = {name_of(text) for step, where in followed.installs() if where == place for text in step.requires}
    venv = followed.state.venvs.get(place)
    for step, where in followed.installs():
        names = [name_of(text) for text in step.requires]
        if (
            (venv and venv.inherits and where == SYSTEM)
            or where == place
            or UNKNOWN in where
            or step.stage not in _STAGES
            or set(names) <= here
        ):
            continue
        brings = launch.engine in names
        if brings or (place != SYSTEM and not step.condition):
            severity = (
                Severity.BLOCKER if brings and launch.engine not in here and not launch.condition else Severity.WARNING
            )
            yield _finding(followed, step, names[0] if not brings else launch.engine, where, place, severity=severity)
            return


def _finding(
    followed: FollowedScript, step: Install, name: str, where: str, place: str, *, severity: Severity
) -> Finding:
    venv = followed.state.venvs.get(place)
    why = f"{name} goes to {_called(where)}; the server runs in {_called(place)}"
    if venv and not venv.pip and where == SYSTEM and step.tool == "pip":
        why += ", which has no pip of its own, because uv made it"
    fix = _fix(step, where, place, without_pip=bool(venv and not venv.pip))
    return Finding(
        code=Code.SHELL_DEFECT,
        severity=severity,
        stage=step.stage,
        subject=name,
        summary=f"{name} is installed for another Python than the one that runs the server.",
        evidence=f"{why}.",
        fix=fix,
        source=_SOURCE,
        line=step.line,
    )


def _fix(step: Install, where: str, place: str, *, without_pip: bool) -> str:
    """The change of that very line; never what it does already."""
    if place == SYSTEM:
        return f"Start the server with {where}/bin/python, or activate {where} before."
    if step.tool == "uv":
        asks = "without `--system`, " if where == SYSTEM else ""
        return f"Run line {step.line} after {place} is activated, {asks}or add `--python {place}/bin/python` to it."
    if without_pip:
        return "Install with `uv pip install` instead of `pip install`."
    return f"Install with `{place}/bin/python -m pip`, or activate {place} first."


def _called(place: str) -> str:
    return "the image's own Python" if place == SYSTEM else f"the environment {place}"


def _never_used(followed: FollowedScript) -> Iterator[Finding]:
    used = {*followed.record.environments, followed.state.active, *(ran.active for ran in followed.ran)}
    for venv in followed.state.venvs.values():
        if venv.tool and venv.path not in used and not any(venv.path in place for place in used):
            yield Finding(
                code=Code.SHELL_DEFECT,
                severity=Severity.WARNING,
                stage=2,
                subject=venv.path,
                summary=f"The environment {venv.path} is created but never used.",
                evidence="Nothing activates it, installs into it or runs from it.",
                fix=f"Add `source {venv.path}/bin/activate` after line {venv.line}.",
                source=_SOURCE,
                line=venv.line,
            )
