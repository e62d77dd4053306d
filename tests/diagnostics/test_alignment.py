"""Clients that fit their server and clients that do not, line by line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.errors import UsageError
from installer.diagnostics.alignment import Row, ServerView, compare
from installer.diagnostics.checklist import Observations, checklist
from installer.diagnostics.client_settings import NAMES, ClientSettings, read

CLIENTS = Path(__file__).parents[1] / "clients"
FILES = [(name, (CLIENTS / name).read_text()) for name in ("profile_llm.json", "llm_limits.json")]
FINE = read(FILES)
SERVER = ServerView("the running server", 32768, True, "xgrammar", ("qwen",))


def row(client: ClientSettings, parameter: str, server: ServerView = SERVER) -> Row:
    return next(found for found in compare(client, server) if found.parameter == parameter)


def test_a_client_in_two_files_that_fits() -> None:
    rows = compare(FINE, SERVER)

    assert [found.status for found in rows] == ["ok"] * len(rows)
    assert row(FINE, "context").client == "12,000 + 3,000 + 4,096 = 19,096"
    assert "58%" in row(FINE, "context").remark


@pytest.mark.parametrize(
    ("change", "parameter", "status", "word"),
    [
        ({"chunk_tokens": 30000}, "context", "problem", "25,672"),
        ({"chunk_tokens": 24000}, "context", "warning", "95%"),
        ({"overhead_tokens": 40000}, "context", "problem", "56,096"),
        ({"group_tokens": 13000}, "group", "warning", "cut again"),
        ({"output_tokens": None}, "max output", "warning", "cut off"),
        ({"output_tokens": 32768}, "max output", "problem", "fills"),
        ({"temperature": 0.7}, "temperature", "warning", "vary"),
        ({"temperature": None}, "temperature", "warning", "default"),
        ({"structured": False}, "structured output", "warning", "supports"),
        ({"supported": False}, "structured output", "problem", "settings"),
        ({"backend": "outlines"}, "backend", "warning", "decides"),
        ({"model": "other"}, "model", "problem", "refuses"),
        ({"model": "qwen"}, "model", "ok", "same"),
    ],
)
def test_what_does_not_fit(change: dict[str, object], parameter: str, status: str, word: str) -> None:
    found = row(replace(FINE, **change), parameter)  # type: ignore[arg-type]

    assert found.status == status
    assert word in f"{found.remark} {found.fix}"
    assert bool(found.fix) == (status in ("problem", "warning"))


def test_a_server_that_cannot_be_held_to_a_schema() -> None:
    found = row(FINE, "structured output", replace(SERVER, structured=False, backend=None))

    assert (found.status, found.server) == ("problem", "no")


def test_what_is_not_known_is_not_fine() -> None:
    unknown = ServerView("a server", None, None, None, ())

    assert {found.parameter: found.status for found in compare(replace(FINE, model="x"), unknown)} == {
        "context": "unknown", "group": "ok", "max output": "ok", "temperature": "ok", "structured output": "unknown",
        "backend": "unknown", "model": "unknown",
    }  # fmt: skip


@pytest.mark.parametrize("meaning", NAMES)
def test_every_name_of_a_setting_is_read_at_any_depth(meaning: str) -> None:
    values = {"temperature": 0.5, "structured": True, "supported": True, "backend": "outlines", "model": "m"}
    value = values.get(meaning, 7)
    for name in NAMES[meaning]:
        found = read([("a.json", json.dumps({"deep": {"deeper": {name: value}}}))])
        assert getattr(found, meaning) == value


@pytest.mark.parametrize(
    "text",
    ["", "[1]", "{", '{"x": 1}', '{"max_chunk_tokens": "many"}', '{"temperature": true}', '{"chunk_size": -1}',
     '{"use_structured_output": "yes"}', "[" * 100_000],
)  # fmt: skip
def test_bad_input_names_the_file(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        read([("client.json", text)])

    assert "client.json" in refused.value.what
    assert refused.value.fix


def test_the_checklist_of_a_deployment_that_is_done() -> None:
    variables = {"VLLM_ENDPOINT": "http://127.0.0.1:1/v1", "VLLM_MODEL": "qwen"}
    seen = Observations("ready", "http://127.0.0.1:1", ("qwen",), variables, ("qwen",))

    assert [tick.done for tick in checklist(seen, FINE)] == [True] * 7


def test_the_checklist_of_one_that_is_not() -> None:
    variables = {"VLLM_ENDPOINT": "somewhere", "VLLM_MODEL": "other"}
    seen = Observations("ready", "http://127.0.0.1:1", ("qwen",), variables, None)

    ticks = checklist(seen, ClientSettings(temperature=0.7))

    assert [tick.done for tick in ticks] == [True, True, False, False, False, False, False]
    assert all(tick.fix for tick in ticks if not tick.done)


def test_what_was_not_handed_in_is_not_ticked() -> None:
    assert [tick.done for tick in checklist(Observations("stopped"), None)] == [
        False,
        False,
        None,
        None,
        None,
        None,
        None,
    ]
