"""`bundle make`: checks the recipe on the machine as a plan does, gathers what it needs, and packs it.

Where the plan says that it cannot work there, nothing is fetched and nothing written.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from installer import __version__
from installer.bundles import bom, bootstrap, packing
from installer.bundles.manifest import Bundle, Member
from installer.bundles.packing import Content, member_of
from installer.core.errors import PredictedError, UsageError
from installer.core.machine.file import to_mapping
from installer.core.packages.lock import IMAGE, Lock
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.disk import output
from installer.disk.writing import write_atomically
from installer.host.documents import read_document
from installer.host.fetching import Wanted
from installer.host.local import LocalHost
from installer.packages.wheels.compatible_wheels import least_glibc
from installer.session import planning, recipes, stated_findings
from installer.session.bundling import debian, kernels, model, python, slimming, wheels
from installer.session.bundling.slimming import Slimmed
from installer.session.bundling.wheels import WheelSources
from installer.session.prepare import prepare
from installer.session.prepared import Prepared
from installer.session.stage_contexts import contexts
from stages import STAGES, s08_model

RECIPE, LOCK = "recipe.yaml", "lock.json"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made."""

    request: Request
    target: Path
    part_size: int | None = None
    """Bytes of the largest part; `None`: one file."""
    folders: tuple[Path, ...] = ()
    """Folders whose files are taken where they have the right hash, before anything is fetched."""
    kernels: Path | None = None
    """A home to take compiled kernels from."""
    tool: bool = True
    """Whether this tool is included."""
    slim: bool = False
    """Whether files that only other GPUs load are left out of wheels."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Whom to tell what is going on."""

    step: Callable[[str], None]
    fetched: Callable[[str, int], None]
    packed: Callable[[str, int, int], None]


def make(order: Order, home: Home, host: LocalHost, tell: Tell) -> Bundle:
    """Make the bundle. Raises `PredictedError` if the recipe cannot work on that machine."""
    _refuse_target(order)
    prepared = prepare(order.request, home, host)
    prepared = replace(prepared, facts=replace(prepared.facts, here=False))
    if prepared.recipe.container:
        raise UsageError(
            f"The recipe {prepared.recipe.name} runs a container image, and images cannot be bundled.",
            "A bundle carries Python packages, a model and this tool.",
            "Copy the image with `docker save`, or use a recipe without a container.",
        )
    tell.step(f"Checking {prepared.recipe.name} on {prepared.facts.name} …")
    lock = _assessed(prepared, host)
    desk = WheelSources(host, home.cache / "bundling", order.folders, tell.fetched)
    desk.work.mkdir(parents=True, exist_ok=True)
    bundle, contents = _gathered(prepared, lock, desk, order, tell)
    tell.step("Packing …")
    if order.part_size is None:
        made = packing.write_file(
            bundle, [*_bootstrap(prepared, lock, contents, desk), *contents], order.target, tell.packed
        )
    else:
        order.target.mkdir(parents=True, exist_ok=True)
        made = packing.write_parts(bundle, contents, order.target, order.part_size, tell.packed)
        if order.tool:
            text = bootstrap.script(made.members, made.parts, _runner(prepared, lock))
            write_atomically(order.target / bootstrap.NAME, text, mode=0o755)
    shutil.rmtree(desk.work, ignore_errors=True)
    return made


def _refuse_target(order: Order) -> None:
    found = order.target
    if order.part_size is None and found.exists():
        raise UsageError(f"{found} already exists.", "Nothing was made.", "Name another file with -o.")
    if order.part_size is not None and found.is_dir() and any(found.iterdir()):
        raise UsageError(f"{found} is not empty.", "Nothing was made.", "Name a new folder with -o.")
    if order.part_size is not None and found.exists() and not found.is_dir():
        raise UsageError(f"{found} is not a folder.", "Nothing was made.", "Name a new folder with -o.")
    output.refuse_uncreatable(found)


