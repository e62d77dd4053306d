"""The page of a ticket: one HTML file that needs nothing from anywhere. Pure; everything in it is redacted already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from installer import __version__
from installer.core.text.quantities import duration
from installer.diagnostics.ticket.log_excerpts import Piece
from installer.diagnostics.ticket.readable import readable, rows

Logs = Mapping[str, Sequence[Piece]]


def page(summary: Mapping[str, Any], logs: Logs, recording: str) -> str:
    """The whole file. `recording`: what plays it, as HTML."""
    run, explanation = summary["run"], summary["explanation"]
    where = f" in stage {run['stage']}" if run["stage"] else ""
    template = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    root = explanation["root"]
    why = (explanation["log"], root["line"]) if root else ("", 0)
    return template.substitute(
        title=escape(f"{run['recipe'] or 'A run'}: {run['state']}{where}"),
        body="\n".join(_body(summary)),
        recording=recording,
        logs="\n".join(_log(name, pieces, why[1] if why[0] == name else 0) for name, pieces in logs.items()),
    )


def _body(summary: Mapping[str, Any]) -> Iterator[str]:
    run = summary["run"]
    yield "<h2>What happened</h2>"
    yield from (f"<p>{escape(run[name])}</p>" for name in ("what", "why", "fix", "kind", "blame") if run[name])
    known = [
        (name, run[name])
        for name in ("id", "began", "exit_status", "profile", "because")
        if run[name] not in (None, "")
    ]
    yield _table([], [*known, ("took", duration(run["seconds"])), ("deploy-tui", __version__)])
    yield from _explanation(summary["explanation"], run["what"])
    yield "<h2>Stages</h2>"
    yield _table(
        ["", "stage", "state", "began", "took", "reason"],
        [
            (one["number"], one["title"], one["state"], one["began"] or "", _took(one), one["reason"])
            for one in summary["stages"]
        ],
    )
    yield from (f"<p>{escape(notice)}</p>" for notice in summary["notices"])
    yield f"<h2>Machine</h2><p>Measured {escape(summary['machine_measured'])}.</p>"
    yield _table([], rows(summary["machine"]))
    yield from _plan(summary["plan"])
    if summary["server"]:
        yield "<h2>Server, as it stood when the ticket was made</h2>"
        yield _table([], rows(summary["server"]))
    yield "<h2>Generations</h2>"
    names = ["number", "recipe", "whole", "in_use", "created", "packages"]
    yield _table(names, [[one[name] for name in names] for one in summary["generations"]])
    yield from _packages(summary["packages"])


def _explanation(explanation: Mapping[str, Any], what: str) -> Iterator[str]:
    root = explanation["root"]
    yield "<h2>Why</h2>"
    if root is None:
        own = f'<div class="why-box"><p>deploy-tui itself reported:</p><pre>{escape(what)}</pre></div>'
        yield own if what else "<p>No log of this run shows a failure.</p>"
        return
    yield f'<div class="why-box"><p>{escape(explanation["log"])}, line {root["line"]}:</p>'
    yield f"<pre>{escape(root['text'])}</pre>"
    keys = ("exception", "package", "version", "frame", "process", "search")
    yield _table([], [(name, root[name]) for name in keys if root[name]]) + "</div>"
    for one in explanation["candidates"]:
        title = f"<b>{escape(one['title'])}</b> ({one['confidence']:.0%})"
        yield f"<p>{title}: {escape(one['cause'])}</p><p>What helps: {escape(one['fix'])}</p>"
    if not explanation["candidates"]:
        yield "<p>No known symptom matches; start with the line above.</p>"


def _plan(plan: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Plan</h2>"
    if plan["findings"] is None:
        yield "<p>The run ended before it had a plan.</p>"
        return
    yield f"<p>Verdict: {escape(str(plan['verdict']))}. {escape(plan['because'] or '')}</p>"
    names = ["severity", "stage", "code", "summary", "evidence", "fix"]
    yield _table(names, [[one[name] for name in names] for one in plan["findings"]])


def _packages(packages: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Packages against the plan</h2>"
    planned, differing = packages["planned"], packages["differences"]
    if differing is None:
        yield f"<p>{len(planned)} packages were planned; no generation is in use that they could be compared with.</p>"
        return
    yield f"<p>{len(planned)} planned, {len(differing)} of them otherwise in generation {packages['generation']}.</p>"
    names = ["name", "planned", "installed"]
    yield _table(names, [[one[name] or "missing" for name in names] for one in differing])


def _took(stage: Mapping[str, Any]) -> str:
    return duration(stage["seconds"]) if stage["seconds"] else ""


def _table(head: Sequence[str], body: Iterable[Iterable[Any]]) -> str:
    cells = "".join(f"<tr>{''.join(f'<td>{escape(readable(cell))}</td>' for cell in row)}</tr>\n" for row in body)
    top = f"<tr>{''.join(f'<th>{escape(name)}</th>' for name in head)}</tr>\n" if head and cells else ""
    return f"<table>\n{top}{cells}</table>"


def _log(name: str, pieces: Sequence[Piece], why: int) -> str:
    return f'<h3>{escape(name)}</h3>\n<ol class="log">\n{chr(10).join(_items(pieces, why))}\n</ol>'


def _items(pieces: Sequence[Piece], why: int) -> Iterator[str]:
    following = 1
    for piece in pieces:
        if piece.first > following:
            yield f'<li class="gap" data-n="…">lines {following:,} to {piece.first - 1:,} are left out</li>'
        for number, line in enumerate(piece.lines, piece.first):
            mark = ' class="why"' if number == why else ""
            yield f'<li data-n="{number}"{mark}>{escape(line) or " "}</li>'
        following = piece.first + len(piece.lines)
