"""What the package stages 3 to 7 share: compare an environment with the lock, install exactly what is missing.

Never resolves anything: every call gets exact files with hashes, so no later stage can replace what an earlier one
installed; that is asserted after each stage all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from installer.core.contracts.stage import Change, ChangeKind, Check, Leftover, StageContext
from installer.core.errors import StageError
from installer.core.outcomes import Code
from installer.core.packages.lock import IMAGE, LockedPackage
from installer.core.recipes.file import PACKAGE_STAGES
from installer.knowledge.packages import rank
from installer.packages import pylock, uv
from installer.preflight.checks.target_disk import home_disk
from stages import image_packages
from stages.uv_output import Downloads, failure


def installed(environment: Path | None) -> dict[str, str]:
    """Version by normal name of what an environment contains, read from its folder names."""
    if environment is None:
        return {}
    found: dict[str, str] = {}
    for info in environment.glob("lib/python3*/site-packages/*.dist-info"):
        name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
        found[canonicalize_name(name)] = version
    return found


def missing(wanted: Sequence[LockedPackage], have: Mapping[str, str]) -> list[LockedPackage]:
    """The packages of `wanted` that are absent or of another version."""
    return [package for package in wanted if not same(have.get(package.name), package.version)]


def same(have: str | None, wanted: str) -> bool:
    # Folder names escape "+" and the like differently than lock files do ("1.0+cpu", "1.0_cpu").
    return have is not None and re.sub(r"[-_+.]", ".", have).lower() == re.sub(r"[-_+.]", ".", wanted).lower()


def check(ctx: StageContext, name: str) -> Check:
    """What the package stage `name` would have to install."""
    section = ctx.recipe.package_stage(name)
    if ctx.recipe.container:
        return Check(skipped=f"it is part of the image {ctx.recipe.container.image}")
    if section.skip:
        return Check(skipped=section.skip)
    if ctx.lock is None:
        return Check(unknown="The packages have not been resolved yet.")
    wanted = ctx.lock.of(name)
    if not wanted:
        return Check(skipped="The recipe has nothing for this stage.")
    lacking = missing(wanted, installed(ctx.environment))
    if not lacking:
        return Check(observed=(_listed(wanted),))
    return Check(changes=_changes(lacking))


def apply(ctx: StageContext, name: str, changes: Sequence[Change]) -> None:
    """Install what is missing into `ctx.environment` (a clone), from the lock. Raises `StageError`."""
    if ctx.environment is None or ctx.lock is None or ctx.run is None:
        raise StageError(
            "There is no environment to install into.",
            "Stage 2 makes it, and has not run in this home yet.",
            "Run the stages from 2 on, for example `--stage 2-7`.",
        )
    for change in changes:
        ctx.begin(change)
    lacking = missing(ctx.lock.of(name), installed(ctx.environment))
    image_packages.take(ctx, [package for package in lacking if package.source == IMAGE])
    lacking = [package for package in lacking if package.source != IMAGE]
    if not lacking:
        return
    ctx.run.work.mkdir(parents=True, exist_ok=True)
    file = ctx.run.work / f"pylock.{name}.toml"
    file.write_text(pylock.only(ctx.lock.pylock, {package.name for package in lacking}), encoding="utf-8")
    ctx.wait_for_downloads()
    _install(ctx, file)
    _assert_kept(ctx, name)


def _install(ctx: StageContext, file: Path) -> None:
    sources, base = ctx.host.sources(), ctx.host.environment()
    disk = home_disk(ctx.facts, ctx.home.root) if ctx.facts.here else None
    downloads = Downloads(ctx.progress)
    command = [
        ctx.host.uv(), "pip", "install", "--python", f"{ctx.environment}/bin/python", "-r", str(file), "--no-deps",
        "--preview-features", "pylock", "--color", "never", *_elsewhere(ctx),
        *uv.source_flags(sources, base, offline=ctx.offline),
    ]  # fmt: skip
    environment = uv.environment(base, ctx.home, sources, hardlinks=disk.hardlinks if disk else None)
    environment |= uv.addresses(sources, base)
    done = ctx.execute(command, environment=environment, folder=file.parent, on_screen=downloads.watch)
    if done.code != 0:
        raise failure("The packages could not be installed.", done)
    downloads.finish()


def _elsewhere(ctx: StageContext) -> tuple[str, ...]:
    """For a machine that is not here: take the wheels of its platform, not of this one."""
    return () if ctx.facts.here or ctx.lock is None else ("--python-platform", ctx.lock.platform)


def _assert_kept(ctx: StageContext, name: str) -> None:
    assert ctx.lock is not None
    earlier = PACKAGE_STAGES[: PACKAGE_STAGES.index(name)]
    have = installed(ctx.environment)
    changed = missing(ctx.lock.through(earlier), have)
    image_packages.assert_untouched(ctx.environment)
    if changed:
        named = ", ".join(f"{p.name} {p.version} became {have.get(p.name, 'missing')}" for p in changed[:3])
        raise StageError(
            "A package of an earlier stage was replaced.",
            named,
            "This is an error in the package set: run again, and report it with a ticket if it persists.",
            code=Code.PIN_OVERRIDDEN,
        )


def _changes(lacking: Sequence[LockedPackage]) -> tuple[Change, ...]:
    reused = [package for package in lacking if package.source == IMAGE]
    brought = [package for package in lacking if package.source != IMAGE]
    words = f"take {_listed(reused)} from the machine's own Python"
    taking = (Change(ChangeKind.PACKAGES, words),) if reused else ()
    return (*taking, *((_change(brought),) if brought else ()))


def _change(lacking: Sequence[LockedPackage]) -> Change:
    total = sum(package.bytes or 0 for package in lacking)
    return Change(ChangeKind.PACKAGES, f"install {_listed(lacking)}", ("uv", "pip", "install", *_pins(lacking)), total)


def _pins(packages: Sequence[LockedPackage]) -> tuple[str, ...]:
    return tuple(f"{package.name}=={package.version}" for package in packages)


def _listed(packages: Sequence[LockedPackage], most: int = 3) -> str:
    ranked = sorted(packages, key=lambda package: (rank(package.name), package.name))
    named = ", ".join(f"{package.name} {package.version}" for package in ranked[:most])
    more = len(packages) - most
    return f"{named} and {more} more" if more > 0 else named


def functions(
    name: str,
) -> tuple[
    Callable[[StageContext], Check],
    Callable[[StageContext, Sequence[Change]], None],
    Callable[[StageContext, Sequence[Mapping[str, Any]]], tuple[Leftover, ...]],
]:
    """`check`, `apply` and `rollback` for the package stage called `name`."""

    def check_stage(ctx: StageContext) -> Check:
        return check(ctx, name)

    def apply_stage(ctx: StageContext, changes: Sequence[Change]) -> None:
        apply(ctx, name, changes)

    def rollback_stage(ctx: StageContext, deeds: Sequence[Mapping[str, Any]]) -> tuple[Leftover, ...]:
        return ()  # the run drops the clone; nothing else was touched

    return check_stage, apply_stage, rollback_stage
