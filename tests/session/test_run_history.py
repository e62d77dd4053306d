"""What a home remembers, read from the journals of real shape, and what letting go of it removes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from installer.cli import main
from installer.core.errors import UsageError
from installer.core.runs.home import Home
from installer.core.runs.summary import changes
from installer.execution.generations import Generations, Seal
from installer.session import run_history as memory
from installer.session.deployments import go_back

JOURNALS = Path(__file__).parents[1] / "journals"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    for number, name in enumerate(("success-gpu", "failed-stage-7", "killed")):
        run = home.run(f"2026-{number}")
        run.root.mkdir(parents=True)
        shutil.copy(JOURNALS / f"{name}.jsonl", run.journal)
    for number, version in ((1, "2.13.0"), (2, "2.14.1")):
        site = home.generations / f"{number:04d}" / "lib/python3.11/site-packages"
        (site / f"torch-{version}.dist-info").mkdir(parents=True)
        Generations(home).seal(Seal(number, None, "engine", f"r{number}", "mini", None, 1000.0 + number, True))
    Generations(home).switch(2)
    return home


def test_runs_are_told_with_how_they_ended(home: Home) -> None:
    killed, failed, done = memory.past(home)
    assert (done.state, done.served, done.recipe) == ("done", True, "ministral-3b-sglang")
    assert (failed.state, failed.stage) == ("failed", 7) and "could not be installed" in failed.said
    assert killed.state == "failed" and killed.said == "It was killed." and killed.seconds > 0


def test_generations_are_told_with_what_is_in_them(home: Home) -> None:
    new, old = memory.generations(home)
    assert (new.number, new.current, old.current) == (2, True, False)
    assert changes(old.packages, new.packages) == [("torch", "2.13.0", "2.14.1")]


def test_going_back_and_deleting(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert go_back(home, None).generation == 1 and Generations(home).current() == 1
    with pytest.raises(UsageError):
        memory.delete_generation(home, 1)
    assert main(["runs", "delete", "--generation", "2", "--home", str(home.root)]) == 0
    assert [each.number for each in memory.generations(home)] == [1]
    assert main(["runs", "delete", "--run", "2026-1", "--home", str(home.root)]) == 0
    capsys.readouterr()
    assert main(["runs", "list", "--home", str(home.root), "--json"]) == 0
    assert [run["id"] for run in json.loads(capsys.readouterr().out)["runs"]] == ["2026-2", "2026-0"]
    assert main(["runs", "delete", "--run", "2026-1", "--home", str(home.root)]) == 2
    assert main(["runs", "delete", "--run", "../..", "--home", str(home.root)]) == 2 and home.root.is_dir()
