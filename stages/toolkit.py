"""The CUDA toolkit of an environment: a folder in it that looks like an installed one, made of links to its wheels.

Engines look for nvcc where CUDA_HOME says. What runs in the environment gets it from `variables`. Links are
relative, so that they work in every clone. Must never touch the machine's own toolkit.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from installer.core.contracts.stage import StageContext
from installer.knowledge import toolkits
from installer.knowledge.toolkits import Toolkit
from stages.packages import installed

FOLDER = "cuda"
_DRIVER = "libcuda.so.1"
_ITSELF = "nvcc.wheel"
"""nvcc under another name in the same folder, next to which it looks for the rest of the toolkit."""
_KEEPER = Path(__file__).parent / "scripts" / "kept_nvcc.py"
_SCRIPT = f"""#!/bin/sh
here=${{0%/*}}
exec "$here/../../bin/python" -I -S "$here/{_KEEPER.name}" "$here/{_ITSELF}" "$@"
"""
_MOST_CORES = 16
"""For one file: what is left to do by one core alone then takes most of the time."""


def missing(ctx: StageContext) -> Toolkit | None:
    """The toolkit that the resolved packages contain and that has no folder yet."""
    if ctx.lock is None or ctx.recipe.environment.toolkit != "wheels":
        return None
    own = toolkits.among({package.name: package.version for package in ctx.lock.packages})
    return own if own and not (ctx.environment and _nvcc(ctx.environment).exists()) else None


def place(ctx: StageContext) -> None:
    """Make the folder in `ctx.environment`, where its packages are all there."""
    environment = ctx.environment
    own = toolkits.among(installed(environment)) if environment and ctx.recipe.environment.toolkit == "wheels" else None
    if environment is None or own is None:
        return
    shutil.rmtree(environment / FOLDER, ignore_errors=True)
    for entry, target in dict(_links(environment, own)).items():
        entry.parent.mkdir(parents=True, exist_ok=True)
        entry.symlink_to(os.path.relpath(target, entry.parent))
    _keep_objects(_nvcc(environment))


def _keep_objects(nvcc: Path) -> None:
    """Put a script in the place of nvcc, which keeps what it compiles (`scripts/kept_nvcc.py`, copied next to it)."""
    nvcc.rename(nvcc.with_name(_ITSELF))
    shutil.copyfile(_KEEPER, nvcc.with_name(_KEEPER.name))
    nvcc.write_text(_SCRIPT)
    nvcc.chmod(0o755)


def variables(ctx: StageContext) -> dict[str, str]:
    """What a process needs to find it; empty if there is none, or the recipe wants the machine's own."""
    environment = ctx.environment
    if environment is None or ctx.recipe.environment.toolkit != "wheels" or not _nvcc(environment).exists():
        return {}
    home = str(environment.resolve() / FOLDER)
    own = toolkits.among(installed(environment))
    own_variables = own.variables if own else {}
    cores = str(min(ctx.facts.cpu.cores or 1, _MOST_CORES))
    return {
        **{name: value.replace("{cores}", cores) for name, value in own_variables.items()},
        "CUDA_HOME": home,
        "CUDA_PATH": home,
        "LIBRARY_PATH": str(_driver_folder(ctx)),
    }


def ready(ctx: StageContext) -> dict[str, str]:
    """The same, once kernels can be linked to the driver's library, which an installed toolkit has a stub of.

    It is the driver's own under the name that linkers look for: pods have it under the name that programs load.
    """
    found = variables(ctx)
    driver = ctx.host.library_file(_DRIVER) if found else None
    if driver is not None:
        link = _driver_folder(ctx) / _DRIVER.removesuffix(".1")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(driver)
    return found


def _driver_folder(ctx: StageContext) -> Path:
    """Outside of the environment, which is the same on every machine."""
    return ctx.home.compiled / "driver"


def _nvcc(environment: Path) -> Path:
    return environment / FOLDER / "bin" / "nvcc"


def _links(environment: Path, own: Toolkit) -> Iterator[tuple[Path, Path]]:
    """Each entry of the folder with the file or folder that it is; of two for one entry, the later counts."""
    packages = next(environment.glob("lib/python3*/site-packages"))
    root = packages / own.folder
    for entry, inside in own.extra_links.items():
        if (packages / inside).exists():
            yield environment / FOLDER / entry, packages / inside
    for entry, inside in own.links.items():
        if inside.endswith("/*"):
            for found in sorted((root / inside[:-2]).iterdir()):
                yield environment / FOLDER / entry / found.name, found
        else:
            yield environment / FOLDER / entry, root / inside
