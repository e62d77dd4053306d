"""Words that mean something: the same text wherever they are written, and read back as the very word."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from installer.core.files.typed import typed
from installer.core.outcomes import Code, RunState, Severity, StageStatus, Verdict, Word
from installer.core.plans.plan import Finding

WORDS: list[Word] = [member for words in (Code, RunState, Severity, StageStatus, Verdict) for member in words]


@pytest.mark.parametrize("word", WORDS, ids=repr)
def test_a_word_is_its_own_text_wherever_it_is_written(word: Word) -> None:
    assert str(word) == f"{word}" == f"{word:s}" == "%s" % word == "".join([word]) == word.value  # noqa: UP031
    assert json.dumps({"it": word}) == json.dumps({"it": str(word.value)})
    assert {str(word.value): 1}[word] == 1


def test_a_finding_comes_back_from_its_json_as_it_was() -> None:
    found = Finding(code=Code.SHM, severity=Severity.PROBE, stage=1, subject="/dev/shm", summary="It is not known.")
    assert typed(Finding, json.loads(json.dumps(asdict(found)))) == found
    assert isinstance(typed(Finding, asdict(found)).severity, Severity)


def test_a_word_that_is_none_of_them_is_refused_with_those_that_are() -> None:
    found = Finding(code=Code.SHM, severity=Severity.PROBE, stage=1, subject="/dev/shm", summary="It is not known.")
    with pytest.raises(ValueError, match="severity is none of blocker, probe, warning, info: 'fatal'"):
        typed(Finding, {**asdict(found), "severity": "fatal"})
    with pytest.raises(ValueError, match="severity is not Severity: '3'"):
        typed(Finding, {**asdict(found), "severity": 3})


def test_gravity_orders_the_severities() -> None:
    gravest = sorted(Severity, key=lambda severity: severity.severity_rank)
    assert gravest == [Severity.BLOCKER, Severity.PROBE, Severity.WARNING, Severity.INFO]
