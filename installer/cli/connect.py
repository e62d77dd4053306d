"""`server connect NAME`: the settings for a client, whether it fits the running server, and writing its file."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from installer.cli import streams
from installer.cli.client import show_rows
from installer.cli.requests import home_of
from installer.core.errors import ExitCode, UsageError
from installer.core.outcomes import Agreement

if TYPE_CHECKING:
    from installer.session.connecting import Connection


def connect(options: argparse.Namespace) -> int:
    """Serve `server connect`."""
    from installer.host.local import LocalHost
    from installer.session import connecting

    if not options.name:
        return _list(options)
    home = home_of(options)
    found = connecting.connect(
        home, LocalHost(home.cache), options.name, ssh=options.ssh or "", url=options.url or "", port=options.port or 0
    )
    problem = any(row.status == Agreement.PROBLEM for row in found.rows)
    written: tuple[Path, Path | None] | None = None
    if options.write:
        _agree(options, connecting.file_of(found.client))
        written = connecting.write(found)
    if options.json:
        _document(found, written)
    else:
        _show(found, written)
    return int(ExitCode.PREDICTED if problem else ExitCode.OK)


def _list(options: argparse.Namespace) -> int:
    from installer.diagnostics.connecting import clients

    known = clients()
    if options.json:
        streams.document({"schema": 1, "clients": [{"name": one.name, "title": one.title} for one in known]})
    else:
        for one in known:
            streams.show(f"{one.name:<15} {one.title}{f'   writes {one.file}' if one.file else ''}")
    return int(ExitCode.OK)


def _agree(options: argparse.Namespace, file: Path) -> None:
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"Writing {file} was not confirmed.", "There is no terminal to ask.", "Add --yes.")
    streams.say(f"{file} would be written{', and the present file is copied first' if file.exists() else ''}.")
    if input("Go ahead? [y/N] ").strip().lower() not in ("y", "yes"):
        raise KeyboardInterrupt


def _show(found: Connection, written: tuple[Path, Path | None] | None) -> None:
    for line in (found.tunnel, found.key):
        if line:
            streams.verbatim(line)
    if written is None:
        if found.client.file:
            streams.say(f"For {found.client.file} (--write puts it there):")
        streams.verbatim(found.client.text.rstrip("\n"))
    else:
        file, copy = written
        streams.say(f"Written to {file}." + (f" What was there is in {copy}." if copy else ""))
    if found.client.run:
        streams.say(f"Then: {found.client.run}")
    streams.say()
    show_rows(found.rows, streams.say)
    if found.client.instead and any(
        row.parameter == "interface" and row.status == Agreement.PROBLEM for row in found.rows
    ):
        streams.say(found.client.instead)


def _document(found: Connection, written: tuple[Path, Path | None] | None) -> None:
    file, copy = written or (None, None)
    body = {
        "schema": 1, "client": found.client.name, "file": found.client.file, "url": found.at.root_url,
        "model": found.at.model, "context": found.at.context, "rows": [asdict(row) for row in found.rows],
        "written": str(file) if file else None,
        "copy": str(copy) if copy else None,
    }  # fmt: skip
    streams.document(body, text=found.client.text, tunnel=found.tunnel, key=found.key)
