"""Versions that were requested and that a later step replaces. No I/O.

Replacing alone ends nothing, so it is a warning: what breaks by it (a requirement, compiled code, the model, the
procedure's own check) is said by anyone who looks at that.
"""

from __future__ import annotations

from collections.abc import Mapping

from installer.audit.simulation.environments import Course, EnvironmentState, Override, Pin
from installer.audit.simulation.requirement import RequirementKind, Wanted
from installer.audit.simulation.resolver_request import ResolverRequirement
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Expectation, Install
from installer.core.plans.stack import Placed
from installer.knowledge.packages import bringing, decisive
from installer.packages.pylock import requirement_name


def note(course: Course, step: Install, before: Mapping[str, Placed], named: Mapping[str, ResolverRequirement]) -> None:
    """Remember which pins `step` does away with; whether that matters shows at the end."""
    world = course.world(step.interpreter)
    for name, pin in world.pins.items():
        after, there = world.packages.get(name), before.get(name)
        if after is None or there is None or after is there:
            continue
        deliberate = (
            name in named and bool(named[name].wanted.specifier) and not named[name].wanted.allows(there.version)
        )
        if not deliberate and not keeps(pin.wanted, pin.placed, after):
            world.overrides.append(Override(pin, step, after, _who(course, world, pin, after)))


def keeps(wanted: Wanted, placed: Placed, after: Placed) -> bool:
    """Whether `after` is still what was requested: its version, and the build of it."""
    local = placed.version.partition("+")[2]
    return wanted.allows(after.version) and (not local or after.version.partition("+")[2] == local)


def check(course: Course, world: EnvironmentState) -> None:
    """Note the overrides that the end of the procedure has not repaired, those of one step together."""
    lost: dict[int, list[Override]] = {}
    restored: dict[int, list[Override]] = {}
    for override in world.overrides:
        last = world.packages.get(override.pin.placed.name)
        if last and keeps(override.pin.wanted, override.pin.placed, last):
            restored.setdefault(id(override.step), []).append(override)
        elif last and not _overridden_later(world, override):
            lost.setdefault(id(override.step), []).append(override)
    for together in lost.values():
        _lost(course, sorted(together, key=_weight))
    for together in restored.values():
        _restored(course, world, together)


def _overridden_later(world: EnvironmentState, override: Override) -> bool:
    """Whether a later step does away with the same pin once more."""
    later = world.overrides[world.overrides.index(override) + 1 :]
    return any(other.pin is override.pin for other in later)


def _is_decisive(override: Override) -> bool:
    """Whether one exact release that decides that an engine works is replaced by another one."""
    pin = override.pin
    return bool(pin.wanted.exact) and not pin.wanted.allows(override.after.version) and decisive(pin.placed.name)


def _weight(override: Override) -> tuple[bool, bool]:
    return not _is_decisive(override), override.pin.placed.name != "torch"


def _lost(course: Course, together: list[Override]) -> None:
    first = together[0]
    pin, after, step = first.pin, first.after, first.step
    build = "the default build " if pin.wanted.allows(after.version) else ""
    more = "".join(f", and {other.pin.placed.name} {_text(other)}" for other in together[1:4])
    because = f", since {first.because}" if first.because else ""
    course.findings.append(
        _finding(
            step, Severity.WARNING, f"{pin.placed.name} {pin.placed.version}",
            f"{_where(step.line, 'This step')} replaces {pin.placed.name} {pin.placed.version}, which "
            f"{_where(pin.step.line)} requires, by {build}{after.version}{more}.",
            f"{_where(pin.step.line)}: {pin.wanted.text} ({pin.placed.version}); {_where(step.line)} installs "
            f"{after.name} {after.version}{because}.",
            _fix(first),
        )
    )  # fmt: skip


def _text(override: Override) -> str:
    return f"{override.pin.placed.version} by {override.after.version}"


def _fix(override: Override) -> str:
    pin, after = override.pin, override.after
    if pin.wanted.allows(after.version):
        return f"Install {pin.placed.name} last, from {pin.placed.source}, or give this step a constraint on it."
    return (
        f"Let {_where(pin.step.line)} install {after.name}=={after.version}, or give this step the constraint "
        f"{pin.placed.name}{pin.wanted.specifier}."
    )


def _restored(course: Course, world: EnvironmentState, together: list[Override]) -> None:
    first = together[0]
    names = ", ".join(f"{override.pin.placed.name} {_text(override)}" for override in together[:4])
    last = world.packages[first.pin.placed.name]
    course.findings.append(
        _finding(
            first.step, Severity.INFO, f"{first.pin.placed.name} {first.pin.placed.version}",
            f"{_where(first.step.line, 'This step')} replaces {names}; {_where(last.line)} restores it.",
            f"{_where(first.pin.step.line)}: {first.pin.wanted.text}; {_where(first.step.line)}: {first.after.name} "
            f"{first.after.version}.",
            "Give this step a constraint, so that nothing is downloaded twice.",
        )
    )  # fmt: skip


def expect(course: Course, world: EnvironmentState, step: Expectation) -> None:
    """A check of the procedure's own, against what is there at that point."""
    placed = next((world.packages[name] for name in bringing(step.package) if name in world.packages), None)
    if placed is None or not placed.version:
        return
    name = placed.name
    wanted = Wanted(f"{name}{step.specifier}", RequirementKind.INDEX, name, specifier=step.specifier)
    if wanted.allows(placed.version):
        return
    course.found(
        step, Code.PIN_OVERRIDDEN, f"{name} {placed.version}",
        f"This check requires {name} {step.specifier}, but {placed.version} is installed.",
        f"{_where(step.line)}: {wanted.text}; {_where(placed.line)} installs {name} {placed.version}.",
        f"Pin {name}{step.specifier} where it is installed, or let the check accept {placed.version}.",
        "the simulation of the steps in order",
    )  # fmt: skip


def _finding(step: Install, severity: Severity, subject: str, *text: str) -> Finding:
    summary, evidence, fix = text
    source = "the simulation of the steps in order, solved by uv"
    return Finding(
        code=Code.PIN_OVERRIDDEN,
        severity=severity,
        stage=step.stage,
        subject=subject,
        summary=summary,
        evidence=evidence,
        fix=fix,
        source=source,
        line=step.line,
    )


def _who(course: Course, world: EnvironmentState, pin: Pin, after: Placed) -> str:
    """Whose requirement wants the version that is there now."""
    for placed in world.packages.values():
        for text in placed.requires or ():
            needs = course.reader.read(text) if requirement_name(text) == after.name else None
            if needs and needs.allows(after.version) and not needs.allows(pin.placed.version):
                return f"{placed.name} {placed.version} needs {text}"
    return ""


def _where(line: int | None, otherwise: str = "an earlier step") -> str:
    words = f"line {line}" if line else otherwise
    return words if otherwise == "an earlier step" else words[0].upper() + words[1:]
