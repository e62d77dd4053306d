"""`--repair`: only what is known as a fact, only settings of the server, only once."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.cli.parser import parse
from installer.cli.repairing import mended
from installer.core.recipes.settings import settings
from installer.core.runs.events import RunFinished, RunStarted
from installer.core.runs.home import RunFolder
from installer.diagnostics.symptoms import catalogue
from installer.engine.journal import Journal

TOO_LONG = (
    "(APIServer pid=1) pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig\n"
    "(APIServer pid=1)   Value error, User-specified max_model_len (99999) is greater than the derived max_model_len"
    " (max_position_embeddings=2048 or model_max_length=None in model's config.json).\n"
)


def failed(tmp_path: Path, log: str, *, stage: int = 10, state: str = "failed") -> RunFolder:
    folder = RunFolder(tmp_path / "0001")
    journal = Journal(folder)
    journal.append(RunStarted("0001", "recipe", "Title", str(tmp_path), 1, "here"))
    journal.append(RunFinished(state, 1, stage=stage))
    folder.log(stage).write_text(log)
    return folder


def test_what_mends_it_is_read_from_the_message(tmp_path: Path) -> None:
    repair = mended(failed(tmp_path, TOO_LONG))

    assert repair is not None
    assert repair.settings == ("server.flags.--max-model-len=2048",)
    assert "--max-model-len=2048" in repair.because and "run 0001" in repair.because


@pytest.mark.parametrize(
    ("log", "stage", "state"),
    [
        ("RuntimeError: nobody knows this\n", 10, "failed"),
        ("OSError: [Errno 28] No space left on device\n", 10, "failed"),
        (TOO_LONG, 9, "failed"),
        (TOO_LONG, 10, "cancelled"),
    ],
)
def test_nothing_else_is_tried(tmp_path: Path, log: str, stage: int, state: str) -> None:
    assert mended(failed(tmp_path, log, stage=stage, state=state)) is None


def test_every_repair_is_a_setting_of_the_server() -> None:
    repairs = [text for symptom in catalogue() for texts in symptom.repairs.values() for text in texts]

    assert len(repairs) > 5
    assert all(setting.path[:2] == ("server", "flags") for setting in settings(repairs))


def test_it_is_asked_for() -> None:
    assert parse(["--stage", "10", "--repair"]).repair is True
    assert parse(["--stage", "10"]).repair is False