def _assessed(prepared: Prepared, host: LocalHost) -> Lock:
    """The packages, if nothing is known that prevents the recipe on that machine."""
    # What a network would deliver there, the bundle does.
    served = replace(prepared, facts=replace(prepared.facts, online=True))
    sized = planning.work_out(served, host)
    stated_findings.refuse(sized.assessed.findings)
    if sized.lock is None:
        raise PredictedError(
            f"The packages of the recipe {prepared.recipe.name} are not resolved.",
            "Without a network, only what was resolved before is known."
            if prepared.request.offline
            else "The recipe lists no packages.",
            "Leave --offline out, or name a bundle to make again (--bundle)."
            if prepared.request.offline
            else "Name some in it.",
        )
    return sized.lock


def _gathered(
    prepared: Prepared, lock: Lock, desk: WheelSources, order: Order, tell: Tell
) -> tuple[Bundle, list[Content]]:
    wanted: Mapping[str, Wanted] = wheels.chosen(lock.pylock, lock.python, lock.platform)
    if order.tool:
        tell.step("Fetching this tool …")
    tool = wheels.of_tool(prepared, desk, _runner(prepared, lock), lock.platform) if order.tool else []
    tell.step(f"Fetching {len(wanted)} wheels of the deployment, and the model …")
    fetched = desk.fetch(list(wanted.values()), wheels.DEPLOYMENT, "wheel")
    slim = slimming.of(prepared, lock, wanted, fetched, desk) if order.slim else Slimmed(wanted, fetched)
    wanted, packages = slim.wanted, slim.contents
    stage = next(stage for stage in STAGES if stage.number == s08_model.number)
    served = model.of(contexts(prepared, desk.host, lock)(stage), desk, order.kernels)
    tell.step("Fetching the system packages …")
    system = debian.of(prepared, desk)
    own = python.of(prepared, lock, desk)
    compiled = kernels.of(prepared, order.kernels)
    names = [content.file.name for content in (*packages, *tool)]
    bundle = Bundle(
        name=prepared.recipe.name,
        made=date.today().isoformat(),
        tool=__version__,
        recipe=_text(prepared),
        machine=to_mapping(prepared.facts),
        python=lock.python,
        platform=lock.platform,
        profile=prepared.request.profile,
        settings=prepared.request.settings,
        glibc=least_glibc(names),
        model=served.source,
        reuse={one.name: one.version for one in lock.packages if one.source == IMAGE},
        capabilities=slim.capabilities,
        notes=(*served.notes, *system.notes, *own.notes, *slim.notes),
    )
    carried = [content.member for content in (*tool, *system.contents, *packages, *served.contents)]
    documents = _documents(bundle, wheels.carried(lock, wanted), carried, desk.work)
    ordered = sorted([*packages, *served.contents], key=lambda content: (content.member.bytes, content.member.path))
    return bundle, [*documents, *tool, *own.contents, *system.contents, *compiled, *ordered]


def _bootstrap(prepared: Prepared, lock: Lock, contents: list[Content], desk: WheelSources) -> list[Content]:
    """The script that installs the tool, as the first member of one file; next to parts it is a file of its own."""
    members = [content.member for content in contents]
    if not any(member.what == "tool" for member in members):
        return []
    file = desk.work / bootstrap.NAME
    file.write_text(bootstrap.script(members, (), _runner(prepared, lock)), encoding="utf-8")
    return [member_of(bootstrap.NAME, file, "document")]


def _runner(prepared: Prepared, lock: Lock) -> str:
    """The Python that starts this tool there: the machine's first that is new enough, else the deployment's."""
    fitting = [version for version in prepared.facts.python or () if _numbers(version) >= (3, 10)]
    return fitting[0] if fitting else lock.python


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


def _documents(bundle: Bundle, lock: Lock, carried: list[Member], work: Path) -> list[Content]:
    texts = {RECIPE: bundle.recipe, LOCK: wheels.as_json(lock), bom.NAME: bom.written(bundle, carried)}
    contents = []
    for name, text in texts.items():
        file = work / name
        file.write_text(text, encoding="utf-8")
        contents.append(member_of(name, file, "document"))
    return contents


def _text(prepared: Prepared) -> str:
    """The recipe's own text."""
    name = prepared.request.recipe or prepared.recipe.name
    file = Path(name)
    return read_document(file if file.is_file() else recipes.folder() / f"{name}.yaml")
