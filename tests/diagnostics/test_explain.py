"""Each symptom is recognised by its real message, healthy logs are left alone, and nothing secret comes out."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from installer.cli.parser import parse
from installer.cli.selection import select
from installer.core.recipes.settings import settings
from installer.diagnostics.explain import explain
from installer.diagnostics.symptoms import TABLES, Symptom, catalogue
from installer.knowledge import tables
from stages import STAGES

LOGS = Path(__file__).parents[1] / "stages" / "logs"
BY_ID = {symptom.id: symptom for symptom in catalogue()}
KEYS = {field.name for field in fields(Symptom)}
REQUIRED = KEYS - {"command"}


@pytest.mark.parametrize("symptom", catalogue(), ids=lambda symptom: symptom.id)
def test_each_row_is_the_surest_for_its_own_examples(symptom: Symptom) -> None:
    for example in symptom.examples:
        found = explain(["INFO something before", example, "INFO something after"])
        assert [candidate.id for candidate in found] == [symptom.id]
        assert found[0].line == 2
        assert found[0].evidence


@pytest.mark.parametrize("name", TABLES)
def test_rows_are_whole(name: str) -> None:
    for row in tables.table(f"symptoms/{name}")["symptoms"]:
        assert set(row) >= REQUIRED, row["id"]
        assert set(row) <= KEYS, row["id"]
        assert row["examples"], row["id"]
        assert date.fromisoformat(row["checked"]) <= date.today()
        assert all(source.startswith("https://") for source in row["sources"]), row["id"]
        assert 0 < row["confidence"] < 1


def test_ids_are_unique() -> None:
    rows = [row["id"] for name in TABLES for row in tables.table(f"symptoms/{name}")["symptoms"]]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("symptom", catalogue(), ids=lambda symptom: symptom.id)
def test_what_is_filled_in_can_be_found(symptom: Symptom) -> None:
    places = set(re.findall(r"\{(\w+)\}", symptom.cause + symptom.fix))
    assert places == set(symptom.signature.groupindex)


@pytest.mark.parametrize(
    ("log", "wanted"),
    [
        ("sglang-context-too-long.log", "context-too-long"),
        ("sglang-no-fa3.log", "kernel-fa3"),
        ("sglang-no-nvcc.log", "no-nvcc"),
        ("vllm-length-too-long.log", "context-too-long"),
        ("vllm-no-lscpu.log", "lscpu"),
    ],
)
def test_real_logs_of_failures(log: str, wanted: str) -> None:
    lines = (LOGS / log).read_text(encoding="utf-8").splitlines()

    found = explain(lines)

    assert found[0].id == wanted
    assert found[0].confidence > max((candidate.confidence for candidate in found[1:]), default=0)
    assert BY_ID[wanted].signature.search(lines[found[0].line - 1])


def test_what_no_row_knows_stays_unexplained() -> None:
    assert explain(["Everything is fine.", "The server is fired up and ready to roll!", ""]) == []


def test_the_first_line_that_shows_a_symptom_is_named() -> None:
    found = explain(["x", "CUDA out of memory. Tried to allocate", "y", "CUDA out of memory. Tried to allocate"])

    assert [(candidate.id, candidate.line) for candidate in found] == [("oom", 2)]


def test_colours_and_leads_do_not_hide_a_symptom() -> None:
    line = "\x1b[31mERROR 11-21 06:44:11 [core.py:80] KeyError: 'ministral3'\x1b[0m"

    assert explain([line])[0].id == "model-type"


def test_secrets_do_not_come_out() -> None:
    found = explain(["error: unrecognized arguments: --api-token hf_abcdefghijklmnop"])

    assert found
    assert "hf_abcdefghijklmnop" not in repr(found)


@pytest.mark.parametrize("symptom", [s for s in catalogue() if s.command[:1] == ("deploy-tui",)], ids=lambda s: s.id)
def test_our_own_commands_are_right(symptom: Symptom) -> None:
    options = parse(symptom.command[1:])

    assert all(setting.path[0] in ("server", "model") for setting in settings(options.settings or ()))
    if options.stage:
        assert select(options.stage, {stage.name: stage.number for stage in STAGES})
