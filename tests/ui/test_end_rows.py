"""What is said when a run is over, and after the screen is gone."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from installer.core.runs import events as ev
from installer.core.runs.cause import Cause
from installer.ui.board import Board
from installer.ui.end_rows import (
    failure_rows,
    headline,
    next_rows,
    rollback_state,
    server_state,
    settings_of,
    success_rows,
    took,
)
from installer.ui.exit_message import exit_code, exit_message
from installer.ui.log.line import ALL
from installer.ui.messages import ServerPolled
from installer.ui.stage_detail import detail_rows
from installer.ui.widgets.sheet import Row
from tests.ui.replay import STOPPED, over, recorded


def text(rows: Sequence[Row]) -> str:
    return "\n".join(f"{row.label.plain} {row.value.plain} {row.right}".strip() for row in rows)


def test_a_stand_in_is_called_one() -> None:
    said = text(success_rows(over("success-stand-in").view))
    assert "random weights" in said and "are random" in said
    assert "random weights" not in text(success_rows(over("success-gpu").view))


def test_success_names_the_endpoint_and_what_was_measured() -> None:
    model = over("success-gpu")
    said = text([headline(model, None), *success_rows(model.view)])
    for part in ("The model server answered.", "http://127.0.0.1:30000", "ministral-3b", "Olá! Como posso",
                 "first token 21 ms, ready after 38 s", "generation 7", '{"city":"Lisboa"'):  # fmt: skip
        assert part in said
    assert "deploy-tui server stop" in text(next_rows(model, None))


def test_a_server_that_was_looked_at_before_the_end_says_nothing_of_it() -> None:
    now = [1000.0]
    board = Board(lambda: now[0], server=ServerPolled(STOPPED, 1000.0))
    assert server_state(over("success-gpu"), board.server_now) == "stopped"
    now[0] += 60
    assert server_state(over("success-gpu"), board.server_now) == ""


def test_nothing_changed_is_said() -> None:
    model = over("unchanged")
    assert "Everything was in place already." in text([headline(model, None)])
    assert "nothing was changed" in text(success_rows(model.view))


def test_a_failure_is_three_sentences_and_the_state_of_the_rollback() -> None:
    model = over("failed-stage-7")
    said = text([headline(model, None), *failure_rows(model)])
    for part in ("could not be installed.", "7 engine: Install the engine", "No space left", "Free at least 1.2 GB",
                 "rolled back Everything that engine had begun. Generation 4 is in use."):  # fmt: skip
        assert part in said
    assert "No space left on device" in "\n".join(model.failed_lines()[0])


def test_a_cause_that_is_known_comes_first_with_what_its_key_would_do() -> None:
    model = over("failed-stage-7")
    model.cause = Cause("Full [/foo]", 0, "No room.", "Make room.", sure=True, command=("deploy-tui", "--set", "a=1"))
    labels = [row.label.plain for row in failure_rows(model, settings_of(model.cause)) if row.value.plain]
    assert labels == ["known cause", "what to do", "a", "rolled back", "in stage", "why"]
    assert "sets a=1 and deploys again" in text(failure_rows(model, ("a=1",)))
    assert "a sets" not in text(failure_rows(model))


def test_the_key_sets_what_repairs_it_before_what_a_command_would_set() -> None:
    command = ("deploy-tui", "--stage", "10", "--set", "a=1")
    assert settings_of(Cause("", 0, "", "", command=command)) == ("a=1",)
    assert settings_of(Cause("", 0, "", "", command=command, settings=("b=2",))) == ("b=2",)
    assert settings_of(Cause("", 0, "", "", command=("nvidia-smi", "--set", "a=1"))) == ()


def test_what_could_not_be_taken_back_is_named() -> None:
    assert rollback_state(over("failed-incomplete")).startswith(
        "Not everything. Left behind: process 4991 vllm::engine."
    )


def test_an_incomplete_end_without_a_list_is_not_called_clean() -> None:
    entries = [entry for entry in recorded("failed-incomplete") if not isinstance(entry.event, ev.RollbackFinished)]
    assert rollback_state(over(entries)).startswith("Not everything")


def test_a_killed_run_is_no_mystery_and_keeps_its_own_time() -> None:
    model = over("killed")
    assert "killed" in text(failure_rows(model)) and "is intact" in text(failure_rows(model))
    assert "✗ failed" in took(model).plain and "min" not in took(model).plain


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("success-gpu", 0, "ministral-3b answers at http://127.0.0.1:30000"),
        ("failed-stage-7", 1, "Free at least 1.2 GB"),
        ("failed-incomplete", 6, "End process 4991"),
        ("cancelled", 130, "The run was cancelled."),
        ("unchanged", 0, "Done in"),
        ("killed", 1, "Deploy again"),
    ],
)
def test_the_exit_code_and_the_farewell_are_the_runs(name: str, code: int, said: str) -> None:
    model = over(name)
    assert exit_code(Board(time.time, run=model)) == code
    assert said in exit_message(model)


def test_nothing_was_shown_and_nothing_is_said() -> None:
    assert exit_code(Board(time.time)) == 0 and exit_message(None) == ""


def test_the_newest_notices_stand_below_the_stages() -> None:
    view = over("success-stand-in").view
    assert "! The index pytorch-cpu cannot be reached" in text(detail_rows(view, ALL))
    assert "hub cannot be reached" in text(detail_rows(view, 8)) and "pytorch-cpu" not in text(detail_rows(view, 8))
    assert detail_rows(view, 99) == []
    assert "no use for FlashInfer" in text(detail_rows(view, 4))


def test_what_is_being_fetched_stands_there_too() -> None:
    said = text(detail_rows(over("running-stage-6").view, 8))
    assert "model-00001-of-00002.safetensors 61%" in said and "tekken" not in said


def test_a_file_that_is_being_fetched_says_how_fast_and_how_long_that_still_takes() -> None:
    view = over("running-stage-6").view
    said = text(detail_rows(view, 8, {(8, "model-00001-of-00002.safetensors"): 55_000_000.0}))
    assert "61% 55 MB/s 0:" in said
