"""What is wrong with a script itself, as findings with its lines. One module a subject; none changes anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import ModuleType

from installer.core.plans.plan import Finding
from installer.shell.findings import (
    assignments,
    engine_needs,
    ignored_errors,
    interpreters,
    line_ends,
    machine_needs,
    programs,
    redirects,
    reruns,
    secrets,
    syntax,
)
from installer.shell.findings.script_facts import Seen

_SUBJECTS = (
    line_ends,
    assignments,
    syntax,
    redirects,
    interpreters,
    ignored_errors,
    secrets,
    reruns,
    programs,
    machine_needs,
    engine_needs,
)

_OF_DOCUMENTS = (redirects, interpreters, ignored_errors, engine_needs)


def findings(seen: Seen, is_document: bool = False) -> list[Finding]:
    """Everything that stands against the script, each once, in the order of its lines.

    `is_document`: the file is no script, so that what is said of scripts alone (a second run, programs of this machine)
    does not hold for it.
    """
    subjects = _OF_DOCUMENTS if is_document else _SUBJECTS
    return sorted(_each_once(seen, subjects), key=lambda found: found.line or 0)


def _each_once(seen: Seen, subjects: Sequence[ModuleType]) -> Iterator[Finding]:
    told: set[object] = set()
    for subject in subjects:
        for found in subject.findings(seen):
            if found.cause not in told:
                told.add(found.cause)
                yield found
    yield from (found for found in seen.record.findings if found.cause not in told)
