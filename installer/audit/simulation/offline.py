"""The result of an install command without a network: what it names exactly, and what shipped knowledge adds.

Never guesses a version; what is not named and not known is said to be open.
"""

from __future__ import annotations

from installer.audit.simulation import overridden_pins, unreachable_index
from installer.audit.simulation.environments import Course, Pin
from installer.audit.simulation.index_selection import Indexes
from installer.audit.simulation.requirement import Wanted
from installer.audit.simulation.resolver_request import ResolverRequirement
from installer.core.plans.procedure import Install
from installer.core.plans.stack import Placed
from installer.knowledge.engines import definitions
from installer.knowledge.engines.shipped import knowledge_releases


def place(course: Course, step: Install, asked: Indexes, ordered: list[ResolverRequirement]) -> None:
    """Put there what is certain without the index, and note what is left open."""
    world = course.world(step.interpreter)
    world.open, before = True, dict(world.packages)
    open_ = [order.text for order in ordered if not _put(course, step, asked, order)]
    overridden_pins.note(course, step, before, {order.wanted.name: order for order in ordered})
    course.unasked += open_ or [f"more of {order.text}" for order in ordered]


def suppose(course: Course, step: Install, asked: Indexes, order: ResolverRequirement) -> None:
    """Put there a release that cannot be installed, so that the rest is checked as if it had been."""
    world = course.world(step.interpreter)
    before = dict(world.packages)
    if order.wanted.exact and _put(course, step, asked, order):
        world.supposed.update(name for name, placed in world.packages.items() if before.get(name) is not placed)


def _put(course: Course, step: Install, asked: Indexes, order: ResolverRequirement) -> bool:
    """Whether a release could be told."""
    world, name = course.world(step.interpreter), order.wanted.name
    there = world.packages.get(name)
    if there and order.wanted.allows(there.version) and not (step.upgrade or step.force_reinstall):
        return True
    version = order.wanted.exact or _newest(course, order.wanted)
    if not version:
        return False
    facts = course.lookups.engine(name, version) if name in definitions.engines() else None
    needs = facts.requires if facts and facts.requires else None
    placed = Placed(name, version, step.stage, step.line, order.source or "default", "", needs, order.wanted.extras)
    world.packages[name] = placed = unreachable_index.relabelled(placed, asked, order)
    if order.wanted.specifier:
        world.pins[name] = Pin(order.wanted, step, placed)
    if needs and not step.no_deps:
        _install_pinned(course, step, needs)
    return True


def _newest(course: Course, wanted: Wanted) -> str:
    """The newest release that shipped knowledge has on the day, of those that would do; empty if it has none."""
    from packaging.version import Version

    day = course.as_of or "9999"
    fitting = [version for version, released in knowledge_releases(wanted.name) if released <= day]
    fitting = [version for version in fitting if wanted.allows(version) and not Version(version).is_prerelease]
    return max(fitting, key=Version, default="")


def _install_pinned(course: Course, step: Install, needs: tuple[str, ...]) -> None:
    """The releases that an engine pins exactly come with it."""
    world = course.world(step.interpreter)
    for text in needs:
        wanted = course.reader.read(text)
        there = world.packages.get(wanted.name) if wanted else None
        if wanted and wanted.exact and "*" not in wanted.exact and not (there and wanted.allows(there.version)):
            world.packages[wanted.name] = Placed(wanted.name, wanted.exact, step.stage, step.line)
