"""The bundles that a fleet file names: read, compared with each host, made if there are none yet.

Decides nothing about a host: that is predicted as for every bundle, from what the host says of itself.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from installer.bundles import bootstrap, manifest, source
from installer.bundles.packing import digest
from installer.bundles.source import Opened
from installer.cli import streams
from installer.core.errors import PredictedError, UsageError
from installer.core.files.problems import quote
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.core.text.quantities import first
from installer.fleet.bundle_files import BundleFiles, Piece
from installer.fleet.bundle_transfer import install, room
from installer.fleet.outcome import Outcome, State
from installer.fleet.remote import Remote
from installer.fleet.rollout import assessed, plan

if TYPE_CHECKING:
    from installer.session.bundling.prediction import Carried

PART_BYTES = 256 * 2**20
"""Of the bundles that are made here."""
_SHOWN = 6


@dataclass
class Bundles:
    """Of one fleet file, in the folder that its names are of."""

    folder: Path
    home: Home
    bundle_files: dict[str, BundleFiles] = field(default_factory=dict)
    """Those that are complete, by their names; the hosts have the same mapping."""
    _carried: dict[str, Carried] = field(default_factory=dict)
    _facts: dict[str, str] = field(default_factory=dict)
    """Machine files, by host."""
    _planning: threading.Lock = field(default_factory=threading.Lock)

    def read(self, remotes: Sequence[Remote]) -> None:
        """Read those that are there. Raises `UsageError` if one is not whole, or for another recipe."""
        from installer.session.bundling import prediction

        for remote in remotes:
            name = remote.bundle
            place = self.folder / (name or "")
            if name is None or not _is_there(place):
                _refuse_toolless(remote, place)
                continue
            if name not in self.bundle_files:
                opened = _complete_bundle(place)
                self._carried[name], self.bundle_files[name] = prediction.read(opened), _bundle_files(opened)
            _refuse_another(remote, place, self._carried[name].bundle)
            if not self.bundle_files[name].tool:
                _refuse_toolless(remote, place)

    def recipe(self, name: str | None) -> str:
        """The text of the recipe that a bundle provides; empty if there is none yet."""
        return self._carried[name].bundle.recipe if name in self._carried else ""

    def plan(self, remote: Remote) -> Outcome:
        """A host that gets a bundle is checked here, by what it says of itself; any other one there."""
        if remote.bundle is None:
            return plan(remote)
        install(remote)
        from installer.session.bundling import prediction

        server = remote.status()["server"]
        self._facts[remote.host.name] = prediction.machine_file(remote.document("doctor")[1], server)
        if why := room(remote):
            return Outcome(remote.host.name, State.REFUSED, why)
        with self._planning:
            return self._assessed(remote)

    def make(self, remotes: Sequence[Remote]) -> bool:
        """Make those that are missing, each for the first host that it is for; whether there were any."""
        missing = {one.bundle: one for one in reversed(remotes) if one.bundle and one.bundle not in self.bundle_files}
        for remote in missing.values():
            self._make(remote)
        self.read(list(missing.values()))
        return bool(missing)

    def _assessed(self, remote: Remote) -> Outcome:
        from installer.session.bundling import prediction
        from installer.session.cached_answers import PlanningHost

        host, carried = PlanningHost(self.home.cache), self._carried.get(remote.bundle or "")
        with tempfile.TemporaryDirectory() as work:
            request = self._request(remote, remote.settings, Path(work))
            try:
                if carried is None:
                    made = prediction.of_recipe(request, self.home, host)
                else:
                    made = prediction.of_bundle(carried, request, Home(Path(work)), host)
            except PredictedError as error:
                return Outcome(remote.host.name, State.REFUSED, f"{error.what} {error.why}".strip())
        return assessed(remote, made.to_json())

    def _make(self, remote: Remote) -> None:
        from installer.session.bundling.making import Order, Tell, make
        from installer.session.cached_answers import PlanningHost

        place = self.folder / (remote.bundle or "")
        streams.say(f"Making the bundle {place} …")
        tell = Tell(streams.say, lambda name, more: None, lambda name, done, total: None)
        with tempfile.TemporaryDirectory() as work:
            request = self._request(remote, remote.fleet.settings, Path(work))
            order = Order(request, place, PART_BYTES, tool=False)
            make(order, self.home, PlanningHost(self.home.cache), tell)

    def _request(self, remote: Remote, settings: tuple[str, ...], work: Path) -> Request:
        facts = work / f"{remote.host.name}.json"
        facts.write_text(self._facts[remote.host.name], encoding="utf-8")
        return Request(recipe=remote.recipe.name, settings=settings, machine=str(facts))


def _is_there(place: Path) -> bool:
    return place.is_file() or (place.is_dir() and any(place.iterdir()))


def _complete_bundle(place: Path) -> Opened:
    """A bundle of which no part is missing. Raises `UsageError`."""
    opened = source.open_bundle(place)
    if not opened.bundle.parts:
        raise UsageError(
            f"{place} is a bundle in one file.", "Hosts of a fleet receive a bundle in parts.",
            "Make it into a folder: deploy-tui bundle make RECIPE --machine FILE -o FOLDER/", code="input-file",
        )  # fmt: skip
    state = source.arrived(opened)
    faults = [*(why for _, why in state.short), *(f"{part.file} is missing" for part in state.missing)]
    if faults:
        raise UsageError(
            f"The bundle {place} is not complete: {first(faults, _SHOWN)}.", "No host was asked.",
            "Copy these parts there again, or remove the folder: then it is made again.", code="input-file",
        )  # fmt: skip
    return opened


def _bundle_files(opened: Opened) -> BundleFiles:
    bundle, script = opened.bundle, opened.place / bootstrap.NAME
    pieces = [Piece(opened.file(part), part.bytes, part.sha256) for part in opened.parts]
    names = {part.file for part in bootstrap.holding(opened.parts)}
    tool = [_piece(script), *(one for one in pieces if one.name in names)] if script.is_file() and names else []
    return BundleFiles(
        bundle.id, (*pieces, _piece(opened.place / manifest.NAME)), bundle.bytes, tuple(tool),
        bootstrap.mark(bundle.members),
    )  # fmt: skip


def _piece(file: Path) -> Piece:
    return Piece(file, file.stat().st_size, digest(file))


def _refuse_toolless(remote: Remote, place: Path) -> None:
    if remote.fleet.bring_tool and remote.bundle:
        raise UsageError(
            f"There is no bundle at {place} that includes deploy-tui.", "The fleet file says that the bundle "
            "includes it.",
            "Make one for these machines: deploy-tui bundle make RECIPE --machine FILE -o FOLDER/", code="input-file",
        )  # fmt: skip


def _refuse_another(remote: Remote, place: Path, bundle: manifest.Bundle) -> None:
    from installer.session import recipes

    named = remote.recipe
    same = bundle.recipe == named.text if named.text else named.name in (None, bundle.name)
    if same or (named.name and bundle.name in [one.name for one in recipes.family(named.name)]):
        return
    raise UsageError(
        f"The bundle {place} is for an earlier state of the recipe {bundle.name}; {remote.host.name} needs"
        f" {quote(named.name or '')}.",
        "A bundle contains its own recipe. No host was asked.",
        "Name a folder that does not exist yet (bundle): it is made there; or leave out the recipe.",
        code="input-file",
    )
