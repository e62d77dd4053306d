"""The log pane: hostile lines, many lines, following, choosing a stage, another size."""

from __future__ import annotations

import pytest
from textual.events import Key

from installer.core.runs.cause import Cause
from installer.core.runs.events import Entry, OutputLine, PlanReady, RunStarted, StageOutline, StageStarted
from installer.ui.log.journal_rows import JournalRows
from installer.ui.log.line import Line
from installer.ui.screens.log import LogScreen
from installer.ui.widgets import log_pane
from installer.ui.widgets.log_pane import LogPane, SearchLine
from installer.ui.widgets.stage_list import StageList
from tests.ui.frozen import ended, frozen, running, text_of, until
from tests.ui.record_journals import START, outlines
from tests.ui.replay import ReplaySession

SIZE = (80, 24)
HOSTILE = (
    "[/foo] [bold red]not markup[/] [@click=app.quit]no[/]",
    "\x1b[31mred\x1b[0m \x1b]0;owned\x07title \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ \x1b[2Jcleared",
    "bell\x07 back\x08 nul\x00 del\x7f c1\x9b31m",
    "turned \u202egnirts\u202c round",
    "tab\there\rcarriage",
    "wide 模型 e\u0301",
    "[",
    "]",
    "\\[x]",
    "x" * 10_000,
)


def at(second: float, *events: object) -> list[Entry]:
    return [Entry(START + second, event) for event in events]  # type: ignore[arg-type]


def begun(*events: object) -> list[Entry]:
    """A run with stages 3 and 8 in progress, and then `events`."""
    return at(
        0.0,
        RunStarted("r1", "some [/foo]", "A title with [/foo] in it", "/home", 1, "machine [/foo]"),
        PlanReady(outlines({4: "skipped [/foo]"}, {})),
        StageStarted(3, "pytorch", "Install [/foo]"),
        StageStarted(8, "model", "Fetch"),
        *events,
    )


def lines(pane: LogPane) -> list[str]:
    """Every line of the rows that a pane shows."""
    assert pane.rows is not None
    return pane.rows.texts(0, len(pane.rows))


def live(*events: object) -> ReplaySession:
    return ReplaySession(entries=begun(*events), attached=True, live=True)


async def test_hostile_lines_are_shown_as_they_are_and_do_nothing() -> None:
    app = frozen(live(*(OutputLine(3, text) for text in HOSTILE)))
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await running(pilot)
        shown = text_of(app)
        assert "[/foo] [bold red]not markup[/] [@click=app.quit]no[/]" in shown
        assert "red title link cleared" in shown and "owned" not in shown and "http://x" not in shown
        assert "wide 模型" in shown
        raw = "".join(segment.text for strip in app.screen._compositor.render_strips(app.size) for segment in strip)
        assert not [char for char in raw if ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or 0x202A <= ord(char) <= 0x202E]
        assert len(screen.log_pane.view.text(len(lines(screen.log_pane)) - 1)) < 2100
        await pilot.press("down", "down", "down", "down")
        assert screen.stages.chosen == 4
        await pilot.press("c", "escape", "question_mark", "escape", "l", "escape")


@pytest.mark.parametrize("name", ["failed-stage-7", "success-stand-in"])
async def test_brackets_in_answers_and_last_lines_are_text(name: str) -> None:
    app = frozen(ReplaySession(name, attached=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await ended(pilot)
        assert "[/foo]" in text_of(app)


async def test_of_many_lines_only_those_in_view_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[int] = set()
    row = JournalRows.row

    def counted(self: JournalRows, number: int) -> Line:
        read.add(number)
        return row(self, number)

    monkeypatch.setattr(JournalRows, "row", counted)
    session = live()
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await running(pilot)
        session.open_pulse.add(*at(1.0, *(OutputLine(3, f"line {number}") for number in range(10_000))))
        await until(pilot, lambda: "line 9999" in text_of(app))
        assert len(read) < 200


async def test_the_newest_line_is_followed_until_the_reader_scrolls_back() -> None:
    session = live(*(OutputLine(3, f"line {number}") for number in range(100)))
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        assert "line 99" in text_of(app)
        await pilot.press("pageup")
        view = screen.log_pane.view
        assert not view.following and "scrolled back" in text_of(app)
        held = view.scroll_y
        session.open_pulse.add(*at(1.0, OutputLine(3, "newest")))
        await until(pilot, lambda: "newest" in lines(screen.log_pane)[-1])
        assert view.scroll_y == held and "newest" not in text_of(app)
        await pilot.press("f")
        assert screen.log_pane.view.following and "newest" in text_of(app) and "scrolled back" not in text_of(app)
        session.open_pulse.add(*at(2.0, OutputLine(3, "newer still")))
        await until(pilot, lambda: "newer still" in text_of(app))


async def test_a_hit_in_the_last_lines_stays_in_view_while_the_log_grows() -> None:
    session = live(*(OutputLine(3, f"line {number}") for number in range(100)))
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await running(pilot)
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, LogScreen) and "line 99" in text_of(app))
        await pilot.press("slash", "ctrl+r", *"line 9[56]")
        await until(pilot, lambda: "1 of 2  ·  pattern  ·  scrolled back" in text_of(app))
        session.open_pulse.add(*at(1.0, *(OutputLine(3, f"more {number}") for number in range(100))))
        pane = app.screen.query_one(LogPane)
        await until(pilot, lambda: "more 99" in lines(pane)[-1])
        assert "line 95" in text_of(app) and "scrolled back" in text_of(app).splitlines()[0], "the title says the same"


