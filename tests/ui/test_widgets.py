"""Text layout: sheets, bars, meters, the stage list's columns."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content
from textual.scrollbar import ScrollBarRender

from installer.core.machine.meters import GpuReading, Reading
from installer.core.outcomes import Severity
from installer.core.runs.events import Notice
from installer.core.runs.fold import RunView
from installer.core.text.quantities import clock
from installer.ui.log.line import ALL
from installer.ui.plain import WIDEST, plain, plain_content
from installer.ui.stage_detail import detail_rows
from installer.ui.widgets.bar import bar
from installer.ui.widgets.meters import TALLEST, Meters, flow, machine_cells
from installer.ui.widgets.sheet import NARROWEST, Row, Sheet, row
from installer.ui.widgets.stage_list import StageList
from installer.ui.widgets.table import Table
from installer.ui.widgets.thumb import thumb_of
from tests.ui.replay import EIGHT_GPUS, NO_GPU, ONE_GPU, over


def test_a_long_value_keeps_its_column() -> None:
    lines = [line.plain for line in Sheet([row("why", "one two three four five six")], column=8).lines(22)]
    assert lines[0].startswith("why     one two") and all(line.startswith(" " * 8) for line in lines[1:])
    assert all(len(line.rstrip()) <= 22 for line in lines) and len(lines) > 1


def test_what_stands_right_ends_the_first_line() -> None:
    lines = Sheet([Row(Content("a"), plain_content("torch 2.13.0+cpu"), "191 MB")], column=4).lines(30)
    assert [line.plain for line in lines] == ["a   torch 2.13.0+cpu    191 MB"]


def test_a_single_line_is_cut() -> None:
    lines = Sheet([Row(Content(), plain_content("x" * 50), "9%", single=True)], column=2).lines(24)
    assert len(lines) == 1 and lines[0].cell_length == 24 and "…" in lines[0].plain


def test_a_sheet_stands_any_width() -> None:
    for width in (0, 1, 5, 13):
        assert Sheet([row("label", "some words")], column=12).lines(width)
    assert NARROWEST > 0


@pytest.mark.parametrize(("part", "shown"), [(0, "────"), (0.5, "━━──"), (0.6, "━━╸─"), (1, "━━━━"), (7, "━━━━")])
def test_a_bar_tells_without_colour(part: float, shown: str) -> None:
    assert bar(part, 4).plain == shown


def test_meters_name_what_is_known_and_nothing_else() -> None:
    assert [cell.plain for cell in machine_cells(Reading())[0]] == ["gpu none"]
    (cells,) = machine_cells(ONE_GPU)
    assert any("NVIDIA A40   87 %  41/48 GB" in cell.plain for cell in cells)
    assert "memory" in cells[1].plain and "8.1 GB of 24.9 GB" in cells[1].plain
    unknown = Reading(gpus=(GpuReading("GPU"),))
    assert machine_cells(unknown)[0][-1].plain.endswith(" GPU")


@pytest.mark.parametrize("width", [78, 118, 198])
def test_eight_gpus_fit_into_few_lines(width: int) -> None:
    machine, gpus = machine_cells(EIGHT_GPUS)
    lines = [*flow(machine, width), *flow(gpus, width)]
    assert 1 + len(lines) <= TALLEST
    assert all(line.cell_length <= width for line in lines)
    joined = " ".join(line.plain for line in lines)
    assert all(f"gpu {number} " in joined for number in range(8))


def test_meters_without_a_reading_show_the_run() -> None:
    assert len(Meters().lines(80)) == 1
    assert NO_GPU.gpus == ()


@pytest.mark.parametrize("width", [35, 46, 100])
def test_the_first_line_of_each_stage_fills_the_width(width: int) -> None:
    widget = StageList()
    widget.view = over("running-stage-6").view
    blocks = widget.blocks(width)
    assert [stage for stage, _ in blocks] == list(range(11))
    assert {block[0].cell_length for _, block in blocks} == {width}


def test_a_running_stage_says_what_it_does_and_how_far_it_is() -> None:
    widget = StageList()
    widget.view = over("running-stage-6").view
    block = [line.plain for line in dict(widget.blocks(60))[8]]
    assert "mistralai/Ministral-3-3B-Instruct-2512" in block[1]
    assert "━" in block[2] and block[2].endswith("3.5 GB of 6.2 GB")
    assert len(dict(widget.blocks(60))[9]) == 1


def test_times_are_short() -> None:
    assert [clock(seconds) for seconds in (0, 75, 3675, -3)] == ["0:00", "1:15", "1:01:15", "0:00"]


def test_foreign_text_is_one_plain_line() -> None:
    assert plain("a\nb\tc\x1b[1mbold\x1b[0m\u202e!") == "a b     cbold!"
    assert len(plain("x" * 10_000)) == WIDEST
    assert plain_content("[/foo]", "bold").plain == "[/foo]"
    assert cell_len(plain("模型")) == 4


@pytest.mark.parametrize(
    ("rows", "first"), [(40, 0), (41, 0), (41, 1), (120, 13), (5000, 4960), (5001, 4961), (10**6, 10**6 - 40)]
)
def test_the_thumb_of_a_scrollbar_stands_where_textual_draws_it(rows: int, first: int) -> None:
    bar = ScrollBarRender.render_bar(40, rows, 40 if rows > 40 else 0, first)
    drawn = [at for at, piece in enumerate(bar.segments) if piece.style and piece.style.meta == {"@mouse.down": "grab"}]
    begin, long = thumb_of(40, rows, 40, first)
    if rows > 40:
        assert begin // 8 == drawn[0] and (begin + long) // 8 in (drawn[-1], drawn[-1] + 1)
    else:
        assert (drawn, begin, long) == ([], 0, 320)


async def test_lines_are_drawn_anew_only_where_one_differs_and_laid_out_where_there_are_more() -> None:
    class Counted(Sheet):
        drawn: ClassVar[list[bool]] = []

        def refresh(self, *regions: Any, layout: bool = False, **others: bool) -> Any:
            self.drawn.append(layout)
            return super().refresh(*regions, layout=layout, **others)

    class Small(App[None]):
        def compose(self) -> ComposeResult:
            yield Counted([row("a", "1")])

    async with Small().run_test() as pilot:
        sheet = pilot.app.query_one(Counted)
        sheet.put([row("a", "1")])
        del sheet.drawn[:]
        sheet.put([row("a", "1")])
        assert sheet.drawn == []
        sheet.put([row("a", "2")])
        assert sheet.drawn == [False]
        sheet.put([row("a", "2"), row("b", "3")])
        assert sheet.drawn == [False, True]
        assert sheet.size.height == 1
        await pilot.pause()
        assert sheet.size.height == 2


async def test_lines_get_their_room_after_the_width_changed_as_well() -> None:
    class Small(App[None]):
        def compose(self) -> ComposeResult:
            yield Sheet([row("a", "one two three")], column=4)

    async with Small().run_test(size=(20, 10)) as pilot:
        sheet = pilot.app.query_one(Sheet)
        sheet.put([row("a", "one two three four five")])
        await pilot.pause()
        assert sheet.size.height == 2
        await pilot.resize_terminal(80, 10)
        await pilot.pause()
        assert sheet.size.height == 1
        sheet.put([row("a", "1"), row("b", "2")])
        await pilot.pause()
        assert sheet.size.height == 2, "as many as were drawn before the width changed, and more than there is room for"


async def test_a_second_click_selects_wherever_in_the_row_it_is() -> None:
    selected: list[str | None] = []

    class Rows(App[None]):
        def compose(self) -> ComposeResult:
            yield Table(cursor_type="row")

        def on_data_table_row_selected(self, event: Table.RowSelected) -> None:
            selected.append(event.row_key.value)

    app = Rows()
    async with app.run_test(size=(40, 10)) as pilot:
        table = app.query_one(Table)
        table.add_columns("left", "right")
        rows = {name: (Content(name), Content("x")) for name in ("a", "b")}
        table.fill(rows)
        await pilot.pause()
        await pilot.click(Table, offset=(10, 2))
        await pilot.pause()
        assert selected == [] and table.cursor_row == 1, "the first one looks at it"
        table.fill(rows)  # as a screen does that reads again every few seconds
        await pilot.click(Table, offset=(2, 2))
        await pilot.pause()
        assert selected == ["b"]
        await pilot.click(Table, offset=(10, 1))
        await pilot.pause()
        assert selected == ["b"] and table.cursor_row == 0
        await pilot.press("down", "up")
        await pilot.click(Table, offset=(10, 1))
        await pilot.pause()
        assert selected == ["b", "a"]


def test_what_is_said_again_with_another_number_is_shown_once() -> None:
    said_ = [
        "Waiting for 10 s.",
        "The disk is slow.",
        "Waiting for 20 s.",
        "3 of 4 ranks joined.",
        "4 of 4 ranks joined.",
    ]
    view = RunView(notices=tuple(Notice(10, Severity.INFO, text) for text in said_))
    shown = [row.value.plain for row in detail_rows(view, ALL) if row.value.plain]
    assert shown == ["4 of 4 ranks joined.", "3 of 4 ranks joined.", "Waiting for 20 s."], "the newest first"
