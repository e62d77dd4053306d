"""`knowledge`: how old the shipped facts are, and bringing those that are derived up to date."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from installer.cli import streams
from installer.core.errors import ExitCode, UsageError
from installer.core.text.quantities import first
from installer.host.local import LocalHost
from installer.knowledge import tables as shipped
from installer.packages.releases import Listings, package_sources
from installer.refresh.run import Run
from installer.refresh.tables import Status, Watched, derived, statuses

_SHIPPED = Path(shipped.__file__).parent
_MOST = 4


def show_status(options: argparse.Namespace) -> int:
    """Serve `knowledge status`."""
    with _run(_SHIPPED) as run:
        streams.say("Asking the package index which releases there are ...")
        found = list(statuses(run))
    if options.json:
        streams.document({"schema": 1, "tables": [{**asdict(one), "current": one.current} for one in found]})
        return int(ExitCode.OK)
    for one in found:
        streams.show(f"{one.name:<22} {one.rows:>4} rows  checked {_days(one)}")
        for watched in one.watched:
            streams.show(f"{'':<22} {watched.package} {watched.known or 'none'}: {_coverage(watched)}")
    return int(ExitCode.OK)


def refresh(options: argparse.Namespace) -> int:
    """Serve `knowledge refresh`. With `--check`, 1 says that a table is behind."""
    wanted = _wanted(options.names)
    target = Path(options.into) if options.into else _SHIPPED
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "knowledge"
        shutil.copytree(_SHIPPED, draft, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        before = {file: file.read_bytes() for file in draft.rglob("*.yaml")}
        with _run(draft) as run:
            lines = []
            for line in _refreshed(run, wanted):
                lines.append(line)
                if not options.json:
                    streams.show(line)
        changed = [file for file in draft.rglob("*.yaml") if before.get(file) != file.read_bytes()]
        if not options.check:
            _put(changed, draft, target)
    if options.json:
        names = sorted(file.relative_to(draft).with_suffix("").as_posix() for file in changed)
        streams.document({"schema": 1, "changed": names, "lines": lines, "written": not options.check})
    elif not changed:
        streams.say("Every derived table is up to date with the index.")
    return int(ExitCode.FAILED if options.check and changed else ExitCode.OK)


def _wanted(names: list[str]) -> list[str]:
    known = [table.name for table in derived()]
    for name in names:
        if name not in known:
            raise UsageError(
                f"There is no derived table named {name}.", f"These are: {', '.join(known)}.",
                "Give one of them, or none for all.",
            )  # fmt: skip
    return names or known


def _refreshed(run: Run, wanted: list[str]) -> Iterator[str]:
    for table in derived():
        if table.name in wanted:
            streams.say(f"{table.name}: asking for {', '.join(table.packages)} ...")
            yield from table.refresh(run)


def _put(changed: list[Path], draft: Path, target: Path) -> None:
    for file in changed:
        place = target / file.relative_to(draft)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())
        except OSError as error:
            raise UsageError(
                f"{place} cannot be written.", f"{error.strerror}.", "Give a folder of your own with --into."
            ) from None
        streams.say(f"Written: {place}")


@contextmanager
def _run(folder: Path) -> Iterator[Run]:
    with tempfile.TemporaryDirectory() as cache:
        host = LocalHost(Path(cache))
        listings = Listings(host, package_sources(host.sources(), host.environment()), Path(cache) / "listings")
        yield Run(host, listings, folder)


def _days(one: Status) -> str:
    return one.newest if one.oldest == one.newest else f"{one.oldest} to {one.newest}"


def _coverage(watched: Watched) -> str:
    if watched.missing is None:
        return "the index did not answer, so newer releases are not known"
    if not watched.missing:
        return "current"
    return f"behind; the index has {first(list(reversed(watched.missing)), _MOST)}"
