"""`--repair`: only what is known as a fact, only settings of the server, only once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from installer.cli import run
from installer.cli.parser import parse
from installer.cli.repairing import second_try
from installer.core.errors import ExitCode
from installer.core.recipes.settings import settings
from installer.core.runs.events import RunFinished, RunStarted
from installer.core.runs.home import Home, RunFolder
from installer.core.runs.request import Request
from installer.diagnostics.symptoms import catalogue
from installer.execution.journal import Journal

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
    repair = second_try(failed(tmp_path, TOO_LONG))

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
    assert second_try(failed(tmp_path, log, stage=stage, state=state)) is None


def test_every_repair_is_a_setting_of_the_server() -> None:
    repairs = [text for symptom in catalogue() for texts in symptom.repairs.values() for text in texts]

    assert len(repairs) > 5
    assert all(setting.path[:2] == ("server", "flags") for setting in settings(repairs))


def test_it_is_asked_for() -> None:
    assert parse(["--stage", "10", "--repair"]).repair is True
    assert parse(["--stage", "10"]).repair is False


@pytest.mark.parametrize(("words", "tries"), [(("--repair",), 2), ((), 1)])
def test_it_is_tried_once_and_only_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], tries: int
) -> None:
    folder, requests = failed(tmp_path, TOO_LONG), []

    def new(home: Home, request: Request) -> tuple[RunFolder, None]:
        requests.append(request)
        return folder, None

    monkeypatch.setattr(run, "prepare", lambda request, *_: SimpleNamespace(request=request))
    monkeypatch.setattr(run, "_refuse_predicted", lambda *_: None)
    monkeypatch.setattr(run, "_already_in_place", lambda *_: None)
    monkeypatch.setattr(run.runs, "new", new)
    monkeypatch.setattr(run.runs, "spawn", lambda *_: None)
    monkeypatch.setattr(run, "follow", lambda *_: int(ExitCode.FAILED))

    code = run.run(parse(["--stage", "10", "--yes", "--home", str(tmp_path), *words]), (10,))

    assert code == ExitCode.FAILED
    assert len(requests) == tries
    assert requests[0].repairs == "" and requests[0].settings == ()
    if tries == 2:
        assert requests[1].settings == ("server.flags.--max-model-len=2048",)
        assert "Tried once more" in requests[1].repairs