async def test_a_chosen_stage_shows_its_own_lines_only() -> None:
    session = live(OutputLine(3, "of torch"), OutputLine(8, "of the model"))
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        assert " 3  of torch" in text_of(app) and " 8  of the model" in text_of(app)
        await pilot.press("down", "down", "down")
        await pilot.pause()
        assert "of torch" in lines(screen.log_pane) and "of the model" not in "".join(lines(screen.log_pane))
        session.open_pulse.add(*at(1.0, OutputLine(8, "more of the model"), OutputLine(3, "more of torch")))
        await until(pilot, lambda: lines(screen.log_pane)[-1] == "more of torch")
        assert "log, stage 3 pytorch" in text_of(app)
        await pilot.press("a")
        await pilot.pause()
        assert " 8  more of the model" in text_of(app)


async def test_a_click_chooses_the_stage_under_it() -> None:
    app = frozen(live(OutputLine(8, "of the model")))
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        places = text_of(app).splitlines()
        row = next(number for number, line in enumerate(places) if "8 model" in line)
        await pilot.click(StageList, offset=(5, row - screen.stages.region.y))
        await pilot.pause()
        assert screen.stages.chosen == 8


async def test_every_stage_can_be_reached_at_every_size() -> None:
    app = frozen(ReplaySession("running-stage-6", attached=True, live=True))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await running(pilot)
        for width, height in ((80, 24), (200, 50), (44, 12), (20, 6), (120, 40)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            await pilot.press("a", *["down"] * 10)
            await pilot.pause()
            assert screen.stages.chosen == 10 or width < 80
            assert screen.log_pane.view.following
        assert "server" in text_of(app) and "Downloading triton" not in text_of(app)


async def test_resizing_keeps_the_newest_line_in_view() -> None:
    app = frozen(live(*(OutputLine(3, f"line {number}") for number in range(100))))
    async with app.run_test(size=(120, 40)) as pilot:
        await running(pilot)
        for size in ((80, 24), (120, 40), (100, 30)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert "line 99" in text_of(app), size


async def test_the_whole_log_goes_from_stage_to_stage() -> None:
    app = frozen(live(OutputLine(3, "of torch"), OutputLine(8, "of the model")))
    async with app.run_test(size=SIZE) as pilot:
        await running(pilot)
        await pilot.press("l", "right_square_bracket", "right_square_bracket", "right_square_bracket")
        pane = app.screen.query_one(LogPane)
        assert "of torch" in lines(pane) and "log, stage 3 pytorch" in text_of(app)
        await pilot.press(*["left_square_bracket"] * 3)
        assert "of the model" in lines(pane) and "log, all stages" in text_of(app)


async def test_a_search_keeps_what_stands_around_and_goes_round() -> None:
    texts = [f"line {number}" + (" needle [/foo]" if number in (20, 150) else "") for number in range(300)]
    app = frozen(live(*(OutputLine(3, text) for text in texts)))
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        await pilot.press("slash", *"needle [", "enter")
        await until(pilot, lambda: "2 of 2" in text_of(app) and "line 150 needle [/foo]" in text_of(app))
        assert "line 149" in text_of(app) and "line 151" in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: "1 of 2" in text_of(app) and "line 20 needle" in text_of(app))
        await pilot.press("escape", "y")
        await until(pilot, lambda: app.clipboard == "line 20 needle [/foo]")
        await pilot.press("f")
        await until(pilot, lambda: "line 299" in text_of(app))
        assert screen.log_pane.view.following


async def test_a_search_has_one_turn_at_a_time_whatever_sets_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    session = live(*(OutputLine(3, f"line {number}") for number in range(9)))
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        monkeypatch.setattr(log_pane, "PAUSE_S", 3600.0)
        await pilot.press("slash", *"line")
        for number in range(9, 12):
            session.open_pulse.add(*at(1.0, OutputLine(3, f"line {number}")))
            await until(pilot, lambda last=f"line {number}": lines(screen.log_pane)[-1] == last)
        assert [timer._interval for timer in screen.log_pane._timers] == [3600.0]


async def test_a_pattern_that_is_none_is_said_and_does_nothing() -> None:
    app = frozen(live(*(OutputLine(3, f"line {number}") for number in range(9))))
    async with app.run_test(size=SIZE) as pilot:
        await running(pilot)
        await pilot.press("slash", "(", "ctrl+r")
        await until(pilot, lambda: "not a pattern" in text_of(app))
        await pilot.press("backspace", *"line [78]")
        await until(pilot, lambda: "of 2" in text_of(app))


async def test_levels_errors_wrap_and_times() -> None:
    texts = ["fine", "WARNING hm", "x" * 100 + "END", "ValueError: no", "fine again"]
    app = frozen(live(*(OutputLine(3, text) for text in texts)))
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        await pilot.press("e")
        await until(pilot, lambda: screen.log_pane.view.text(screen.log_pane.view.marked or 0) == "ValueError: no")
        await pilot.press("L")
        assert lines(screen.log_pane) == ["WARNING hm", "ValueError: no"]
        await until(pilot, lambda: "all stages  ·  warnings" in text_of(app))
        await pilot.press("L")
        assert lines(screen.log_pane) == ["ValueError: no"]
        await pilot.press("L", "w", "f")
        await until(pilot, lambda: "END" in text_of(app) and "fine again" in text_of(app))
        await pilot.press("w", "t")
        await until(pilot, lambda: "fine again" in text_of(app) and ":" in text_of(app).split("fine again")[0][-12:])


async def test_what_is_known_about_a_line_is_shown() -> None:
    session = live(OutputLine(3, "one"), OutputLine(3, "ValueError: no [/foo]"))
    session.known = lambda said: Cause("A title [/foo]", 1, f"of {len(said)} lines", "Do this.", sure=True)
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await running(pilot)
        await pilot.press("e", "i")
        await until(pilot, lambda: "A title [/foo]" in text_of(app) and "Do this." in text_of(app))
        await pilot.press("escape")
        session.known = lambda said: None
        await pilot.press("i")
        await until(pilot, lambda: "Nothing is known" in text_of(app))


def test_outlines_name_ten_stages() -> None:
    assert [outline.number for outline in outlines({}, {})] == list(range(1, 11))
    assert all(isinstance(outline, StageOutline) for outline in outlines({}, {}))


async def test_no_cell_of_a_wrapped_line_is_lost_and_a_click_marks_it() -> None:
    digits = "".join(f"{number:04}" for number in range(60))
    app = frozen(live(*(OutputLine(3, f"row {number}") for number in range(60)), OutputLine(3, digits)))
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        await pilot.press("w")
        await until(pilot, lambda: "0059" in text_of(app))
        pane = screen.log_pane
        region = pane.view.scrollable_content_region
        shown = "".join(line[region.x : region.right] for line in text_of(app).splitlines()[region.y : region.bottom])
        assert digits in shown
        await pilot.click(pane.view, offset=(3, region.height - 1))
        await until(pilot, lambda: pane.view.marked == len(pane.rows or ()) - 1)
        await pilot.click(pane.view, offset=(3, region.height - 1))
        await until(pilot, lambda: pane.view.marked is None)


async def test_what_is_typed_in_one_go_after_the_key_of_a_search_is_searched_for() -> None:
    app = frozen(live(OutputLine(3, "one"), OutputLine(3, "a /error")))
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        for key, letter in (("slash", "/"), ("slash", "/"), *((each, each) for each in "error")):
            app.post_message(Key(key, letter))
        await until(pilot, lambda: screen.log_pane.query_one(SearchLine).value == "/error" and "1 of 1" in text_of(app))
