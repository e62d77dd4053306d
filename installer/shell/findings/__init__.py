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
    unset_values,
)
from installer.shell.findings.script_facts import FollowedScript

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
    unset_values,
)

_OF_DOCUMENTS = (redirects, interpreters, ignored_errors, engine_needs)


def findings(followed: FollowedScript, is_document: bool = False) -> list[Finding]:
    """Everything that is wrong with the script, each once, in the order of its lines.

    `is_document`: the file is no script, so that what is said of scripts alone (a second run, programs of this machine)
    does not apply to it.
    """
    subjects = _OF_DOCUMENTS if is_document else _SUBJECTS
    return sorted(_each_once(followed, subjects), key=lambda found: found.line or 0)


def _each_once(followed: FollowedScript, subjects: Sequence[ModuleType]) -> Iterator[Finding]:
    reported: set[object] = set()
    for subject in subjects:
        for found in subject.findings(followed):
            if found.cause not in reported:
                reported.add(found.cause)
                yield found
    yield from (found for found in followed.record.findings if found.cause not in reported)
