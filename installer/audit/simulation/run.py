"""Takes the steps of a procedure one after another, as an installer would, with uv's resolver doing the solving.

Never installs, builds or starts anything, and asks the network for metadata only.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name

from installer.audit.simulation import (
    companions,
    ignored_failures,
    image_server,
    joint_resolution,
    missing_modules,
    missing_packages,
    overridden_pins,
    packages_without_module,
    programs,
    unmet_requirements,
)
from installer.audit.simulation.environments import Course, EnvironmentState
from installer.audit.simulation.index_selection import addresses
from installer.audit.simulation.installing import install
from installer.audit.simulation.known_indexes import known_index
from installer.audit.simulation.origins import origins
from installer.audit.simulation.requirement import Reader
from installer.audit.simulation.solver import Solver
from installer.core.contracts.host import Host
from installer.core.machine.facts import MachineFacts
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Expectation, Imports, Install, Procedure, Runs, Step, Uninstall
from installer.core.plans.stack import Lookups, Placed, Stack
from installer.core.runs.home import Home
from installer.knowledge.engines.definitions import engine_package
from installer.packages import target
from installer.packages.pylock import requirement_name
from installer.preflight.checks import packages_for_options
from installer.preflight.checks.parallel import tensor_parallel

_CONNECT_S = 4.0
_LOGIN = (401, 403, 407)


@dataclass(frozen=True, slots=True)
class Simulated:
    stack: Stack
    findings: tuple[Finding, ...] = ()
    unknown: tuple[str, ...] = ()
    """What could not be known, a sentence each."""


def simulate(
    procedure: Procedure,
    facts: MachineFacts,
    host: Host,
    home: Home,
    lookups: Lookups,
    *,
    as_of: str | None = None,
    offline: bool = False,
) -> Simulated:
    """What `procedure` leaves installed on such a machine, and what is wrong with its packages."""
    course = _course(procedure, facts, host, home, lookups, as_of=as_of, offline=offline)
    if not course.solver.offline:
        joint_resolution.warm_up(course, procedure)
    image_server.prepare(course, procedure)
    for step in procedure.steps:
        _take(course, step)
    world = _current(course)
    world.open = world.open or procedure.unread_installs
    engine = engine_package(_stack(procedure, course, world))
    overridden_pins.check(course, world)
    clashing = unmet_requirements.check(course, world, engine)
    missing_packages.check(course, world, engine)
    pairs = missing_modules.broken(world)
    needed = missing_packages.needed(course, engine) if world.failed_steps or pairs else frozenset()
    missing_modules.check(course, pairs, needed)
    companions.check(course, world, engine, clashing)
    packages_without_module.check(course, world, engine)
    installs = [step for step in procedure.steps if isinstance(step, Install)]
    wanted = procedure.launch.engine if procedure.launch else ""
    ignores_all = all(step.tolerated for step in installs)
    stack = _stack(procedure, course, world)
    asked = packages_for_options.requested(stack) if engine else frozenset()
    ignored_failures.check(course, world, ignored_failures.Need(wanted, engine, needed | asked, ignores_all))
    return Simulated(stack, tuple(course.findings), _unknown(course))


def _unknown(course: Course) -> tuple[str, ...]:
    """What could not be known, a sentence each."""
    unasked = ", ".join(dict.fromkeys(course.unasked))
    why = "The index cannot be reached, and no cached answer covers these packages"
    return (*dict.fromkeys(course.unknown), *([f"{why}: {unasked}."] if unasked else []))


def _course(
    procedure: Procedure,
    facts: MachineFacts,
    host: Host,
    home: Home,
    lookups: Lookups,
    *,
    as_of: str | None,
    offline: bool,
) -> Course:
    python = image_server.python(procedure.launch) or procedure.python or (facts.python[0] if facts.python else "3.12")
    own = origins(host.sources(), host.environment(), here=facts.here)
    reachable = _reachable(procedure, host, own.default, offline)
    solver = Solver(host, home, python, target.platform(facts), own, not reachable[own.default])
    reader = Reader(python, facts.os.arch or "x86_64")
    course = Course(solver, lookups, facts, own, reader, reachable, as_of)
    course.worlds["system"] = EnvironmentState(
        {
            canonicalize_name(name): Placed(canonicalize_name(name), version, 1, source="image")
            for name, version in facts.packages.items()
            if version
        }
    )
    return course


def _reachable(procedure: Procedure, host: Host, default: str, offline: bool) -> dict[str, bool]:
    """For the default index and each one that the procedure names, whether it answers."""
    wanted = {default: "pip"}
    for step in procedure.steps:
        if isinstance(step, Install):
            name = requirement_name(next(iter(step.requires), "pip"))
            wanted |= {url: name for url in addresses(step) if url != default}

    def answers(url: str) -> bool:
        if url.startswith("file:") or offline:
            return url.startswith("file:")
        status = host.page(f"{url.rstrip('/')}/{wanted[url]}/", timeout_s=_CONNECT_S).status
        # An index that requires a login gives no answer; a known index may say 403 for what it does not have.
        return status in range(200, 500) and (status not in _LOGIN or (status == 403 and known_index(url) is not None))

    with ThreadPoolExecutor(max_workers=8) as pool:
        return dict(zip(wanted, pool.map(answers, wanted), strict=True))


def _take(course: Course, step: Step) -> None:
    match step:
        case Install(fallback=True) if not course.failing:
            pass
        case Install():
            course.failing = False
            install(course, replace(step, condition="") if step.fallback else step)
            if step.fallback and not course.failing:
                world = course.world(step.interpreter)
                world.failed_steps = [setback for setback in world.failed_steps if setback.step.line != step.line]
        case Uninstall():
            for name in step.names:
                course.world(step.interpreter).packages.pop(canonicalize_name(name), None)
        case Expectation():
            overridden_pins.expect(course, _current(course), step)
            missing_packages.expect(course, _current(course), step)
        case Runs():
            programs.check(course, step)
        case Imports():
            missing_packages.imports(course, _current(course), step)


def _current(course: Course) -> EnvironmentState:
    """The environment that the procedure made last; the image's own where it made none."""
    return course.worlds.get("") or course.worlds["system"]


def _stack(procedure: Procedure, course: Course, world: EnvironmentState) -> Stack:
    launch = procedure.launch
    return Stack(
        python=course.reader.python,
        platform=course.solver.platform,
        packages=dict(sorted(world.packages.items())),
        launch=launch,
        tensor_parallel=tensor_parallel(launch.arguments) if launch else 1,
    )
