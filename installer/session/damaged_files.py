"""What is wrong with the files of a home that we read back, a sentence each. Reads only, and raises nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from installer.core.errors import DamagedError
from installer.core.runs.home import Home
from installer.disk.reading import open_own, read_json
from installer.execution.generations import Generations
from installer.host import server_folder
from installer.session.deployments import remembered

_RUNS = 20
"""The newest ones: older ones are not needed."""


def damaged(home: Home) -> list[str]:
    """A sentence for each file that is not what we wrote."""
    found = Generations(home).damages()
    for read_one in _reads(home):
        try:
            with suppress(OSError):
                read_one()
        except DamagedError as error:
            found.append(error.what)
    return found


def _reads(home: Home) -> Iterator[Callable[[], object]]:
    yield partial(remembered, home)
    for name in (server_folder.STATE, server_folder.LAUNCH, server_folder.READY):
        yield partial(server_folder.checked, home.server / name)
    yield partial(read_json, home.proofs)
    for file in (home.engine_lock, home.server / server_folder.LOCK, *_journals(home)):
        yield partial(_open, file)


def _journals(home: Home) -> list[Path]:
    runs = sorted(home.runs.iterdir())[-_RUNS:] if home.runs.is_dir() else []
    return [run / "journal.jsonl" for run in runs if run.is_dir()]


def _open(file: Path) -> None:
    os.close(open_own(file))
