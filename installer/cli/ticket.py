"""`ticket`: one file about a run, for support; `ticket open`: show such a file. Uploads nothing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from installer.cli import replay, streams
from installer.cli.requests import home_of
from installer.core.errors import ExitCode, UsageError
from installer.core.text.quantities import duration

if TYPE_CHECKING:
    from installer.diagnostics.ticket.making import Ticket
    from installer.diagnostics.ticket.opening import Opened

_LONGEST = 1e8
"""Seconds that a stage can have taken."""


def serve(options: argparse.Namespace) -> int:
    """Serve `ticket`."""
    _refuse_mixed(options)
    if options.action:
        return _open(options)
    if options.text:
        return _print(options)
    return _write(options)


def _refuse_mixed(options: argparse.Namespace) -> None:
    opening = options.action == "open"
    if opening != (options.file is not None):
        raise UsageError("`ticket open` needs a file.", "None was given.", "Run `deploy-tui ticket open FILE`.")
    if opening and (options.run or options.output or options.text):
        raise UsageError("`ticket open` only reads.", "--run, -o and --text make a ticket.", "Leave them out.")
    if options.text and options.output:
        raise UsageError("--text prints.", "-o names a file.", "Use one of them.")


def _write(options: argparse.Namespace) -> int:
    from installer.session.ticketing import held, named, put

    ticket = _made(options)
    file = Path(options.output) if options.output else named(ticket)
    for line in held(ticket):
        streams.say(line)
    put(file, ticket.content)
    if options.json:
        streams.document({"schema": 1, "file": str(file), "bytes": len(ticket.content), "manifest": ticket.manifest})
    else:
        streams.data(str(file))
        streams.say("Nothing was sent anywhere. Check its content before you share it.")
    return int(ExitCode.OK)


def _print(options: argparse.Namespace) -> int:
    ticket = _made(options)
    if options.json:
        streams.document({"schema": 1, "text": ticket.text})
    else:
        streams.data(ticket.text.rstrip("\n"))
    return int(ExitCode.OK)


def _made(options: argparse.Namespace) -> Ticket:
    from installer.session.ticketing import made

    return made(home_of(options), options.run)


def _open(options: argparse.Namespace) -> int:
    from installer.diagnostics.ticket.opening import open_ticket

    opened = open_ticket(options.file)
    if options.json:
        streams.document(
            {"schema": 1, "ticket": opened.summary, "manifest": opened.manifest, **_repeat_command(opened)}
        )
        return int(ExitCode.OK)
    if opened.journal.strip() and replay.on_screen():
        with replay.unpacked(opened) as run:
            return replay.show(run, f"ticket {options.file}", options, at_end=True)
    for line in _ticket_lines(opened):
        streams.show(line)
    return int(ExitCode.OK)


def _repeat_command(opened: Opened) -> dict[str, Any]:
    from dataclasses import asdict

    explained = opened.explained
    return {
        "explained": {
            "root": asdict(explained.root) if explained and explained.root else None,
            "candidates": [asdict(one) for one in explained.candidates] if explained else [],
        }
    }


def _ticket_lines(opened: Opened) -> Iterator[str]:
    """A ticket for a person. Its summary is someone else's: what is not of the shape of ours is left out."""
    from installer.cli.explain import explanation_lines

    run = _mapping(opened.summary.get("run"))
    where = f" in stage {run['stage']}" if run.get("stage") else ""
    yield streams.paint(f"{run.get('recipe') or 'A run'}: {run.get('state')}{where}", "bold", error=False)
    versions = _mapping(opened.manifest.get("versions"))
    yield f"  run {run.get('id')}, begun {run.get('began')}, deploy-tui {versions.get('deploy-tui')}"
    yield from (f"  {run[name]}" for name in ("what", "why", "fix", "blame") if run.get(name))
    stages = opened.summary.get("stages")
    for stage in map(_mapping, stages if isinstance(stages, list) else ()):
        seconds = stage.get("seconds")
        took = f" in {duration(seconds)}" if isinstance(seconds, (int, float)) and 0 < seconds < _LONGEST else ""
        yield f"{stage.get('number')!s:>4}  {stage.get('name')} - {stage.get('state')}{took}"
    log = _mapping(opened.summary.get("explanation")).get("log")
    if opened.explained:
        yield streams.paint(f"{log}, explained with what is known today:", "bold", error=False)
        yield from explanation_lines(opened.explained)
    for name, text in opened.logs.items():
        yield f"  logs/{name}: {text.count(chr(10)):,} lines"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
