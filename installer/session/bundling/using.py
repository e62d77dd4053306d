"""`--bundle`: unpacks what has arrived into the home, and turns it into a request that needs no network.

Nothing is unpacked on a machine that the bundle is not for. What was unpacked once is not read again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path

from installer.bundles import source, unpacking
from installer.bundles import wheels as inside
from installer.bundles.manifest import Bundle, Part
from installer.bundles.source import Opened
from installer.bundles.unpacking import Unpacked
from installer.core.errors import DeployError, PredictedError, UsageError
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.core.text.quantities import first, size
from installer.disk.writing import sync_filesystem, write_atomically
from installer.execution import lock as engine_lock
from installer.host.local import LocalHost
from installer.packages import lock_files
from installer.session import planning, stated_findings
from installer.session.bundling import debian, fit, kernels, model, python, wheels
from installer.session.bundling.making import LOCK, RECIPE
from installer.session.prepare import prepare
from installer.session.prepared import Prepared

_SHOWN = 12
"""Parts that a message names."""


class IncompleteError(PredictedError):
    """Parts are missing; what is there was unpacked and is kept."""


def take(
    place: Path, request: Request, home: Home, host: LocalHost, progress: Callable[[str, int, int], None]
) -> Request:
    """The request for what the bundle at `place` deploys, once all of it is unpacked into `home`.

    Raises `PredictedError` if this machine is not the one, or parts are missing; `UsageError` if one is damaged.
    """
    if request.recipe is not None or request.machine is not None:
        raise UsageError(
            "--bundle contains its own recipe, for this machine.", "--recipe and --machine name others.",
            "Leave them out; --profile and --set are allowed.",
        )  # fmt: skip
    opened = source.open_bundle(place)
    folder = home.bundles / opened.bundle.id
    wanted = _request(opened.bundle, request, folder)
    with engine_lock.held(home, ""):
        prepared = _assessed(opened, wanted, home, host, folder)
        _require_complete(opened, unpacking.take(opened, folder, progress), folder)
        _refuse_wheels(opened.bundle, folder)
        _place(prepared, host, folder)
    return wanted


def _request(bundle: Bundle, request: Request, folder: Path) -> Request:
    # The wheels are for one Python; of several that would do, the recipe must take that one.
    settings = (*bundle.settings, f"environment.python==={bundle.python}.*", *request.settings)
    return replace(
        request, recipe=str(folder / RECIPE), profile=request.profile or bundle.profile, settings=settings,
        offline=True, bundle=str(folder),
    )  # fmt: skip


def _assessed(opened: Opened, wanted: Request, home: Home, host: LocalHost, folder: Path) -> Prepared:
    """Raises `PredictedError`, before anything of the bundle but its recipe is written."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / RECIPE, opened.bundle.recipe)
    try:
        prepared = prepare(wanted, home, host)
        left = opened.bundle.bytes - _unpacked(opened, folder)
        against = fit.findings(opened.bundle, prepared.facts, shutil.disk_usage(folder).free, left)
        stated_findings.refuse([*against, *stated_findings.requirements(prepared, host)])
    except DeployError:
        if not unpacking.taken(folder):
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return prepared


def _unpacked(opened: Opened, folder: Path) -> int:
    taken = unpacking.taken(folder)
    return sum(part.bytes for part in opened.parts if part.file in taken)


def _require_complete(opened: Opened, result: Unpacked, folder: Path) -> None:
    """Raises where not everything is there."""
    if result.complete:
        return
    here = len(unpacking.taken(folder))
    kept = f"{here} of {len(opened.parts)} parts are unpacked and kept; they do not need to be copied again."
    if result.faults:
        missing = f" Also missing: {_listed(result.missing)}." if result.missing else ""
        raise UsageError(
            "The bundle is damaged: " + "; ".join(result.faults[:_SHOWN]) + ".", kept + missing,
            "Copy these parts again, then run the same command.", code="input-file",
        )  # fmt: skip
    lacking = sum(part.bytes for part in result.missing)
    raise IncompleteError(
        f"{len(result.missing)} of {len(opened.parts)} parts are missing ({size(lacking)}): {_listed(result.missing)}.",
        kept, "Copy the missing parts there, then run the same command.",
    )  # fmt: skip


def _listed(parts: Iterable[Part]) -> str:
    return first([part.file for part in parts], _SHOWN)


def _place(prepared: Prepared, host: LocalHost, folder: Path) -> None:
    """Put the model and the resolved packages where the stages look for them."""
    home = prepared.home
    _move(folder / model.FOLDER, home.models)
    _move(folder / debian.FOLDER, home.carried_debs)
    _move(folder / kernels.FOLDER, home.compiled / kernels.CARRIED)
    python.unpack(folder / python.FOLDER, home.pythons, host)
    lock = lock_files.kept(folder / LOCK)
    if lock is None:
        raise UsageError(f"{folder / LOCK} cannot be read.", "", "Remove that folder, then run the same command.")
    key = planning.question_of(prepared, host).key
    lock_files.keep(wheels.landed(lock, folder, key), home.locks / f"{key}.json")


def _refuse_wheels(bundle: Bundle, folder: Path) -> None:
    """Raises `UsageError` for wheels that no installer should be given."""
    if found := list(islice(inside.faults(folder, bundle.members), _SHOWN)):
        raise UsageError(
            "The bundle contains wheels that are not safe to unpack: " + "; ".join(found) + ".",
            "No index has such files: do not trust the source of this bundle.",
            f"Nothing was installed. Delete {folder}.", code="input-file",
        )  # fmt: skip


def _move(brought: Path, place: Path) -> None:
    """Folders first and files last, as a download of a model does: no manifest, no model."""
    if not brought.is_dir():
        return
    place.mkdir(parents=True, exist_ok=True)
    for found in sorted(brought.iterdir(), key=lambda path: path.is_file()):
        target = place / found.name
        if found.is_dir() and not target.with_name(f"{target.name}.json").exists():
            shutil.rmtree(target, ignore_errors=True)  # a download that was never finished
        if not os.path.lexists(target):
            found.rename(target)
    sync_filesystem(place)
