"""The modes of the screen: serve and history, by keys and by the mouse."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from textual.widgets import DataTable, TabbedContent

from installer.core.errors import DeployError
from installer.core.runs.summary import GenerationSummary, RunSummary
from installer.ui.history_rows import change_rows
from installer.ui.screens.end import EndScreen
from installer.ui.screens.history import HistoryScreen
from installer.ui.screens.progress import ProgressScreen
from installer.ui.screens.review import ReviewScreen
from installer.ui.screens.serve import ServeScreen
from installer.ui.widgets.chat_line import ChatLine
from installer.ui.widgets.log_view import LogView
from installer.ui.widgets.spark import spark
from installer.ui.widgets.title import TitleBar
from tests.ui.frozen import frozen, reviewed, running, text_of, until
from tests.ui.record_journals import START
from tests.ui.replay import READY, ReplaySession, recorded

SIZE = (120, 40)
RUN = "20261121-080000-4711"
RUNS = (
    RunSummary("r3", "qwen2.5-0.5b-cpu", "done", START + 900, 108.0, served=True),
    RunSummary(RUN, "qwen2.5-0.5b-cpu", "failed", START, 174.0, 10, "The engine refused [/foo]."),
)
KEPT = (
    GenerationSummary(2, START + 900, "qwen2.5-0.5b-cpu", True, True, {"torch": "2.14.1", "new": "1"}),
    GenerationSummary(1, START, "qwen2.5-0.5b-cpu", True, False, {"torch": "2.13.0"}),
)


async def test_a_chat_streams_and_says_how_fast() -> None:
    session = ReplaySession(served=replace(READY, started_at=START - 60))
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ServeScreen) and "✓ ready" in text_of(app))
        await pilot.press("c", *"Hi 3", "enter")
        await until(pilot, lambda: "It predicts [/foo]." in text_of(app) and "3 tokens · first 61 ms" in text_of(app))
        assert session.asked == ["Hi 3"] and "last minute" in text_of(app)
        await until(pilot, lambda: "24 %" in text_of(app) and "61 ms" in text_of(app))
        await pilot.press("escape", "j")
        await until(pilot, lambda: '"city":"Lisbon"' in text_of(app))
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "curl -s http://x")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))


async def test_keys_are_keys_until_one_begins_to_type_and_again_after_esc() -> None:
    session = ReplaySession(served=READY)
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ServeScreen) and "c, or a click" in text_of(app))
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ServeScreen))
        await pilot.press("right", "c")
        await until(pilot, lambda: isinstance(app.focused, ChatLine) and "esc leaves this line" in text_of(app))
        await pilot.press("3")
        assert app.screen.query_one(ChatLine).value == "3"
        await pilot.press("escape", "3")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))


async def test_from_each_part_of_serve_esc_goes_to_its_panes_first() -> None:
    session = ReplaySession(served=READY)
    session.server_log().write_text("one\n")
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ServeScreen) and "✓ ready" in text_of(app))
        await pilot.press("left")  # around to the last one
        await until(pilot, lambda: app.screen.query_one(TabbedContent).active == "log-tab")
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(app.focused, LogView))
        await pilot.press("escape", "right")
        await until(pilot, lambda: app.screen.query_one(TabbedContent).active == "chat")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))


async def test_a_benchmark_says_what_is_known_so_far_and_is_not_begun_twice() -> None:
    session, go_on = ReplaySession(served=READY), threading.Event()

    def loads() -> Iterator[Sequence[tuple[str, str]]]:
        session._called("benchmark")
        yield [("1 at a time", "first token 61 ms [/foo]")]
        go_on.wait()
        raise DeployError("The client failed.", "Exit status 1.", "Run it by hand.")

    session.benchmark = loads
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ServeScreen) and "✓ ready" in text_of(app))
        await pilot.press("B", "B")
        await until(pilot, lambda: "first token 61 ms [/foo]" in text_of(app) and "measuring" in text_of(app))
        await pilot.press("B")
        go_on.set()
        await until(pilot, lambda: "Run it by hand." in text_of(app) and "measuring" not in text_of(app))
        assert session.called("benchmark") == 1 and "first token 61 ms [/foo]" in text_of(app)


async def test_the_servers_log_is_the_same_widget_and_grows() -> None:
    session = ReplaySession(served=READY)
    log = session.server_log()
    log.write_text("one\nERROR two [/foo]\n")
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ServeScreen) and app.board.server_log)
        app.screen.query_one(TabbedContent).active = "log-tab"
        await until(pilot, lambda: "ERROR two [/foo]" in text_of(app))
        log.write_text("one\nERROR two [/foo]\nthree\n")
        await until(pilot, lambda: "three" in text_of(app))
        await pilot.press("slash", *"one")
        await until(pilot, lambda: "1 of 1" in text_of(app))


async def test_where_no_server_was_started_there_is_none_to_start_again_and_nobody_to_talk_to() -> None:
    app = frozen(ReplaySession())
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ServeScreen) and "1 shows the plan" in text_of(app))
        assert "R starts" not in text_of(app) and app.screen.query_one("#say").disabled
        await pilot.press("R", "3")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))


async def test_a_stopped_server_is_started_again_after_a_question() -> None:
    session = ReplaySession("running-stage-6", live=True, served=replace(READY, state="stopped", pid=0))
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ServeScreen) and "R starts it again" in text_of(app))
        await pilot.press("x", "R", "n")
        assert not session.called("restart_server") and not session.called("stop_server")
        await pilot.press("R", "y")
        await running(pilot)
        assert isinstance(app.screen, ProgressScreen) and app.current_mode == "deploy"


async def test_history_opens_a_run_as_it_was_goes_back_and_deletes() -> None:
    session = ReplaySession(entries=recorded("failed-stage-7"), summaries=RUNS, kept=KEPT)
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and "2 runs" in text_of(app))
        await pilot.press("down")
        await until(pilot, lambda: "failed  stage 10: The engine refused [/foo]." in text_of(app))
        assert "● in use" in text_of(app) and "torch                     2.13.0 → 2.14.1" in text_of(app)
        await pilot.press("b")
        assert not session.called("roll_back"), "the generation in use is not gone back to"
        await pilot.press("tab", "down", "b", "y")
        await until(pilot, lambda: session.called("roll_back") and not session.kept[0].current)
        await until(pilot, lambda: session.called("past") >= 3)
        await pilot.press("up", "D", "n", "D", "y")
        await until(pilot, lambda: len(session.kept) == 1)
        await pilot.press("shift+tab", "f")
        await until(pilot, lambda: app.screen.query_one("#run-table", DataTable).row_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "deploy" and isinstance(app.screen, EndScreen | ProgressScreen))


def test_a_generation_that_is_to_be_compared_waits_for_another_one() -> None:
    (waits,) = change_rows(KEPT[0], KEPT, 2)
    assert "Select another generation" in waits.value.plain
    assert change_rows(KEPT[1], KEPT, 2)[0].label.plain == "2 → 1"


async def test_a_mode_is_chosen_with_the_mouse() -> None:
    app = frozen(ReplaySession(summaries=RUNS, kept=KEPT))
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        places = text_of(app).splitlines()[0]
        await pilot.click(TitleBar, offset=(places.index("3 History") + 2, 0))
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        await pilot.click(app.screen.query_one(TitleBar), offset=(places.index("1 Deploy") + 2, 0))
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen) and bool(app.board.planned))


def test_a_minute_is_drawn_to_scale() -> None:
    assert spark([0, 5, 10, None], 5, 10.0) == " ▁▅█ " and spark([], 3) == "   " and spark([2.0], 1) == "█"
    assert spark([0.0] * 30 + [10.0] * 30, 4, 10.0) == "▁▁██", "the whole minute, not only its end"


async def test_after_a_dialog_the_cursor_is_where_it_was() -> None:
    app = frozen(ReplaySession(summaries=RUNS, kept=KEPT))
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("3")
        await until(pilot, lambda: "10.3 GB" in text_of(app))
        await pilot.press("tab", "down", "D")
        await until(pilot, lambda: "Delete generation 1?" in text_of(app))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and app.screen.generations.cursor_row == 1)
        await pilot.press("b")
        await until(pilot, lambda: "generation 1" in text_of(app) and not isinstance(app.screen, HistoryScreen))
