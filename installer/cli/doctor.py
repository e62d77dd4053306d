"""`doctor`: what this machine is, and what prevents a deployment. Changes nothing."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from installer.cli import streams
from installer.cli.requests import home_of
from installer.core.errors import ExitCode
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Severity
from installer.core.text.languages import translated
from installer.core.text.state_words import state_word

if TYPE_CHECKING:
    from installer.diagnostics.doctor_finding import DoctorFinding

_COLOURS = {"ok": "green", "warning": "yellow", Severity.BLOCKER: "red"}


def examine_machine(options: argparse.Namespace) -> int:
    """Serve `doctor`."""
    from installer.core.machine.file import to_mapping
    from installer.diagnostics.doctor import examine
    from installer.diagnostics.doctor_finding import Health

    facts = _facts(options)
    findings = [*examine(_with_servers(options, facts)), *([] if options.machine else _measured(options, facts))]
    if options.json:
        streams.document({"schema": 1, "machine": to_mapping(facts), "findings": [asdict(f) for f in findings]})
        return int(ExitCode.OK)
    for finding in findings:
        word = streams.paint(state_word(finding.severity).ljust(8), _COLOURS[finding.severity], error=False)
        streams.data(f"{word} {translated(finding.summary)}")
        for sentence in (finding.evidence, finding.fix):
            if sentence and finding.severity != Health.OK:
                streams.show(f"         {sentence}")
    return int(ExitCode.OK)


def _measured(options: argparse.Namespace, facts: MachineFacts) -> list[DoctorFinding]:
    """What can only be checked here: the environment in use, limits, clock, proxy, index and hub."""
    from installer.diagnostics.installed_checks import environment
    from installer.diagnostics.runtime_checks import surrounding
    from installer.host.runtime_conditions import measure

    current = home_of(options).current
    return [*environment(current, facts), *surrounding(measure())]


def _with_servers(options: argparse.Namespace, facts: MachineFacts) -> MachineFacts:
    """The facts, with what the servers of the home use of the GPUs named as theirs."""
    if options.machine or not facts.gpus:
        return facts
    from installer.host.own_gpu_memory import named

    return replace(facts, gpus=named(facts.gpus, home_of(options)))


def _facts(options: argparse.Namespace) -> MachineFacts:
    if options.machine:
        from installer.core.machine.loader import parse
        from installer.host.documents import read_document

        return parse(read_document(Path(options.machine)), options.machine)
    from installer.host.facts import read_facts
    from installer.knowledge.packages import having
    from installer.session.prepare import calibrated

    home = home_of(options)
    return calibrated(read_facts(home.root, having("reported"), network=True), home)
