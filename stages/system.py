"""What a deployment needs of the operating system: found, installed by root, or else unpacked into the home.

A library of a Debian package needs no root: the package is fetched with apt and unpacked, and anyone who runs the
environment is told where (`library_path`). Must never remove anything from the system.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from installer.core.contracts.stage import Change, ChangeKind, Leftover, LeftoverKind, StageContext
from installer.core.errors import StageError
from installer.core.outcomes import Code
from installer.core.recipes.recipe import SystemPackage
from installer.core.secrets.inherited import inherited


def absent(ctx: StageContext) -> list[SystemPackage]:
    """The recipe's system packages that this machine lacks; none if the machine is not here."""
    if not ctx.facts.here:
        return []
    return [package for package in ctx.recipe.environment.system_packages if not _present(ctx, package)]


def library_path(ctx: StageContext) -> dict[str, str]:
    """What a process needs in its environment to find unpacked libraries; empty if there are none.

    The previous value of the variable stays: on some pods it is where the driver's own libraries are found.
    """
    if not ctx.home.system.is_dir():
        return {}
    inherited = ctx.host.environment().get("LD_LIBRARY_PATH")
    return {"LD_LIBRARY_PATH": ":".join(filter(None, (str(ctx.home.system), inherited)))}


def change(ctx: StageContext, package: SystemPackage) -> Change:
    """What would be done about a package."""
    why = f": {package.because}" if package.because else ""
    if ctx.host.is_root() or package.library is None:
        command, summary = ("apt-get", "install", package.package), f"install the system package {package.package}{why}"
    else:
        command, summary = ("apt-get", "download", package.package), f"unpack {package.library} into the home{why}"
    return Change(ChangeKind.SYSTEM_PACKAGE, summary, command, outside=True, about=package.package)


def install(ctx: StageContext, package: SystemPackage) -> None:
    """Bring a package in. Raises `StageError` with what to ask an administrator for."""
    if ctx.host.which("apt-get") is None:
        raise _missing(package, "This system has no apt-get.")
    if ctx.host.is_root():
        ctx.deed("system-package", {"package": package.package})
        if carried := _carried(ctx):
            return _install_files(ctx, package, carried)
        _apt(ctx, package, ["apt-get", "install", "-y", "--no-install-recommends", package.package], Path("/"))
    elif package.library is not None:
        _unpack(ctx, package, package.library)
    else:
        raise _missing(package, "Only root can install it.")


def roll_back(ctx: StageContext, deeds: Sequence[Mapping[str, Any]]) -> tuple[Leftover, ...]:
    """Remove what was unpacked; name what stays."""
    left = []
    for deed in deeds:
        if deed["what"] == "unpacked-library":
            for name in deed["files"]:
                (ctx.home.system / name).unlink(missing_ok=True)
        elif deed["what"] == "system-package":
            left.append(Leftover(LeftoverKind.SYSTEM_PACKAGE, f"system package {deed['package']} stays installed"))
    return tuple(left)


def _present(ctx: StageContext, package: SystemPackage) -> bool:
    if package.command is not None and ctx.host.which(package.command) is None:
        return False
    library = package.library
    return library is None or (ctx.home.system / library).exists() or ctx.host.library(library)


def _unpack(ctx: StageContext, package: SystemPackage, library: str) -> None:
    folder = ctx.home.cache / "system" / package.package
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if carried := [file for file in _carried(ctx) if file.name.startswith(f"{package.package}_")]:
        shutil.copy2(carried[0], folder)
    else:
        _apt(ctx, package, ["apt-get", "download", package.package], folder)
    for archive in folder.glob("*.deb"):
        ctx.execute(["dpkg-deb", "-x", str(archive), str(folder / "files")])
    found = [file for file in (folder / "files").rglob("*.so*") if not file.is_dir()]
    if not any(file.name == library for file in found):
        raise _missing(package, f"The package {package.package} of this system does not contain it.")
    ctx.deed("unpacked-library", {"package": package.package, "files": [file.name for file in found]})
    ctx.home.system.mkdir(exist_ok=True)
    for file in found:
        shutil.copy2(file, ctx.home.system / file.name, follow_symlinks=False)
    shutil.rmtree(folder)


def _carried(ctx: StageContext) -> list[Path]:
    """The Debian packages that a bundle provided, where there is no network to ask."""
    return sorted(ctx.home.carried_debs.glob("*.deb")) if ctx.offline else []


def _install_files(ctx: StageContext, package: SystemPackage, files: Sequence[Path]) -> None:
    """Install those that this system has no version of yet, all at once, because they need each other."""
    quiet = {**inherited(ctx.host.environment(), "system"), "DEBIAN_FRONTEND": "noninteractive"}
    lacking = [str(file) for file in files if not _is_installed(ctx, file.name.partition("_")[0])]
    done = ctx.execute(["dpkg", "--install", *lacking], environment=quiet, folder=Path("/"))
    if done.code != 0:
        raise _missing(package, done.output[-300:])


def _is_installed(ctx: StageContext, name: str) -> bool:
    done = ctx.host.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", name])
    return done.code == 0 and done.output.strip() == "installed"


def _apt(ctx: StageContext, package: SystemPackage, command: Sequence[str], folder: Path) -> None:
    """Run apt-get; where it does not know the package, once more after an update of the lists."""
    quiet = {**inherited(ctx.host.environment(), "system"), "DEBIAN_FRONTEND": "noninteractive"}
    if ctx.execute(command, environment=quiet, folder=folder).code == 0:
        return
    own = () if ctx.host.is_root() else _own_lists(ctx)
    ctx.execute(["apt-get", *own, "update"], environment=quiet, folder=folder)
    done = ctx.execute([command[0], *own, *command[1:]], environment=quiet, folder=folder)
    if done.code != 0:
        raise _missing(package, done.output[-300:])


def _own_lists(ctx: StageContext) -> tuple[str, ...]:
    """Package lists of our own: those of the system can be updated by root only."""
    lists = ctx.home.cache / "apt"
    (lists / "lists/partial").mkdir(parents=True, exist_ok=True)
    (lists / "archives/partial").mkdir(parents=True, exist_ok=True)
    return ("-o", f"Dir::State::lists={lists}/lists", "-o", f"Dir::Cache={lists}")


def _missing(package: SystemPackage, why: str) -> StageError:
    wanted = package.command or package.library or package.package
    return StageError(
        f"{wanted} is missing on this system.",
        why,
        f"Ask an administrator for it: apt-get install {package.package}",
        code=Code.SYSTEM_LIBRARY,
    )
