"""Versions that were asked for and that a later step replaces. Compares; asks nobody."""

from __future__ import annotations

from collections.abc import Mapping

from installer.core.plan import Finding
from installer.core.procedure import Expectation, Install
from installer.core.stack import Placed
from installer.foresight.pylock import requirement_name
from installer.foresight.simulation.choosing import Order
from installer.foresight.simulation.decisive import decisive
from installer.foresight.simulation.wanted import Wanted
from installer.foresight.simulation.world import Course, Override, World, gravity


def note(course: Course, step: Install, before: Mapping[str, Placed], named: Mapping[str, Order]) -> None:
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
            world.overrides.append(Override(pin, step, after, _who(world, name, after)))


def keeps(wanted: Wanted, placed: Placed, after: Placed) -> bool:
    """Whether `after` is still what was asked for: its version, and the build of it."""
    local = placed.version.partition("+")[2]
    return wanted.allows(after.version) and (not local or after.version.partition("+")[2] == local)


def judge(course: Course, world: World) -> None:
    """Note the overrides that the end of the procedure has not mended."""
    for override in world.overrides:
        last = world.packages.get(override.pin.placed.name)
        if last is None:
            continue
        if keeps(override.pin.wanted, override.pin.placed, last):
            _mended(course, override, last)
        elif not any(later.pin is override.pin and later is not override for later in _after(world, override)):
            _lost(course, override)


def _after(world: World, override: Override) -> list[Override]:
    return world.overrides[world.overrides.index(override) + 1 :]


def _lost(course: Course, override: Override) -> None:
    pin, after = override.pin, override.after
    name, insisted = pin.placed.name, pin.wanted.specifier or f"+{pin.placed.version.partition('+')[2]}"
    only_build = pin.wanted.allows(after.version)
    grave = bool(pin.wanted.exact) and not only_build and decisive(name)
    severity = gravity(override.step) if grave else "warning"
    what = f"{name} {after.version}"
    because = f", since {override.because}" if override.because else ""
    build = f"the default build {after.version}" if only_build else after.version
    course.findings.append(
        _finding(
            override, severity, f"{name} {pin.placed.version}",
            f"This step replaces {name} {pin.placed.version}, which {_where(pin.step.line)} asks for, by {build}.",
            f"{_where(pin.step.line)}: {pin.wanted.text} ({pin.placed.version}); {_where(override.step.line)} installs "
            f"{what}{because}.",
            f"Ask for {name} {insisted} in this step as well, or drop that pin and take what this step needs.",
        )
    )  # fmt: skip


def _mended(course: Course, override: Override, last: Placed) -> None:
    pin = override.pin
    course.findings.append(
        _finding(
            override, "info", f"{pin.placed.name} {pin.placed.version}",
            f"This step replaces {pin.placed.name} {pin.placed.version} by {override.after.version}; "
            f"{_where(last.line)} puts it back.",
            f"{_where(pin.step.line)}: {pin.wanted.text}; {_where(override.step.line)}: {override.after.version}.",
            "Give this step a constraint, so that nothing is fetched twice.",
        )
    )  # fmt: skip


def expect(course: Course, world: World, step: Expectation) -> None:
    """A check of the procedure's own, against what is there at that point."""
    name = requirement_name(step.package)
    placed = world.packages.get(name)
    if placed is None or not placed.version:
        return
    wanted = Wanted(f"{name}{step.specifier}", "index", name, specifier=step.specifier)
    if wanted.allows(placed.version):
        return
    course.found(
        step, "pin-overridden", f"{name} {placed.version}",
        f"This check insists on {name} {step.specifier}, and {placed.version} is what is there.",
        f"{_where(step.line)}: {wanted.text}; {_where(placed.line)} installs {name} {placed.version}.",
        f"Pin {name}{step.specifier} where it is installed, or let the check accept {placed.version}.",
        "the simulation of the steps in order",
    )  # fmt: skip


def _finding(override: Override, severity: str, subject: str, *text: str) -> Finding:
    summary, evidence, fix = text
    source = "the simulation of the steps in order, solved by uv"
    step = override.step
    return Finding("pin-overridden", severity, step.stage, subject, summary, evidence, fix, source, step.line)


def _who(world: World, name: str, after: Placed) -> str:
    """Whose requirement wants the version that is there now."""
    for placed in world.packages.values():
        for requirement in placed.requires or ():
            if requirement_name(requirement) == name and any(sign in requirement for sign in "=<>"):
                return f"{placed.name} {placed.version} needs {requirement}"
    return ""


def _where(line: int | None) -> str:
    return f"line {line}" if line else "an earlier step"
