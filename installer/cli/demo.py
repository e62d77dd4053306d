"""`demo`: recorded runs on a machine that a file describes: a deployment, a failure, its repair. Changes nothing.

No GPU, no network and no home is used: what is played is included with the program.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from installer.cli import replay, streams
from installer.core.errors import ExitCode
from installer.core.machine.facts import MachineFacts
from installer.core.machine.loader import parse
from installer.core.runs.home import RunFolder

_PLAYED = (
    ("deployment", "a deployment, from nothing to an answer"),
    ("failure", "a server that does not start: a flag that its kernel does not support"),
    ("repair", "the same with --repair: the setting that fixes it, and the proof"),
)


def serve(options: argparse.Namespace) -> int:
    """Serve `demo`."""
    speed = replay.speed_of(options)
    facts = _machine()
    with _unpacked() as runs:
        named = [(run, f"{at} of {len(runs)} on {facts.name} ({facts.cpu.cores} cores, no GPU): {words}")
                 for at, (run, (_, words)) in enumerate(zip(runs, _PLAYED, strict=True), 1)]  # fmt: skip
        if options.json or not replay.on_screen():
            for run, words in named:
                if not options.json:
                    streams.say(f"\n{words}")
                replay.printed(run, 0.0, json=options.json)
            return int(ExitCode.OK)
        from installer.ui.replay.tape import tape_of

        return replay.play([(tape_of(run), words) for run, words in named], speed=speed)


def _machine() -> MachineFacts:
    return parse(_file("machine.yaml").decode(), "the machine of the demo")


@contextmanager
def _unpacked() -> Iterator[list[RunFolder]]:
    """The recorded runs as folders: those of the package, and copies where the program is one file itself."""
    recorded = files("installer.ui.replay").joinpath("demo")
    if isinstance(recorded, Path):
        yield [RunFolder(recorded / name) for name, _ in _PLAYED]
        return
    with TemporaryDirectory(prefix="deploy-tui-") as folder:
        runs = [RunFolder(Path(folder) / name) for name, _ in _PLAYED]
        for run in runs:
            run.root.mkdir()
            run.journal.write_bytes(_file(run.id, run.journal.name))
        yield runs


def _file(*names: str) -> bytes:
    return files("installer.ui.replay").joinpath("demo", *names).read_bytes()
