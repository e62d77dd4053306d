"""Packages without the module that others import of them: a name that was taken, a release without content.

Looked at are packages that have no wheel, or a first release only: their files are listed, and the files of those
that require them are searched for what they import. Installs and builds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from installer.audit.simulation.companions import opened
from installer.audit.simulation.environments import Course, EnvironmentState
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Placed
from installer.packages.pylock import requirement_name

_FIRST = re.compile(r"0\.0(\.\d+)?$")
_MOST = 6
_FILES = 120
"""Files of one package that are searched for imports."""


def check(course: Course, world: EnvironmentState, engine: Placed | None) -> None:
    """Note the modules that are imported of a package that does not contain them."""
    if course.solver.offline or engine is None or engine.source == "image":
        return
    asked = {requirement_name(text) for text in engine.requires or ()} | {engine.name}
    for package in list(_doubtful(course, world))[:_MOST]:
        for holder in world.packages.values():
            if package.name in {requirement_name(text) for text in holder.requires or ()}:
                _search(course, holder, package, Severity.BLOCKER if holder.name in asked else Severity.WARNING)


def _doubtful(course: Course, world: EnvironmentState) -> Iterator[Placed]:
    for package in world.packages.values():
        file = course.files.get(f"{package.name}=={package.version}", "")
        if file.endswith((".tar.gz", ".zip")) or _FIRST.match(package.version):
            yield package


def _search(course: Course, holder: Placed, package: Placed, severity: Severity) -> None:
    theirs, own = opened(course, holder.name, holder.version), opened(course, package.name, package.version)
    if theirs is None or own is None:
        return
    module = package.name.replace("-", "_")
    members = [name for name in theirs.names() if name.endswith(".py")][:_FILES]
    held = {name.removeprefix("src/") for name in own.names()}
    for member, data in theirs.read_many(members).items():
        wanted = re.search(rf"^(?:from|import)\s+({module}(?:\.\w+)*)", data.decode("utf-8", "replace"), re.MULTILINE)
        if wanted and not _contains(held, wanted[1]):
            course.findings.append(_finding(holder, package, wanted[1], member, severity))
            return


def _contains(held: set[str], dotted: str) -> bool:
    path = dotted.replace(".", "/")
    return any(name.startswith((f"{path}.", f"{path}/")) for name in held)


def _finding(holder: Placed, package: Placed, module: str, member: str, severity: Severity) -> Finding:
    name = f"{package.name} {package.version}"
    return Finding(
        code=Code.MISSING_MODULE, severity=severity, stage=holder.stage, subject=name,
        summary=f"{name} contains no module {module}, which {holder.name} {holder.version} imports: this fails with "
        "a ModuleNotFoundError.",
        evidence=f"{member} of {holder.name} {holder.version} imports {module}; the files of {name} have no such "
        f"module.",
        fix=f"Use a release of {holder.name} that does without {package.name}, or include the real "
        f"{package.name}.",
        source=f"the files of {name} and of {holder.name} {holder.version}", line=package.line,
    )  # fmt: skip
