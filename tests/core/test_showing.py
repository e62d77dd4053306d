"""What a recording shows at a moment, row by row."""

from __future__ import annotations

from installer.core.runs.cast import Cast, Shown
from installer.core.runs.terminal_frames import Showing
from installer.core.text.plain import clean


def shown(at: float, *events: Shown, rows: int = 3) -> list[str]:
    showing = Showing(Cast(20, rows, 0.0, "", events))
    showing.to(at)
    return showing.rows


CONSOLE = (
    Shown(0.0, "o", "one\r\ntwo\r\n"), Shown(1.0, "o", "\r\x1b[K10%\r"), Shown(2.0, "o", "\r\x1b[K20%\r"),
    Shown(3.0, "o", "three\r\nfour\r\n"), Shown(4.0, "x", "0"),
)  # fmt: skip
SCREEN = (
    Shown(0.0, "o", "\x1b[?25l\x1b[2J\x1b[1;1H\x1b[0m\x1b[Ka\x1b[0m\x1b[2;1H\x1b[0m\x1b[K\x1b[31mb\x1b[0m"),
    Shown(1.0, "m", "1 cuda"), Shown(2.0, "o", "\x1b[1;1H\x1b[0m\x1b[KA longer\x1b[0m"), Shown(3.0, "r", "30x5"),
    Shown(3.0, "o", "\x1b[5;1Hlast"),
)  # fmt: skip


def test_lines_scroll_and_progress_is_drawn_over() -> None:
    assert shown(0, *CONSOLE) == ["one", "two"]
    assert shown(1, *CONSOLE) == ["one", "two", "10%"] and shown(2, *CONSOLE) == ["one", "two", "20%"]
    assert shown(9, *CONSOLE)[:2] == ["three", "four"]


def test_rows_of_a_screen_are_put_in_their_place() -> None:
    assert [clean(row) for row in shown(0, *SCREEN)] == ["a", "b"] and "\x1b[31mb" in shown(0, *SCREEN)[1]
    assert [clean(row) for row in shown(2, *SCREEN)] == ["A longer", "b"]
    assert [clean(row) for row in shown(3, *SCREEN)] == ["", "", "", "", "last"]


def test_nothing_but_colours_comes_through() -> None:
    found = shown(
        0, Shown(0.0, "o", "\x1b]0;title\x07\x1b[?1049hA\x1b[5A\x1b]52;c;aGk=\x07B\x1bP1$q\x1b\\C\x9b2J\x00\x1b[32mD")
    )
    assert found == ["ABC2J\x1b[32mD"]
    assert len(shown(0, Shown(0.0, "r", "1x999999"), Shown(0.0, "o", "\x1b[9999;1Hx"))) <= 1000
