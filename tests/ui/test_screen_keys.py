"""What the keys do: only what they say, and nothing that cannot be taken back without a question."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import textual

from installer import ui
from installer.core.errors import DeployError, LockedError
from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.runs.cause import Cause
from installer.core.runs.events import Entry, OutputLine, RollbackFinished, ServerReady
from installer.ui.app import DeployApp
from installer.ui.exit_message import exit_message
from installer.ui.key_bindings import commands_of
from installer.ui.screens.choose import ChooseScreen
from installer.ui.screens.confirm import ConfirmScreen
from installer.ui.screens.end import EndScreen
from installer.ui.screens.flags import FlagScreen
from installer.ui.screens.help import HelpScreen
from installer.ui.screens.log import LogScreen
from installer.ui.screens.progress import PastScreen, ProgressScreen
from installer.ui.screens.review import ReviewScreen
from installer.ui.widgets.stage_list import StageList
from installer.ui.widgets.too_small import TooSmall
from tests.ui.frozen import ended, frozen, reviewed, running, text_of, until
from tests.ui.plans import blocked_plan, cpu_plan, satisfied_plan
from tests.ui.replay import READY, STOPPED, ReplaySession, recorded
from tests.ui.states import NO_INDEX
from tests.ui.test_modes import RUNS

SIZE = (80, 24)


def in_progress() -> ReplaySession:
    return ReplaySession("running-stage-6", attached=True, live=True)


async def test_a_run_in_progress_is_attached_to_with_its_whole_log() -> None:
    session = in_progress()
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        said = [entry.event.text for entry in session.entries if isinstance(entry.event, OutputLine)]
        shown = "\n".join(screen.log_pane.rows.texts(0, 99_999))
        assert said and all(text.strip() in shown for text in said)
        assert not session.called("plan")


async def test_deploy_starts_the_engine_once_and_follows_it() -> None:
    session = ReplaySession("success-stand-in")
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("enter", "enter")
        screen = await ended(pilot)
        assert session.called("start") == 1
        assert screen.model.view.ready is not None


async def test_what_is_blocked_cannot_be_deployed() -> None:
    session = ReplaySession(planned=blocked_plan)
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("enter", "d")
        await pilot.pause()
        assert not session.called("start")
        await pilot.press("q")
    assert app.return_code == 3


async def test_what_is_in_place_is_not_deployed_again() -> None:
    session = ReplaySession(planned=satisfied_plan, served=READY)
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert not session.called("start")
        assert "Everything is in place" in text_of(app) and READY.url in text_of(app)


async def test_an_engine_that_does_not_start_is_explained() -> None:
    locked = LockedError("Another run holds this home.", "Process 812 has the lock.", "Wait for it, or cancel it.")
    app = frozen(ReplaySession(start_error=locked))
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "Another run holds this home." in text_of(app))
        assert "Process 812" in text_of(app) and "Wait for it" in text_of(app)
        await pilot.press("q")
    assert app.return_code == locked.exit_code


async def test_cancel_asks_and_no_is_chosen() -> None:
    session = in_progress()
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await running(pilot)
        await pilot.press("c")
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ProgressScreen))
        assert not session.cancelled
        await pilot.press("c", "escape")
        await pilot.pause()
        assert not session.cancelled


async def test_cancel_is_asked_of_the_session_once_and_shown() -> None:
    session = in_progress()
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await running(pilot)
        await pilot.press("c", "y")
        await until(pilot, lambda: session.cancelled)
        await until(pilot, lambda: "stopping" in text_of(app))
        await pilot.press("c")
        assert isinstance(app.screen, ProgressScreen)
        assert [run.id for run in session.cancelled] == ["20261121-091500-5120"]


async def test_leaving_leaves_the_run_alone() -> None:
    for key in ("q", "escape", "ctrl+c", "ctrl+q"):
        session = in_progress()
        app = frozen(session)
        async with app.run_test(size=SIZE) as pilot:
            await running(pilot)
            await pilot.press(key)
        assert app.return_code == 0, key
        assert not session.cancelled
        assert "continues" in exit_message(app.board.run) and "deploy-tui cancel" in exit_message(app.board.run)


async def test_ctrl_c_leaves_from_a_dialog_too() -> None:
    session = in_progress()
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await running(pilot)
        await pilot.press("c", "ctrl+c")
    assert app.return_code == 0 and not session.cancelled


async def test_leaving_does_not_wait_for_a_plan() -> None:
    gate = threading.Event()
    session = ReplaySession(gate=gate)
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: session.called("plan"))
        await pilot.press("q")
    assert app.return_code == 0 and not gate.is_set()
    gate.set()


async def test_a_late_plan_of_an_older_question_is_dropped() -> None:
    session = ReplaySession()
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        screen = await reviewed(pilot)
        answer = screen.answer
        assert answer is not None
        app.post_message(type(answer)(answer.asked - 1, replace(answer.plan, recipe="old"), "", None, None))
        await pilot.pause()
        assert screen.answer is answer


async def test_a_failed_plan_can_be_made_again() -> None:
    session = ReplaySession(error=LockedError("No plan."))
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        session.error = None
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen) and app.screen.answer)


async def test_the_last_run_can_be_looked_at() -> None:
    app = frozen(ReplaySession("failed-stage-7"))
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("o")
        await ended(pilot)
        await pilot.press("q")
    assert app.return_code == 1
    assert "No space left" in exit_message(app.board.run)


async def test_retry_plans_anew_and_deploys_what_works() -> None:
    session = ReplaySession("failed-stage-7", attached=True)
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await ended(pilot)
        await pilot.press("r")
        await until(pilot, lambda: session.called("start") == 1)
        await ended(pilot)
        assert session.called("plan") == 1


async def test_retry_stops_at_a_plan_that_does_not_work() -> None:
    session = ReplaySession("failed-stage-7", attached=True, planned=blocked_plan)
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await ended(pilot)
        await pilot.press("r")
        await reviewed(pilot)
        await pilot.press("p")
        await until(pilot, lambda: session.called("plan") == 2 and bool(app.board.planned))
        assert not session.called("start")


async def test_what_was_asked_for_is_changed_after_a_failure() -> None:
    session = ReplaySession("failed-stage-7", attached=True)
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await ended(pilot)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen) and "★ qwen2.5-0.5b-cpu" in text_of(app))
        await pilot.press("escape")
        await reviewed(pilot)
        assert not session.called("start")


async def test_retry_shows_at_once_that_it_plans() -> None:
    session = ReplaySession("failed-stage-7", attached=True, gate=threading.Event())
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await ended(pilot)
        await pilot.press("r")
        await until(pilot, lambda: "Working out the plan" in text_of(app) and "deployed as soon as" in text_of(app))


async def test_a_run_that_ends_takes_its_dialog_along() -> None:
    session = in_progress()
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await running(pilot)
        await pilot.press("c")
        session.open_pulse.add(*recorded("cancelled")[-1:])
        await ended(pilot)
        assert not session.cancelled


async def test_a_log_that_is_read_stays_open_when_the_run_ends() -> None:
    session = in_progress()
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        await pilot.press("l")
        session.open_pulse.add(*recorded("failed-stage-7")[-1:])
        await until(pilot, lambda: screen.model.over)
        assert isinstance(app.screen, LogScreen)
        await pilot.press("escape")
        await ended(pilot)


async def test_stages_can_be_looked_at_after_the_end() -> None:
    app = frozen(ReplaySession("failed-stage-7", attached=True))
    async with app.run_test(size=SIZE) as pilot:
        await ended(pilot)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, PastScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, EndScreen))


async def test_copy_hands_over_the_curl_line() -> None:
    app = frozen(ReplaySession("success-stand-in", attached=True))
    async with app.run_test(size=SIZE) as pilot:
        screen = await ended(pilot)
        await pilot.press("y")
        assert screen.model.view.ready is not None
        assert app.clipboard == screen.model.view.ready.curl
        await pilot.press("q")
    assert app.return_code == 0
    assert app.clipboard in exit_message(app.board.run)


async def test_stopping_the_server_asks_and_plans_anew() -> None:
    session = ReplaySession(planned=satisfied_plan, served=READY)
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("x", "n")
        assert not session.called("stop_server")
        await pilot.press("x", "y")
        await until(pilot, lambda: session.called("stop_server") and session.called("plan") == 2)


async def test_help_names_every_key_of_the_footer() -> None:
    app = frozen(in_progress())
    async with app.run_test(size=SIZE) as pilot:
        await running(pilot)
        footer = [text_of(app).splitlines()[-1]]
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        shown = text_of(app)
        await pilot.press("end")
        await until(pilot, lambda: "ctrl+p" in text_of(app))
        shown += text_of(app)
        assert all(word in shown for word in ("full log", "follow", "cancel", "leave", "ctrl+p")), footer
        assert "Scroll Left" not in shown
        await pilot.press("escape")
        assert isinstance(app.screen, ProgressScreen)


async def test_the_palette_offers_keys_themes_and_screenshot_once_each() -> None:
    app = frozen(in_progress())
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        own = [command.title for command in commands_of(screen)]
        assert own and len(own) == len(set(own)) and "Cancel" in own
        titles = [command.title for command in app.get_system_commands(screen)]
        assert {"Theme", "Screenshot"} <= set(titles)


@pytest.mark.parametrize("session", [in_progress, lambda: ReplaySession(error=NO_INDEX)], ids=["a run", "no plan"])
async def test_the_palette_offers_recipes_and_runs_without_a_plan(session: Callable[[], ReplaySession]) -> None:
    talk = session()
    talk.summaries = RUNS
    app = frozen(talk)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board.listed is not None)
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert "Plan qwen2.5-3b-sglang" in titles and any(title.startswith("Open run of ") for title in titles)


async def test_the_screen_asks_the_session_only_in_the_background() -> None:
    session = ReplaySession("success-stand-in", planned=satisfied_plan, served=READY)
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen) and len(app.board.verdicts) == 3)
        await pilot.press("escape", "o")
        await ended(pilot)
    here = threading.current_thread().name
    assert {"running", "plan", "server", "latest", "recipes", "meters", "pulse"} <= {name for name, _ in session.calls}
    assert [name for name, thread in session.calls if thread == here] == []


async def test_what_was_not_foreseen_becomes_a_sentence() -> None:
    class Broken(ReplaySession):
        def recipes(self) -> list[object]:  # type: ignore[override]
            if self.called("plan") and self.called("latest"):
                raise KeyError("title of hf_abcdefghijkl [/foo]")
            return []

    app = frozen(Broken())
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await reviewed(pilot)
        await pilot.press("r")
        await until(pilot, lambda: "An error inside deploy-tui" in text_of(app))
        assert "hf_abcdefghijkl" not in text_of(app)


def test_entries_of_a_recording_carry_their_times() -> None:
    assert all(isinstance(entry, Entry) for entry in recorded("killed"))
    assert isinstance(frozen(ReplaySession("killed")), DeployApp)


async def test_the_flags_are_explained_and_scrolled_and_closed_again() -> None:
    app = frozen(ReplaySession())
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FlagScreen))
        assert "--model-path" in text_of(app) and "--log-level" not in text_of(app)
        await pilot.press("end")
        await until(pilot, lambda: "--log-level" in text_of(app))
        await pilot.press("f")
        assert isinstance(app.screen, ReviewScreen)


async def test_without_a_plan_there_are_no_flags() -> None:
    session = ReplaySession(error=DeployError("No.", "", ""))
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("f")
        await pilot.pause()
        assert not session.called("flags") and isinstance(app.screen, ReviewScreen)


async def test_escape_on_an_earlier_run_goes_back_to_the_plan() -> None:
    app = frozen(ReplaySession("failed-stage-7"))
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("o")
        await ended(pilot)
        await pilot.press("escape")
        await reviewed(pilot)
        assert app.is_running and app.board.run is None


async def test_ctrl_c_copies_what_is_selected_and_leaves_only_without() -> None:
    app = frozen(ReplaySession("success-stand-in", attached=True))
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ended(pilot)
        curl = screen.query_one("#curl")
        await pilot.mouse_down(curl, offset=(2, 1))
        await pilot.hover(curl, offset=(8, 1))
        await pilot.mouse_up(curl, offset=(8, 1))
        chosen = screen.get_selected_text()
        assert chosen
        await pilot.press("ctrl+c")
        assert app.clipboard == chosen and app.is_running and app.return_code is None
        await pilot.press("ctrl+c")
    assert app.return_code == 0


async def test_a_plan_for_another_machine_is_read_and_not_deployed() -> None:
    facts = MachineFacts("a40-pod", gpus=(Gpu("NVIDIA A40", "8.6", 46068),), memory_mib=51200)
    session = ReplaySession(planned=lambda recipe: replace(cpu_plan(recipe), machine="a40-pod", facts=facts))
    app = frozen(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await reviewed(pilot)
        shown = text_of(app)
        assert "NVIDIA A40" in shown and "53.7 GB memory" in shown and "This plan is for another machine" in shown
        assert "41.2 GB disk" not in shown, "that is this machine's"
        await pilot.press("enter", "d")
        await pilot.pause()
        assert not session.called("start")


async def test_a_run_of_before_says_how_its_server_stands_now() -> None:
    ready = next(e.event for e in recorded("success-gpu") if isinstance(e.event, ServerReady))
    session = ReplaySession("success-gpu", attached=True, served=replace(READY, pid=ready.pid))
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await ended(pilot)
        await until(pilot, lambda: "✓ ready" in text_of(app) and "The model server answers." in text_of(app))
        assert "x stop" in text_of(app)
        session.served = STOPPED
        await until(pilot, lambda: "· stopped" in text_of(app))
        assert "The model server answers." not in text_of(app) and "R start again" in text_of(app)
        assert "x stop" not in text_of(app)
        session.served = replace(READY, pid=ready.pid + 1)
        await until(pilot, lambda: "another server runs here now" in text_of(app))


async def test_a_rollback_is_offered_only_where_there_is_one() -> None:
    for generations, offered in (((), False), ((3,), True)):
        app = frozen(ReplaySession("failed-stage-7", attached=True, earlier=generations))
        async with app.run_test(size=SIZE) as pilot:
            await ended(pilot)
            assert ("b roll back" in text_of(app)) is offered


async def test_a_failure_opens_its_log_at_the_cause_and_not_after_it_was_taken_back() -> None:
    entries = recorded("failed-stage-7")
    undone = next(at for at, e in enumerate(entries) if isinstance(e.event, RollbackFinished))
    healthy = [Entry(entries[undone].at, OutputLine(7, f"healthy line {number}")) for number in range(400)]
    session = ReplaySession(entries=[*entries[:undone], *healthy, *entries[undone:]], attached=True)
    session.known = lambda lines: Cause(
        "A full disk", next(at for at, line in enumerate(lines) if "os error 28" in line), "It is full.", "Free some.",
        sure=True,
    )  # fmt: skip
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await ended(pilot)
        await until(pilot, lambda: "No space left on device (os error 28)" in text_of(app))
        shown = text_of(app)
        assert "healthy" not in shown and "at the cause" in shown
        assert "A full disk: It is full." in shown and "Free some." in shown
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, LogScreen) and "os error 28" in text_of(app))


async def test_a_terminal_that_is_too_small_gets_a_sentence() -> None:
    app = frozen(in_progress())
    async with app.run_test(size=(60, 15)) as pilot:
        await running(pilot)
        await until(
            pilot, lambda: "needs 80 columns and 24 rows; this window has 60 and 15" in " ".join(text_of(app).split())
        )
        assert "─" not in text_of(app)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "stages" in text_of(app) and "needs 80" not in text_of(app))
        await pilot.resize_terminal(60, 15)
        await pilot.press("q")
    assert app.return_code == 0


async def test_what_had_the_focus_has_it_again_once_there_is_room() -> None:
    app = frozen(in_progress())
    async with app.run_test(size=SIZE) as pilot:
        await running(pilot)
        await until(pilot, lambda: app.focused is not None and isinstance(app.focused, StageList))
        await pilot.resize_terminal(60, 15)
        await until(pilot, lambda: isinstance(app.focused, TooSmall))
        await pilot.resize_terminal(*SIZE)
        await until(pilot, lambda: isinstance(app.focused, StageList))


async def test_nothing_is_started_unseen() -> None:
    session = ReplaySession("success-stand-in")
    app = frozen(session)
    async with app.run_test(size=(60, 15)) as pilot:
        await until(pilot, lambda: isinstance(app.focused, TooSmall))
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen) and app.screen.deployable)
        await pilot.press("enter", "d", "x", "2")
        assert not session.called("start") and app.current_mode == "deploy"
        await pilot.resize_terminal(*SIZE)
        await until(pilot, lambda: app.focused is not None and not isinstance(app.focused, TooSmall))
        await pilot.press("enter")
        await until(pilot, lambda: session.called("start") == 1)


async def test_a_failure_that_is_known_is_mended_by_one_key() -> None:
    session = ReplaySession("failed-stage-7", attached=True)
    words = ("deploy-tui", "--stage", "10", "--set", "server.flags.--block-size=32", "--yes")
    session.known = lambda lines: Cause("A block size", 0, "Not a multiple of 32.", "Use 32.", "x", True, words)
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await ended(pilot)
        await until(pilot, lambda: "a apply" in text_of(app) and "Use 32." in text_of(app))
        await pilot.press("a")
        await until(pilot, lambda: session.called("start") == 1)
        assert session.settings == ["server.flags.--block-size=32"] and session.called("plan") == 1


async def test_a_failure_is_rolled_back_by_one_key_after_a_question() -> None:
    session = ReplaySession("failed-stage-7", attached=True, earlier=(3,))
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await ended(pilot)
        await until(pilot, lambda: "roll back" in text_of(app))
        await pilot.press("b", "n")
        assert not session.called("roll_back")
        await pilot.press("b", "y")
        await until(pilot, lambda: session.called("roll_back"))
        await until(pilot, lambda: "roll back" not in text_of(app).splitlines()[-1])  # nothing is before that one


def test_every_key_has_an_action_that_exists() -> None:
    """Textual says nothing of a key whose action no class has."""
    ours, theirs = Path(ui.__file__).parent, Path(textual.__file__).parent
    text = {file: file.read_text(encoding="utf-8") for file in (*ours.rglob("*.py"), *theirs.rglob("*.py"))}
    actions = {name for one in text.values() for name in re.findall(r"def action_(\w+)", one)}
    bound = {
        (file.name, name)
        for file, one in text.items()
        if ours in file.parents
        for name in re.findall(r'Binding\(\s*"[^"]+",\s*"(?:app\.|screen\.)?(\w+)', one)
    }
    assert len(bound) > 50
    assert [one for one in sorted(bound) if one[1] not in actions] == []
