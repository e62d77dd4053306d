"""`explain`: what a log means and what helps. Reads that log, and this machine where it is asked to."""

from __future__ import annotations

import argparse
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from installer.cli import incidents, streams
from installer.cli.requests import home_of
from installer.core.errors import ExitCode, UsageError
from installer.core.text.languages import _
from installer.core.text.plain import shortened

if TYPE_CHECKING:
    from installer.core.contracts.server_history import KeptIncident
    from installer.diagnostics.explain import Explanation
    from installer.diagnostics.logs.root_cause import Root
    from installer.diagnostics.machine_evidence import LocalEvidence
    from installer.diagnostics.wording import Candidate

_LIKELY = 0.5
_WIDE = 100


def explain_log(options: argparse.Namespace) -> int:
    """Serve `explain`."""
    from installer.diagnostics.explain import explain_blocks
    from installer.host.logs import read_log

    missing: list[str] = []
    kept, options.log = _asked_for(options)
    log = read_log(options.log, missing.append) if kept is None or kept.log.is_file() else ()
    blocks = chain(log, _own_end(options, kept) if options.here or kept else ())
    explained = explain_blocks(blocks, ours=kept is not None or _is_ours(options.log))
    explained, sayings = _weighed(explained, options) if options.here else (explained, ())
    if options.json:
        more = {"incident": asdict(kept.incident) if kept else None, "incomplete": " ".join(missing) or None}
        streams.document({**_document(explained, sayings), **more})
        return int(ExitCode.OK)
    for sentence in missing:
        streams.say(streams.paint(sentence, "yellow"))
    for line in incidents.lines(kept) if kept else ():
        streams.data(line)
    if kept and explained.root is None:
        streams.data(_("No error in the {lines} lines of its log.").format(lines=explained.lines))
    for line in explanation_lines(explained, sayings, silent=kept is not None):
        streams.data(line)
    return int(ExitCode.OK)


def _document(explained: Explanation, sayings: tuple[LocalEvidence, ...]) -> dict[str, Any]:
    return {
        "schema": 1,
        "root": asdict(explained.root) if explained.root else None,
        "candidates": [asdict(candidate) for candidate in explained.candidates],
        "notes": [asdict(note) for note in explained.notes],
        "here": [asdict(saying) for saying in sayings],
    }


def _asked_for(options: argparse.Namespace) -> tuple[KeptIncident | None, str]:
    if options.log is None and not options.here:
        raise UsageError(
            _("No log or incident was given."), _("`explain` needs a log or an incident."),
            _("Give one, or explain the newest incident of this home: deploy-tui explain --here."),
        )  # fmt: skip
    return incidents.log_of(home_of(options), options.log)


def _own_end(options: argparse.Namespace, kept: KeptIncident | None) -> tuple[bytes, ...]:
    """How our server ended, as its supervisor saw it, where the log is its: a signal leaves no line in a log."""
    from installer.host.server_state import folder_of, read_state

    if kept:
        return (f"\n{kept.incident.reason}\n".encode(),)
    home = home_of(options)
    if options.log == "-" or Path(options.log).resolve().parent != folder_of(home):
        return ()
    return (f"\n{read_state(home).reason}\n".encode(),)


def _weighed(explained: Explanation, options: argparse.Namespace) -> tuple[Explanation, tuple[LocalEvidence, ...]]:
    """What this machine says about it."""
    from installer.diagnostics.machine_evidence import LocalMeasurements, with_evidence
    from installer.host import kernel_messages, oom
    from installer.host.facts import read_facts
    from installer.knowledge.packages import having

    facts = read_facts(home_of(options).root, having("reported"), network=True)
    return with_evidence(explained, LocalMeasurements(facts, kernel_messages.serious_messages(), oom.kills()))


def _is_ours(name: str) -> bool:
    """Whether a log is of a run or a server of this tool, by its folder."""
    if name == "-":
        return False
    folder = Path(name).resolve().parent
    return (folder / "journal.jsonl").is_file() or (folder / "launch.json").is_file()


def explanation_lines(
    explained: Explanation, sayings: tuple[LocalEvidence, ...] = (), *, silent: bool = False
) -> Iterator[str]:
    """An explanation for a person: the line that says why, then what is known of it; `silent` where there is none."""
    if explained.left_out:
        yield _("The log has so many error lines that {count} in the middle were not read.").format(
            count=explained.left_out
        )
    root = explained.root
    if root is None and not silent:
        yield _("No failure in {lines} lines.").format(lines=explained.lines)
    elif root is not None:
        yield from _root(root)
    for candidate in explained.candidates:
        yield from _candidate(candidate)
        yield from (
            _("  here: {text}").format(text=saying.text) for saying in sayings if saying.symptom == candidate.id
        )
    yield from (_("here: {text}").format(text=saying.text) for saying in sayings if not saying.symptom)
    if root is not None and not root.recovered and not explained.candidates:
        yield _("No known symptom matches; start with the line above.")
    for note in explained.notes:
        yield from _candidate(note, _("note: "))


def _root(root: Root) -> Iterator[str]:
    yield streams.coloured(
        _("line {line}: {text}").format(line=root.line, text=shortened(root.text, 300)), "bold", error=False
    )
    if root.recovered:
        yield _("  The program recovered: a later line says that it works.")
    came = " ".join(part for part in (root.package, root.version) if part)
    for name, value in (
        (_("from"), came),
        (_("at"), root.frame),
        (_("process"), root.process),
        (_("caused"), ", ".join(_("line {line}").format(line=line) for line in root.caused[:6])),
        (_("search for"), root.search),
    ):
        if value:
            yield streams.coloured(f"  {name}: {value}", "dim", error=False)


def _candidate(candidate: Candidate, lead: str = "") -> Iterator[str]:
    from installer.diagnostics.explain import SURE

    how_sure = (
        "" if candidate.confidence >= SURE else _("likely: ") if candidate.confidence >= _LIKELY else _("perhaps: ")
    )
    yield streams.coloured(f"{lead or how_sure}{candidate.title}", "bold", error=False)
    yield streams.coloured(
        _("  line {line}: {evidence}").format(line=candidate.line, evidence=shortened(candidate.evidence, 160)),
        "dim",
        error=False,
    )
    for sentence in (candidate.cause, candidate.fix):
        yield from textwrap.wrap(sentence, _WIDE, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    if candidate.command:
        yield f"    {shlex.join(candidate.command)}"
    yield streams.coloured(_("  source: {source}").format(source=candidate.sources[0]), "dim", error=False)
