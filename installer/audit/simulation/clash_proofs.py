"""What ends where an installed package does not meet a requirement of another: metadata alone ends nothing.

pip only warns. A proof is compiled code that was built for the other release, a package that compares releases itself
when it is imported, or something that the engine uses of its companion and that this one does not have. Reads wheels.
"""

from __future__ import annotations

import re
import time

from installer.audit.simulation import companions, startup_imports
from installer.audit.simulation.environments import Course
from installer.audit.simulation.requirement import Wanted
from installer.core.plans.stack import Placed
from installer.knowledge.engines.shipped import knowledge_releases
from installer.knowledge.engines.sources import Sources
from installer.knowledge.packages import having, module_of
from installer.knowledge.tables import table
from installer.packages.pylock import requirement_name

_PATIENCE_S = 6.0


def proof(course: Course, engine: Placed | None, holder: Placed, needs: Wanted, there: Placed) -> str:
    """What ends, as the end of a sentence; empty if nothing is known to."""
    is_engine = engine is not None and holder.name == engine.name
    if needs.name in having("compiled") and (is_engine or holder.name in having("native")):
        return f"code that was compiled for another {needs.name} fails when it is loaded"
    if course.solver.offline:
        return ""
    if engine and _compares(course, holder, needs.name) and _starts_with(course, engine, holder):
        return f"{holder.name} compares them when it is imported and fails with an ImportError"
    return _use(course, holder, needs, there) if is_engine else ""


def _starts_with(course: Course, engine: Placed, holder: Placed) -> bool:
    """Whether the engine imports a package when it starts, or only names it, as for what its workers import."""
    asked = {requirement_name(text) for text in engine.requires or ()}
    return holder.name in asked or module_of(holder.name) in startup_imports.modules(course, engine)


def _compares(course: Course, holder: Placed, name: str) -> bool:
    """Whether a package that compares the releases of others compares this one's."""
    row = next((row for row in table("packages")["comparing"] if row["package"] == holder.name), None)
    archive = companions.opened(course, holder.name, holder.version) if row else None
    text = Sources(archive).text(row["member"]) if archive and row else None
    found = re.findall(str(row["names"]), text) if text and row else ()
    return any(name in re.findall(r"[\w.-]+", one) for one in found)


def _use(course: Course, engine: Placed, needs: Wanted, there: Placed) -> str:
    """What the engine does with it that only a release which it requires allows."""
    day = dict(knowledge_releases(engine.name)).get(engine.version.partition("+")[0], "")
    taken = companions.of_the_day(course, needs.name, day, needs.allows) if day else ""
    use = companions.broken_use(course, engine, (there, taken), time.monotonic() + _PATIENCE_S) if taken else None
    return f"{engine.name} {use.what}, and fails at start-up with {use.error}" if use else ""
