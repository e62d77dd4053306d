"""Scripts that failed: what is foreseen, with the right cause, without false alarms (docs/evidence/foresight.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus import results as kept_results
from tests.corpus import table
from tests.corpus.cases import HERE, Expected, Run, ask, load

RUNS = load()
ROWS = [run for run in RUNS if run.kind == "rows"]
GOOD = [run for run in RUNS if run.kind == "good"]


def test_every_case_is_whole() -> None:
    for run in RUNS:
        assert run.recipe or run.script.read_text(encoding="utf-8").strip(), run.key
        assert run.facts.gpus is not None, run.key
        assert run.model == "none" or (HERE / "models" / run.model / "config.json").is_file(), run.key
        assert run.expected or run.kind == "good", f"{run.key} expects nothing"


def test_no_key_is_there_twice() -> None:
    assert len({run.key for run in RUNS}) == len(RUNS)


def test_the_corpus_is_complete_and_has_controls() -> None:
    assert len({run.row for run in ROWS if run.row.isdecimal()}) == 24
    assert len({run.name for run in GOOD}) >= 15


def test_what_is_expected_is_met_only_by_that() -> None:
    wanted = Expected.read("pin-overridden|dependency-conflict: numpy")
    finding = {"code": "pin-overridden", "severity": "blocker", "subject": "numpy 2.2", "summary": "", "evidence": ""}
    assert wanted.met_by(finding)
    assert not wanted.met_by({**finding, "subject": "torch 2.4.0"})
    assert not wanted.met_by({**finding, "code": "shell-defect"})
    assert not wanted.met_by({**finding, "severity": "info"})
    assert Expected.read("@probe").met_by({**finding, "severity": "probe"})


def test_the_document_says_what_was_measured() -> None:
    text = table.DOCUMENT.read_text(encoding="utf-8")
    assert text == table.replaced(text, table.rendered(RUNS, kept_results.kept()))


def test_what_was_measured_is_as_it_should_be() -> None:
    found = kept_results.kept()
    assert set(found) == {run.key for run in RUNS}
    assert kept_results.wrong(RUNS, found) == []


@pytest.mark.parametrize("run", [run for run in RUNS if run.offline], ids=lambda run: str(run.key))
def test_foreseen_with_no_network_and_nothing_kept(run: Run, tmp_path: Path) -> None:
    answer = ask(run, tmp_path, "--offline")
    assert (answer.verdict, run.missed(answer)) == ("fails", []), answer


def _sample() -> list[Run]:
    """Every third state of the corpus, and a few others; all of it is asked by `python -m tests.corpus.table`."""
    rows = {run.name: run for run in ROWS}
    others = [run for run in RUNS if run.kind == "complaints" and not run.soft]
    return [*list(rows.values())[::3], *others[::30], *[run for run in GOOD if not run.recipe][::20]]


@pytest.mark.real
@pytest.mark.timeout(400)
def test_a_sample_of_the_cases_is_as_in_the_document(tmp_path: Path) -> None:
    before = kept_results.kept()
    found = table.measure(_sample(), tmp_path, alone=lambda run, _: before[run.key].uv)
    said = {key: (one.foreseen, one.cause, one.alarms) for key, one in found.items()}
    assert said == {key: (before[key].foreseen, before[key].cause, before[key].alarms) for key in said}
