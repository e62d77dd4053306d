"""`replay`: a run of this home, a ticket or a journal, played again in the screen. Without a terminal its lines."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from installer.cli.requests import home_of
from installer.core.errors import ExitCode, UsageError
from installer.core.runs.cast import parse
from installer.core.runs.home import Home, RunFolder

if TYPE_CHECKING:
    from installer.core.runs.cast import Cast
    from installer.diagnostics.ticket.opening import Opened
    from installer.ui.replay.tape import Tape

_NOWHERE = Path(os.devnull) / "home"
_FASTEST = 1000.0
_LARGEST = 32 << 20
"""Bytes of a recording; ours are much shorter."""


def serve(options: argparse.Namespace) -> int:
    """Serve `replay`."""
    speed_of(options)
    if Path(options.what).suffix == ".cast" and not home_of(options).run(options.what).root.is_dir():
        return _cast(options)
    with _source(options.what, home_of(options)) as run:
        return show(run, f"recording of {run.id}", options)


def speed_of(options: argparse.Namespace) -> float:
    """How fast to play. Raises `UsageError`."""
    speed = float(options.speed)
    if not 0 < speed <= _FASTEST:
        raise UsageError(f"{speed:g} is not a valid speed.", "It is a number above 0, up to 1000.", "Try --speed 8.")
    return speed


def show(run: RunFolder, words: str, options: argparse.Namespace, *, at_end: bool = False) -> int:
    """One recording, on the screen where there is one."""
    from installer.ui.replay.tape import tape_of

    tape = tape_of(run)
    begin = tape.place(options.begin) if getattr(options, "begin", None) else tape.seconds if at_end else 0.0
    if options.json or not on_screen():
        return printed(run, begin + tape.began, json=options.json)
    return play([(tape, words)], speed=getattr(options, "speed", 1.0), at=begin)


def play(tapes: list[tuple[Tape, str]], *, speed: float, at: float = 0.0) -> int:
    """On the screen, over a session of a home that is not there and cannot be made: nothing is left of it, however this
    ends."""
    from installer.core.runs.request import Request
    from installer.session.facade import DeploySession
    from installer.ui import replaying

    return replaying.play(DeploySession(Request(), Home(_NOWHERE)), tapes, speed=speed, at=at)


def on_screen() -> bool:
    """Whether there is a terminal to show a screen on."""
    return sys.stdin.isatty() and sys.stdout.isatty()


@contextmanager
def unpacked(opened: Opened) -> Iterator[RunFolder]:
    """The journal of a ticket as a file, for as long as it is played."""
    for kind in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(kind, _leave)
    with TemporaryDirectory(prefix="deploy-tui-") as folder:
        run = RunFolder(Path(folder) / "ticket")
        run.root.mkdir()
        run.journal.write_text(opened.journal, encoding="utf-8")
        yield run


def _leave(number: int, _frame: object) -> None:
    """A terminal was closed, or someone ended this: what was unpacked goes with it."""
    raise SystemExit(128 + number)


@contextmanager
def _source(what: str, home: Home) -> Iterator[RunFolder]:
    """What is named by `what`. Raises `UsageError`."""
    file, run = Path(what), home.run(what)
    if file.name == what and run.journal.is_file():
        yield run
    elif file.is_dir() and RunFolder(file).journal.is_file():
        yield RunFolder(file)
    elif file.name == "journal.jsonl" and file.is_file():
        yield RunFolder(file.parent)
    elif file.is_file():
        from installer.diagnostics.ticket.opening import open_ticket

        with unpacked(open_ticket(what)) as run:
            yield run
    else:
        raise UsageError(
            f"There is neither a run nor a file {what[:200]!r}.",
            "A run of this home can be played, its folder, its journal.jsonl, a recording (.cast), or a ticket.",
            "`deploy-tui runs list` lists the runs.",
        )


def _cast(options: argparse.Namespace) -> int:
    """A recording of a terminal: on the screen, or as what it showed last."""
    from installer.ui.cast_player import marks_of
    from installer.ui.cast_player import play as shown
    from installer.ui.replay.tape import place_of

    cast = _read(options.what)
    begin = place_of(marks_of(cast), options.begin) if options.begin else 0.0
    if not options.json and on_screen():
        return shown(cast, Path(options.what).name, speed=options.speed, at=begin)
    from installer.cli import streams
    from installer.core.runs.terminal_frames import Showing
    from installer.core.text.plain import clean

    showing = Showing(cast)
    showing.to(begin if options.begin else cast.seconds)
    rows = [clean(row).rstrip() for row in showing.rows]
    if options.json:
        marks = [{"at": mark.at, "name": mark.text} for mark in cast.marks]
        streams.document({"schema": 1, "seconds": cast.seconds, "marks": marks, "rows": rows})
    else:
        streams.data("\n".join(rows))
    return int(ExitCode.OK)


def _read(name: str) -> Cast:
    """Raises `UsageError` for what is no recording."""
    try:
        with Path(name).open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError(f"it is larger than {_LARGEST >> 20} MiB")
        return parse(content.decode("utf-8", "replace"))
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{name} cannot be replayed.", f"It is not a readable recording: {why}.",
            "Name a file of asciicast version 3, such as the terminal.cast of a run.",
        ) from None  # fmt: skip


def printed(run: RunFolder, begin: float, *, json: bool) -> int:
    """What the console would have printed from there on, all at once."""
    from installer.cli.console import Console, JsonLines
    from installer.execution.journal import read

    view = JsonLines() if json else Console(recorded=True)
    for entry in read(run.journal):
        if entry.at >= begin:
            view.show(entry)
    return int(ExitCode.OK)
