"""`bundle make | verify | show`, and what `--bundle` does before the stages."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from installer.cli import streams
from installer.cli.requests import home_of, request_of
from installer.core.errors import ExitCode, UsageError
from installer.core.text.quantities import size

if TYPE_CHECKING:
    from installer.bundles.manifest import Bundle
    from installer.core.runs.home import Home
    from installer.core.runs.request import Request
    from installer.host.local import LocalHost

_EVERY_S = 5.0


@dataclass
class _Meter:
    """Says how far it is, every few seconds."""

    verb: str
    last: float = field(default_factory=time.monotonic)
    done: int = 0

    def fetched(self, name: str, more: int) -> None:
        self.done += more
        self._say(f"{self.verb} … {size(self.done)}")

    def packed(self, name: str, done: int, total: int) -> None:
        self._say(f"{self.verb} … {size(done)} of {size(total)}")

    def _say(self, text: str) -> None:
        if time.monotonic() - self.last > _EVERY_S:
            self.last = time.monotonic()
            streams.say(text)


def make(options: argparse.Namespace) -> int:
    """Serve `bundle make`."""
    from installer.session.bundling.making import Order, Tell
    from installer.session.bundling.making import make as make_bundle
    from installer.session.bundling.wheels import DEPLOYMENT, TOOL
    from installer.session.cached_answers import PlanningHost

    home = home_of(options)
    place = Path(options.output)
    part_size = _bytes(options.part_size) if options.part_size else None
    if part_size is None and (place.is_dir() or options.output.endswith("/")):
        part_size = _bytes("1GiB")
    folders = tuple(Path(folder).absolute() for folder in options.places or ())
    if options.reuse:
        options.settings = [*(options.settings or ()), f"environment.reuse=[{options.reuse}]"]
    kernels = Path(options.kernels).absolute() if options.kernels else None
    host = PlanningHost(home.cache)
    request = _wanted(options, home, host)
    if request.bundle:
        folders = (*folders, *(Path(request.bundle) / name for name in (DEPLOYMENT, TOOL)))
    order = Order(request, place, part_size, folders, kernels, not options.without_tool, options.slim)
    tell = Tell(streams.say, _Meter("Fetching").fetched, _Meter("Packing").packed)
    bundle = make_bundle(order, home, host, tell)
    if options.json:
        streams.document(_summary(bundle, place))
        return int(ExitCode.OK)
    for line in _lines(bundle):
        streams.say(line)
    streams.data(str(place))
    return int(ExitCode.OK)


def _wanted(options: argparse.Namespace, home: Home, host: LocalHost) -> Request:
    """A recipe, or the contents of a bundle."""
    request = request_of(options)
    if options.bundle:
        return with_bundle(options, request, home, host)
    if request.recipe is None:
        raise UsageError(
            "No recipe was given.", "A bundle contains what a recipe needs.",
            "Name a recipe, or a bundle to make again (--bundle).",
        )  # fmt: skip
    return request


def verify(options: argparse.Namespace) -> int:
    """Serve `bundle verify`: read every byte; nothing is unpacked."""
    from installer.bundles import source, unpacking

    opened = source.open_bundle(Path(options.file))
    state = source.arrived(opened)
    faults = [sentence for _, sentence in state.short]
    faults += [fault for part in state.there if (fault := unpacking.check(opened, part))]
    missing = [part.file for part in state.missing]
    if options.json:
        streams.document({**_summary(opened.bundle, opened.place), "faults": faults, "missing": missing})
    else:
        for sentence in (*faults, *(f"{name} is missing" for name in missing)):
            streams.show(f"{sentence}.")
        if not faults and not missing:
            streams.show(f"Complete: {len(opened.parts)} parts, {size(sum(part.bytes for part in opened.parts))}.")
    if faults:
        return int(ExitCode.USAGE)
    return int(ExitCode.PREDICTED if missing else ExitCode.OK)


def show(options: argparse.Namespace) -> int:
    """Serve `bundle show`."""
    from installer.bundles import source

    opened = source.open_bundle(Path(options.file))
    if options.json:
        streams.document(_summary(opened.bundle, opened.place))
        return int(ExitCode.OK)
    for line in _lines(opened.bundle):
        streams.show(line)
    if missing := source.arrived(opened).missing:
        streams.show(f"Missing: {', '.join(part.file for part in missing)}")
    return int(ExitCode.OK)


def with_bundle(options: argparse.Namespace, request: Request, home: Home, host: LocalHost) -> Request:
    """The request with what `--bundle` provides."""
    from installer.session.bundling.using import take

    return take(Path(options.bundle).absolute(), request, home, host, _Meter("Unpacking").packed)


def _lines(bundle: Bundle) -> Iterator[str]:
    machine = bundle.machine.get("name", "a machine")
    yield f"{bundle.name} for {machine} ({bundle.platform}, Python {bundle.python}), made on {bundle.made}"
    yield f"Model: {bundle.model}"
    kinds = dict.fromkeys(member.what for member in bundle.members)
    for kind in kinds:
        members = bundle.of(kind)
        yield f"  {kind:<9} {len(members):>4}  {size(sum(member.bytes for member in members))}"
    yield f"{len(bundle.parts) or 1} parts, {size(bundle.bytes)}"
    yield from bundle.notes


def _summary(bundle: Bundle, place: Path) -> dict[str, object]:
    from dataclasses import asdict

    body = asdict(bundle)
    return {"schema": 1, "place": str(place), "id": bundle.id, "bytes": bundle.bytes, **body}


def _bytes(text: str) -> int:
    """A size such as 60MiB. Raises `UsageError`."""
    from installer.core.text.quantities import parse_size

    found = parse_size(text)
    if found is None or found < 1 << 20:
        raise UsageError(
            f"--part-size {text!r} is not a size of at least 1 MiB.", "It is the size of the largest part.",
            "Write it as 60MiB, 50MB or 1GiB.",
        )  # fmt: skip
    return found
