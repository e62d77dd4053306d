"""A run that is over is played again from its journal: seek, pace, stages, the failure; nothing can be changed."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from installer.core.errors import UsageError
from installer.core.runs.home import Home, RunFolder
from installer.core.runs.request import Request
from installer.core.runs.summary import RunSummary
from installer.session.facade import DeploySession
from installer.ui.app import DeployApp
from installer.ui.replay.playhead import Playhead
from installer.ui.replay.tape import Tape, tape_of
from installer.ui.replaying import ReplayApp
from installer.ui.screens.end import EndScreen
from installer.ui.screens.history import HistoryScreen
from installer.ui.screens.log import LogScreen
from installer.ui.screens.replay import ReplayEndScreen, ReplayScreen
from tests.ui.frozen import text_of, until
from tests.ui.replay import JOURNALS, ReplaySession


def tape(folder: Path, name: str) -> Tape:
    run = RunFolder(folder / name)
    run.root.mkdir(parents=True)
    shutil.copy(JOURNALS / f"{name}.jsonl", run.journal)
    return tape_of(run)


@asynccontextmanager
async def playing(
    folder: Path, *names: str, at: float = 0.0, speed: float = 1.0
) -> AsyncIterator[tuple[Pilot[None], ReplayApp]]:
    tapes = [(tape(folder, name), name) for name in names]
    app = ReplayApp(DeploySession(Request(), Home(folder / "empty")), tapes, speed=speed, at=at)
    app.animation_level = "none"
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, (ReplayScreen, ReplayEndScreen)) and app.screen.composed)
        yield pilot, app


def states(app: ReplayApp) -> list[str]:
    assert app.board.run is not None
    return [stage.state for stage in app.board.run.view.stages]


def test_a_tape_knows_how_much_was_written_when(tmp_path: Path) -> None:
    made = tape(tmp_path, "failed-stage-7")
    whole = made.run.journal.read_bytes()
    assert made.bytes_at(-1) == 0 and made.bytes_at(made.seconds) == len(whole)
    for part in range(20):
        until = made.bytes_at(made.seconds * part / 20)
        assert until == 0 or whole[until - 1 : until] == b"\n"
    assert [mark.stage for mark in made.marks if mark.stage] == [1, 2, 3, 4, 5, 6, 7]
    assert made.marks[-1].failure and made.place("failure") == made.marks[-1].at
    assert made.place("3") == made.place("pytorch") < made.place("engine")
    for name in ("11", "nothing", "failed", ""):
        with pytest.raises(UsageError):
            made.place(name)


def test_a_journal_without_an_event_is_nothing_to_play(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.journal.write_bytes(b"\x00garbage\n" * 50 + b'{"event":"x","at":')
    with pytest.raises(UsageError, match="nothing to play"):
        tape_of(run)


def test_the_playhead_goes_with_the_clock_and_stays_within_the_recording() -> None:
    now = [100.0]
    head = Playhead(60.0, clock=lambda: now[0])
    now[0] += 5
    assert head.at == 5
    head.pace(1)
    now[0] += 5
    assert (head.at, head.speed) == (15, 2.0)
    head.play(False)
    now[0] += 100
    assert head.at == 15
    head.move(-3)
    assert head.at == 0
    head.play(True)
    now[0] += 1000
    assert head.at == 60 and head.over
    for _ in range(20):
        head.pace(-1)
    assert head.speed == 0.5


async def test_it_begins_at_the_beginning_and_goes_to_the_end(tmp_path: Path) -> None:
    async with playing(tmp_path, "failed-stage-7", speed=1.0) as (pilot, app):
        await until(pilot, lambda: app.board.run and app.board.run.view.stages)
        assert "playing" in text_of(app) and "failed" not in states(app)
        await pilot.press("end")
        await until(pilot, lambda: isinstance(app.screen, ReplayEndScreen) and app.screen.composed)
        await until(pilot, lambda: "could not be installed" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        assert "■ end" in text_of(app) and states(app)[6] == "failed"


async def test_one_goes_back_and_sees_what_was_shown_then(tmp_path: Path) -> None:
    async with playing(tmp_path, "failed-stage-7") as (pilot, app):
        await pilot.press("space")
        await until(pilot, lambda: "paused" in text_of(app))
        await pilot.press("0")
        await until(pilot, lambda: app.replaying.head.at == 0.0)
        for _ in range(3):
            await pilot.press("right_square_bracket")
        await until(pilot, lambda: len(states(app)) == 10 and states(app)[2] == "running")
        assert "3 pytorch" in text_of(app)
        await pilot.press("x")
        await until(pilot, lambda: states(app)[6] == "rolling back")
        assert "No space left on device" in text_of(app) and not app.replaying.head.over
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: states(app)[6:7] == ["running"])
        assert "No space left on device" not in text_of(app)
        await pilot.press("0")
        await until(pilot, lambda: app.board.run is not None and app.replaying.head.at == 0.0 and not states(app)[5:6])


async def test_its_keys_change_nothing_and_its_log_opens(tmp_path: Path) -> None:
    async with playing(tmp_path, "failed-stage-7", at=1e9) as (pilot, app):
        await until(pilot, lambda: isinstance(app.screen, ReplayEndScreen) and app.screen.composed)
        before = sorted(path.name for path in tmp_path.rglob("*"))
        for key in ("r", "a", "b", "c", "p", "R", "2", "3", "1", "x"):
            await pilot.press(key)
            await pilot.pause()
            assert isinstance(app.screen, ReplayEndScreen)
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, LogScreen))
        assert sorted(path.name for path in tmp_path.rglob("*")) == before


async def test_a_success_ends_with_the_proof_and_asks_no_server(tmp_path: Path) -> None:
    async with playing(tmp_path, "success-gpu", at=1e9) as (pilot, app):
        await until(pilot, lambda: isinstance(app.screen, ReplayEndScreen) and app.screen.composed)
        await until(pilot, lambda: "The model server answered." in text_of(app))
        assert "Looking" not in text_of(app) and "server start" not in text_of(app)


async def test_several_are_played_one_after_the_other(tmp_path: Path) -> None:
    async with playing(tmp_path, "failed-stage-7", "success-gpu", at=1e9) as (pilot, app):
        await until(pilot, lambda: isinstance(app.screen, ReplayEndScreen) and app.screen.composed)
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen) and app.replaying.tape.run.id == "success-gpu")
        await until(pilot, lambda: bool(app.board.run and "ministral" in app.board.run.view.recipe))


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_it_is_drawn_in_any_room(tmp_path: Path, size: Sequence[int]) -> None:
    app = ReplayApp(
        DeploySession(Request(), Home(tmp_path / "empty")), [(tape(tmp_path, "killed"), "killed")], speed=64, at=0
    )
    async with app.run_test(size=(size[0], size[1])) as pilot:
        await until(pilot, lambda: app.replaying.head.over)
        await until(pilot, lambda: app.board.run is not None and app.board.run.ended)


async def test_a_run_of_the_history_is_played_and_left_for_the_history(tmp_path: Path) -> None:
    session = ReplaySession("failed-stage-7", attached=True)
    run = session._run.id
    session.summaries = (RunSummary(run, "mini", "failed", 1.0, 2.0, 7, "It failed.", False),)
    app = DeployApp(session)
    app.animation_level = "none"
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, EndScreen))
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and "It failed." in text_of(app))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen) and "playing" in text_of(app))
        await pilot.press("space")
        await until(pilot, lambda: "paused" in text_of(app))
        await pilot.press("x")
        await until(pilot, lambda: "No space left on device" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, EndScreen) and not isinstance(app.screen, ReplayEndScreen))
