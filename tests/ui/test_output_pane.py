"""The log pane: hostile lines, many lines, following, choosing a stage, another size."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.widgets import Log

from installer.core.runs.events import Entry, OutputLine, PlanReady, RunStarted, StageOutline, StageStarted
from installer.ui.widgets.output import OutputLog
from installer.ui.widgets.stage_list import StageList
from tests.ui.frozen import ended, frozen, running, text_of, until
from tests.ui.record_journals import START, outlines
from tests.ui.replay import ReplaySession, recorded

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
        assert max(map(len, screen.log_pane.lines)) < 2100
        await pilot.press("down", "down", "down", "down")
        assert screen.stages.chosen == 4
        await pilot.press("c", "escape", "question_mark", "escape", "l", "escape")


@pytest.mark.parametrize("name", ["failed-stage-7", "success-stand-in"])
async def test_brackets_in_answers_and_last_lines_are_text(name: str) -> None:
    app = frozen(ReplaySession(name, attached=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await ended(pilot)
        assert "[/foo]" in text_of(app)


async def test_many_lines_are_written_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[int] = []
    write_lines = Log.write_lines

    def counted(self: Log, lines: Sequence[str], scroll_end: bool | None = None) -> Log:
        writes.append(len(lines))
        return write_lines(self, lines, scroll_end)

    monkeypatch.setattr(Log, "write_lines", counted)
    monkeypatch.setattr(Log, "write_line", None)
    session = live()
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        session.open_tail.add(*at(1.0, *(OutputLine(3, f"line {number}") for number in range(10_000))))
        await until(pilot, lambda: len(screen.log_pane.lines) >= 10_000)
        assert len(writes) <= 5, "one call for each batch, not for each line"
        assert sum(writes) == len(screen.log_pane.lines)
        assert "line 9999" in text_of(app)


async def test_the_newest_line_is_followed_until_the_reader_scrolls_back() -> None:
    session = live(*(OutputLine(3, f"line {number}") for number in range(100)))
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        assert "line 99" in text_of(app)
        await pilot.press("pageup")
        assert not screen.log_pane.following and "scrolled back" in text_of(app)
        held = screen.log_pane.scroll_y
        session.open_tail.add(*at(1.0, OutputLine(3, "newest")))
        await until(pilot, lambda: "newest" in screen.log_pane.lines[-1])
        assert screen.log_pane.scroll_y == held and "newest" not in text_of(app)
        await pilot.press("f")
        assert screen.log_pane.following and "newest" in text_of(app) and "scrolled back" not in text_of(app)
        session.open_tail.add(*at(2.0, OutputLine(3, "newer still")))
        await until(pilot, lambda: "newer still" in text_of(app))


async def test_a_chosen_stage_shows_its_own_lines_only() -> None:
    session = live(OutputLine(3, "of torch"), OutputLine(8, "of the model"))
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        screen = await running(pilot)
        assert {" 3  of torch", " 8  of the model"} <= set(screen.log_pane.lines)
        await pilot.press("down", "down", "down")
        await pilot.pause()
        assert "of torch" in screen.log_pane.lines and "of the model" not in "".join(screen.log_pane.lines)
        session.open_tail.add(*at(1.0, OutputLine(8, "more of the model"), OutputLine(3, "more of torch")))
        await until(pilot, lambda: screen.log_pane.lines[-1] == "more of torch")
        assert "log, stage 3 pytorch" in text_of(app)
        await pilot.press("a")
        await pilot.pause()
        assert " 8  more of the model" in screen.log_pane.lines


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
            assert screen.stages.chosen == 10
            assert screen.log_pane.following
        assert "server" in text_of(app) and "Downloading triton" not in text_of(app)


async def test_resizing_keeps_the_newest_line_in_view() -> None:
    app = frozen(live(*(OutputLine(3, f"line {number}") for number in range(100))))
    async with app.run_test(size=(120, 40)) as pilot:
        await running(pilot)
        for size in ((80, 24), (120, 40), (100, 18)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert "line 99" in text_of(app), size


async def test_a_failed_stage_without_events_shows_its_log_file() -> None:
    entries = [entry for entry in recorded("failed-stage-7") if getattr(entry.event, "stage", 0) != 7]
    session = ReplaySession(entries=entries, attached=True, logs={7: ["from the file [/foo]", "\x1b[31mlast"]})
    end = entries[-1]
    assert end.event.kind == "stage-finished"
    session.open_tail.add(*recorded("failed-stage-7")[-1:])
    app = frozen(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await ended(pilot)
        await until(pilot, lambda: "from the file [/foo]" in text_of(app))
        assert session.called("stage_log") == 1


async def test_the_whole_log_goes_from_stage_to_stage() -> None:
    app = frozen(live(OutputLine(3, "of torch"), OutputLine(8, "of the model")))
    async with app.run_test(size=SIZE) as pilot:
        await running(pilot)
        await pilot.press("l", "n", "n", "n")
        pane = app.screen.query_one(OutputLog)
        assert "of torch" in pane.lines and "log, stage 3 pytorch" in text_of(app)
        await pilot.press("b", "b", "b")
        assert " 8  of the model" in pane.lines


def test_outlines_name_ten_stages() -> None:
    assert [outline.number for outline in outlines({}, {})] == list(range(1, 11))
    assert all(isinstance(outline, StageOutline) for outline in outlines({}, {}))
