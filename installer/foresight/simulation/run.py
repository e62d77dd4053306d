"""Takes the steps of a procedure one after another, as an installer would, with uv's resolver doing the solving.

Never installs, builds or starts anything, and asks the network for metadata only.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from installer.core.facts import MachineFacts
from installer.core.home import Home
from installer.core.host import Host
from installer.core.plan import Finding
from installer.core.procedure import Expectation, Imports, Install, Procedure, Step, Uninstall
from installer.core.stack import Looks, Placed, Stack
from installer.foresight import target
from installer.foresight.parallel import tensor_parallel
from installer.foresight.pylock import normal, requirement_name
from installer.foresight.simulation import absent, broken, overriding, setbacks, shipped, symbols, whole
from installer.foresight.simulation.installing import install
from installer.foresight.simulation.origins import origins
from installer.foresight.simulation.shops import addresses
from installer.foresight.simulation.solver import Solver
from installer.foresight.simulation.wanted import Reader
from installer.foresight.simulation.world import Course, World

_REACH_S = 4.0
_ENGINES = ("sglang", "vllm")


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
    looks: Looks,
    *,
    as_of: str | None = None,
    offline: bool = False,
) -> Simulated:
    """What `procedure` leaves installed on such a machine, and what is wrong with its packages."""
    course = _course(procedure, facts, host, home, looks, as_of=as_of, offline=offline)
    if not course.solver.offline:
        whole.warm_up(course, procedure)
    for step in procedure.steps:
        _take(course, step)
    world = shipped.world(course, procedure.launch) or _current(course)
    engine = _engine(procedure, world)
    overriding.judge(course, world)
    broken.judge(course, world, engine.name if engine else "")
    absent.judge(course, world, engine)
    whole.judge(course, world, course.findings)
    pairs = symbols.broken(world)
    needed = absent.needed(course, engine) if world.setbacks or pairs else frozenset()
    symbols.judge(course, pairs, needed)
    installs = [step for step in procedure.steps if isinstance(step, Install)]
    wanted = procedure.launch.engine if procedure.launch else ""
    careless = all(step.tolerated for step in installs)
    setbacks.judge(course, world, setbacks.Need(wanted, engine, needed, careless))
    return Simulated(_stack(procedure, course, world), tuple(course.findings), _unknown(course))


def _unknown(course: Course) -> tuple[str, ...]:
    """What could not be known, a sentence each."""
    unasked = ", ".join(dict.fromkeys(course.unasked))
    why = "The index cannot be reached, and what was asked before does not say what these come to"
    return (*dict.fromkeys(course.unknown), *([f"{why}: {unasked}."] if unasked else []))


def _course(
    procedure: Procedure, facts: MachineFacts, host: Host, home: Home, looks: Looks, *, as_of: str | None, offline: bool
) -> Course:
    python = shipped.python(procedure.launch) or procedure.python or (facts.python[0] if facts.python else "3.12")
    own = origins(host.sources(), host.environment(), here=facts.here)
    reachable = _reachable(procedure, host, own.default, offline)
    solver = Solver(host, home, python, target.platform(facts), own, not reachable[own.default])
    reader = Reader(python, facts.os.arch or "x86_64")
    course = Course(solver, looks, facts, own, reader, reachable, as_of)
    course.worlds["system"] = World(
        {
            normal(name): Placed(normal(name), version, 1, source="image")
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
        return host.page(f"{url.rstrip('/')}/{wanted[url]}/", timeout_s=_REACH_S).status in range(200, 500)

    with ThreadPoolExecutor(max_workers=8) as pool:
        return dict(zip(wanted, pool.map(answers, wanted), strict=True))


def _take(course: Course, step: Step) -> None:
    match step:
        case Install() if _instead(step) and not course.failing:
            pass
        case Install():
            course.failing = False
            install(course, replace(step, condition="") if _instead(step) else step)
            if _instead(step) and not course.failing:
                world = course.world(step.interpreter)
                world.setbacks = [setback for setback in world.setbacks if setback.step.line != step.line]
        case Uninstall():
            for name in step.names:
                course.world(step.interpreter).packages.pop(normal(name), None)
        case Expectation():
            overriding.expect(course, _current(course), step)
            absent.expect(course, _current(course), step)
        case Imports():
            absent.imports(course, _current(course), step)


def _instead(step: Install) -> bool:
    """Whether it is what runs where the install before it fails."""
    return step.condition.startswith("! ") and " install " in step.condition


def _current(course: Course) -> World:
    """The environment that the procedure made last; the image's own where it made none."""
    return course.worlds.get("") or course.worlds["system"]


def _engine(procedure: Procedure, world: World) -> Placed | None:
    wanted = procedure.launch.engine if procedure.launch else ""
    names = (wanted,) if wanted else _ENGINES
    return next((world.packages[name] for name in names if name in world.packages), None)


def _stack(procedure: Procedure, course: Course, world: World) -> Stack:
    launch = procedure.launch
    return Stack(
        python=course.reader.python,
        platform=course.solver.platform,
        packages=dict(sorted(world.packages.items())),
        launch=launch,
        tensor_parallel=tensor_parallel(launch.arguments) if launch else 1,
    )
