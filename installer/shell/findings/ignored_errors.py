"""Errors that the script throws away, and checks and fallbacks that decide nothing. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Expectation, Imports, Install, Launch
from installer.knowledge import packages
from installer.knowledge.engines import definitions
from installer.shell.commands.installing import name_of
from installer.shell.findings.script_facts import SOURCE, FollowedScript, defect
from installer.shell.trace import Ran, shown


def findings(followed: FollowedScript) -> Iterator[Finding]:
    yield from _thrown_away(followed)
    yield from _in_a_pipe(followed)
    yield from _checks(followed)
    yield from _never_asked(followed)
    yield from _unreached(followed)


def _needed(followed: FollowedScript, position: int) -> set[str]:
    """The packages without which something after that step fails."""
    found: set[str] = set()
    for step in followed.record.steps[position + 1 :]:
        if isinstance(step, Launch) and not step.image:
            engine = definitions.engine(step.engine)
            found |= {engine.name, *engine.needs} if engine else set()
        elif isinstance(step, Imports) and not step.tolerated:
            found |= {name for module in step.modules for name in packages.bringing(module)}
        elif isinstance(step, Expectation) and not step.tolerated:
            found |= set(packages.bringing(step.package))
    return found


def _thrown_away(followed: FollowedScript) -> Iterator[Finding]:
    for ran in followed.ran:
        if not ran.context.thrown_away or ran.context.fatal:
            continue
        for position, step in _steps_of(followed, ran):
            names = [name_of(text) for text in step.requires]
            lost = [name for name in names if name in _needed(followed, position)]
            if lost and not _installed_later(followed, position, lost):
                hidden = " and its message is hidden" if ran.silent else ""
                yield defect(
                    ran,
                    Severity.WARNING,
                    lost[0],
                    f"If {lost[0]} cannot be installed, the script continues and the server fails later.",
                    f"The failure of `{shown(ran.text, 70)}` is ignored{hidden}, but {lost[0]} is needed.",
                    "Remove what follows `||`, so that the script stops at the error.",
                    stage=step.stage,
                )


def _steps_of(followed: FollowedScript, ran: Ran) -> Iterator[tuple[int, Install]]:
    """The install that a command made."""
    step = followed.record.steps[ran.after] if ran.after < len(followed.record.steps) else None
    if isinstance(step, Install) and step.line == ran.line:
        yield ran.after, step


def _installed_later(followed: FollowedScript, position: int, names: list[str]) -> bool:
    """Whether a later install, whose failure counts, provides them."""
    later = (step for step in followed.record.steps[position + 1 :] if isinstance(step, Install) and not step.tolerated)
    return any(set(names) <= {name_of(text) for text in step.requires} for step in later)


def _in_a_pipe(followed: FollowedScript) -> Iterator[Finding]:
    for ran in followed.ran:
        if ran.context.hidden and "errexit" in ran.options:
            for _, step in _steps_of(followed, ran):
                yield defect(
                    ran,
                    Severity.WARNING,
                    name_of(step.requires[0]),
                    "`set -e` does not detect when this install fails, because it is part of a pipe.",
                    f"`{shown(ran.text, 70)}` is followed by |, and `set -o pipefail` is not set.",
                    "Start the script with `set -euo pipefail`.",
                    stage=step.stage,
                )


def _checks(followed: FollowedScript) -> Iterator[Finding]:
    """`python -c "import …" || true`: whatever it finds, the script continues."""
    for ran in followed.ran:
        if ran.context.thrown_away and ran.name.startswith("python") and ran.after < len(followed.record.steps):
            step = followed.record.steps[ran.after]
            if isinstance(step, (Imports, Expectation)) and step.line == ran.line:
                yield defect(
                    ran,
                    Severity.WARNING,
                    "check",
                    "This check has no effect: the script continues in every case.",
                    f"The failure of `{shown(ran.text, 70)}` is ignored.",
                    "Let it stop the script: remove what follows `||`.",
                    stage=9,
                )


def _never_asked(followed: FollowedScript) -> Iterator[Finding]:
    for line, text in followed.record.useless:
        yield Finding(
            code=Code.SHELL_DEFECT,
            severity=Severity.WARNING,
            stage=6,
            subject="$?",
            summary=f"What line {line} does after a failure never happens.",
            evidence=f"`set -e` ends the script as soon as `{text}` fails, so that $? is always 0 there.",
            fix=f"Write it as one: if ! {text}; then …",
            source=SOURCE,
            line=line,
        )


def _unreached(followed: FollowedScript) -> Iterator[Finding]:
    if followed.record.unreached:
        line, text = followed.record.unreached[0]
        yield Finding(
            code=Code.SHELL_DEFECT,
            severity=Severity.WARNING,
            stage=9,
            subject="dead code",
            summary=f"Line {line} is never reached.",
            evidence=f"The script ends (exit, exec, or a loop without an end) before `{text}`.",
            fix="Move it before that, or remove it.",
            source=SOURCE,
            line=line,
        )
