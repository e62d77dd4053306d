"""What an engine uses of the packages next to it, compared with those that get installed: read from the wheels of both.

An old engine with a loose bound gets a companion that came long after it. What the companion of the engine's own day
defines, what the engine uses of it, and what the one that is installed still has, and still takes: the difference ends
the start. No row names a case. Fetches only the files that are compared, and says nothing if one cannot be read.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from packaging.utils import canonicalize_name

from installer.audit.simulation import absent_names, registrations, signatures
from installer.audit.simulation.environments import Course, EnvironmentState
from installer.core.outcomes import Code, Severity
from installer.core.packages.archive import Archive
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Placed
from installer.knowledge.engines import imports
from installer.knowledge.engines.shipped import knowledge_releases, knowledge_transformers
from installer.knowledge.engines.sources import Sources
from installer.knowledge.tables import table
from installer.packages.index_listing import version_of
from installer.packages.pylock import requirement_name
from installer.packages.releases import Listings, package_sources, releases

_PATIENCE_S = 6.0
_OF_TYPES = "transformers"
"""Whose model types an engine adds to."""
_DEFINED = re.compile(
    r"^\s*(?:async\s+)?(?:def|class)\s+(\w+)|^\s*self\.(\w+)\s*(?::[^=\n]+)?=|^(\w+)\s*=", re.MULTILINE
)
_WORD = re.compile(r"[A-Za-z_]\w+")
_USED = re.compile(r"(?<=[\w)\]])(?<!\bself)(?<!\bcls)\.([A-Za-z_]\w+)")
_ASKED = re.compile(r"""(?:hasattr|getattr)\([^,()]+,\s*["'](\w+)["']""")


@dataclass(frozen=True, slots=True)
class BrokenUse:
    """Something that an engine does with a companion, and that the installed one does not allow."""

    what: str
    """The end of a sentence that begins with the engine's release."""
    error: str
    member: str
    """The engine's file that does so."""


def check(course: Course, world: EnvironmentState, engine: Placed | None, clashing: Collection[str] = ()) -> None:
    """Note what the engine uses of a companion that the installed one does not have any more.

    `clashing`: those that the engine's own metadata excludes, which are looked at there.
    """
    row = row_of(engine) if engine else None
    if engine is None or row is None or course.solver.offline or engine.source in ("git", "folder"):
        return
    day = dict(knowledge_releases(engine.name)).get(engine.version.partition("+")[0], "")
    pinned = {requirement_name(text) for text in engine.requires or () if "==" in text.partition(";")[0]}
    until = time.monotonic() + _PATIENCE_S
    for name in row["packages"] if day else ():
        there = world.packages.get(canonicalize_name(name)) if canonicalize_name(name) not in pinned else None
        # What is in an image was tried there; what is installed over it was not.
        known = there is not None and there.source != "image" and there.name not in clashing
        before = of_the_day(course, canonicalize_name(name), day) if known else ""
        if there is None or not before or there.version == before:
            continue
        use = broken_use(course, engine, (there, before), until) if _is_newer(there.version, before) else None
        if use:
            # Packages that are not known may require the older release; one that is named itself is kept.
            open_ = world.open and there.name not in world.pins
            course.findings.append(
                _left_open(_finding(engine, there, before, use), there)
                if open_
                else _finding(engine, there, before, use)
            )
            continue
        if name == _OF_TYPES:
            _register(course, engine, row, (there, before))


def row_of(engine: Placed) -> Mapping[str, Any] | None:
    """Which files of the engine use other packages; `None` if that is not known."""
    return next((row for row in table("packages")["companions"] if row["engine"] == engine.name), None)


def of_the_day(course: Course, name: str, day: str, allows: Callable[[str], bool] = lambda _: True) -> str:
    """The newest final release of a companion when the engine came out, of those that it `allows`."""
    from packaging.version import Version

    found = [one.version for one in releases(_listings(course).files(name, dated=True), name, day)]
    final = (version for version in reversed(found) if not Version(version).is_prerelease)
    return next((version for version in final if allows(version)), "")


def _listings(course: Course) -> Listings:
    host, home = course.solver.host, course.solver.home
    return Listings(
        host, package_sources(host.sources(), host.environment()), home.cache / "listings", course.solver.offline
    )


def _is_newer(there: str, before: str) -> bool:
    """Whether a new major release came in between: a minor one, where there was no first major one yet."""
    from packaging.version import InvalidVersion, Version

    try:
        mine, then = Version(there).release, Version(before).release
    except InvalidVersion:
        return False
    return mine[:1] > then[:1] or (mine[:1] == then[:1] == (0,) and mine[:2] > then[:2])


def broken_use(course: Course, engine: Placed, pair: tuple[Placed, str], until: float) -> BrokenUse | None:
    """What breaks for the engine between two releases of a companion: the installed one, and one that it takes."""
    there, before = pair
    row = row_of(engine)
    archives = [
        opened(course, name, version)
        for name, version in ((engine.name, engine.version), (there.name, before), (there.name, there.version))
    ]
    if row is None or None in archives:
        return None
    own, old, new = (Sources(archive) for archive in archives if archive is not None)
    return _used(own, row, there, (old, new), until) or _imported(own, engine, there, (old, new), until)


def _used(
    own: Sources, row: Mapping[str, Any], there: Placed, pair: tuple[Sources, Sources], until: float
) -> BrokenUse | None:
    """A name or an argument that is gone."""
    old, new = pair
    module = _module(there)
    known = {word for text in _core(new, module) for word in _WORD.findall(text)}
    gone = {word for text in _core(old, module) for found in _DEFINED.findall(text) for word in found if word} - known
    gone = {name for name in gone if not name.startswith("__")}
    members = sorted(name for name in own.members if any(fnmatchcase(name, shape) for shape in row["members"]))
    own.fetch(members)
    lost = dict(_lost(own, members, module, gone)) if gone and known else {}
    calls = signatures.refused(own, members, module, (old, new), lambda: time.monotonic() > until)
    if lost:
        return BrokenUse(
            f"uses {', '.join(lost)} of {there.name}, which {there.version} no longer has", "an AttributeError",
            next(iter(lost.values())),
        )  # fmt: skip
    call = next(calls, None) if known else None
    return _refused(there, call) if call else None


def _imported(
    own: Sources, engine: Placed, there: Placed, pair: tuple[Sources, Sources], until: float
) -> BrokenUse | None:
    """Something that is imported at the start and is not there."""
    module = _module(there)
    for (source, name), member in sorted(imports.imported_names(own, engine.name, module).items()):
        if time.monotonic() > until:
            return None
        if absent_names.lacks(pair[1], module, source, name) and not absent_names.lacks(pair[0], module, source, name):
            what = f"{name} from {source}" if name else source
            kind = "an ImportError" if pair[1].member_of(source) else "a ModuleNotFoundError"
            return BrokenUse(f"imports {what}, which {there.name} {there.version} does not have", kind, member)
    return None


def _module(there: Placed) -> str:
    return there.name.removesuffix("-python").replace("-", "_")


def _register(course: Course, engine: Placed, row: Mapping[str, Any], pair: tuple[Placed, str]) -> None:
    """Model types of the engine's own that the companion has added itself since the engine's day."""
    there, before = pair
    now, then = knowledge_transformers(there.version), knowledge_transformers(before)
    archive = opened(course, engine.name, engine.version) if now and then and row.get("registers") else None
    if archive is None or now is None or then is None:
        return
    taken = now.model_types - then.model_types
    for one in registrations.registered(Sources(archive), tuple(row["registers"])):
        if one.name in taken:
            what = f"registers the model type {one.name} with {there.name}, and {there.version} has it already"
            course.findings.append(_finding(engine, there, before, BrokenUse(what, "a ValueError", one.member)))
            return


def _core(sources: Sources, module: str) -> list[str]:
    """The files at the top of a package, where what others use is defined."""
    members = sorted(name for name in sources.members if re.fullmatch(rf"{module}/\w+\.py", name))
    sources.fetch(members)
    return [text for text in map(sources.text, members) if text]


def _lost(own: Sources, members: list[str], module: str, gone: set[str]) -> Iterator[tuple[str, str]]:
    """Each name that the engine uses and that is gone, with the file; not what it tests for before it uses it."""
    for member in members:
        text = re.sub(r"#[^\n]*", "", own.text(member) or "")
        if re.search(rf"^\s*(?:from|import)\s+{module}\b", text, re.MULTILINE):
            asked = set(_ASKED.findall(text))
            yield from ((name, member) for name in sorted(set(_USED.findall(text)) & gone - asked))


def opened(course: Course, name: str, version: str) -> Archive | None:
    """A file of that release, opened in place: a wheel, else its sources; `None` if there is none to be had."""
    files = _listings(course).files(name)
    wanted = version.partition("+")[0]
    wheels = next((one.wheels for one in releases(files, name) if one.version == wanted), ())
    sources = [one.url for one in files if one.name.endswith(".tar.gz") and version_of(one.name, name) == wanted]
    url = max(wheels, key=lambda url: ("x86_64" in url, url.endswith("none-any.whl")), default="")
    place = url or next(iter(sources), "")
    return course.solver.host.archive(place, timeout_s=_PATIENCE_S) if place else None


def _left_open(found: Finding, there: Placed) -> Finding:
    """The same where packages are installed that are not known."""
    summary = f"{found.summary.rstrip('.')}, unless a package that is not known here installs an older {there.name}."
    return replace(found, severity=Severity.PROBE, summary=summary)


def _refused(there: Placed, call: signatures.Refused) -> BrokenUse:
    what = f"calls {call.called} of {there.name} in a way that {there.version} does not accept: it {call.why}"
    return BrokenUse(what, "a TypeError", call.member)


def _finding(engine: Placed, there: Placed, before: str, use: BrokenUse) -> Finding:
    name = f"{engine.name} {engine.version}"
    return Finding(
        code=Code.MISSING_MODULE, severity=Severity.BLOCKER, stage=there.stage, subject=f"{there.name} {there.version}",
        summary=f"{name} {use.what}: the server fails at start-up with {use.error}.",
        evidence=f"{use.member} of {name} does so; {there.name} {before}, the newest when {engine.name} was released, "
        "accepts "
        f"it, but {there.version} does not. No requirement of {name} excludes newer releases of {there.name}.",
        fix=f"Install {there.name}=={before} with it.", companion=f"{there.name}=={before}",
        source=f"the wheels of {name}, {there.name} {before} and {there.version}", line=there.line,
    )  # fmt: skip
