"""Program output as plain text: hostile escape codes are gone, redraws come apart."""

from __future__ import annotations

import pytest

from installer.core.text.plain import LineSplitter, clean, last_drawn, last_piece, pieces


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;new title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\x00b\x08c\x9bd", "abcd"),
        ("tab\tstays", "tab\tstays"),
        ("\x1bPq#0;2\x1b\\after", "after"),
    ],
)
def test_escape_codes_are_taken_out(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_redraws_are_told_apart() -> None:
    assert list(pieces("one\rtwo\x1b[2Kthree\x1b[1Afour")) == ["one", "two", "three", "four"]
    assert last_piece("10%\r20%\r\x1b[2Kdone\r") == "done"


def test_of_what_is_drawn_again_and_again_the_last_whole_picture_counts() -> None:
    cleared = "\x1b[2A\r\x1b[2K\x1b[1B\r\x1b[2K\x1b[1A"
    assert last_drawn(f"a 1{cleared}a 2 b 1{cleared}a 3 b 2{cleared}") == "a 3 b 2"
    assert last_drawn("10%\r20%\r") == "10%\r20%\r"
    assert last_drawn(cleared) == ""


def test_lines_survive_any_chunking() -> None:
    splitter = LineSplitter()
    text = "héllo\nwörld\nend".encode()
    lines = [line for byte in text for line in splitter.feed(bytes([byte]))]
    assert lines == ["héllo", "wörld"]
    assert splitter.drop_rest() == "end"
    assert splitter.rest() == ""


def test_what_is_being_redrawn_is_taken_at_a_carriage_return_only() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"first\ntorch 10%\rtorch 20%\rto") == ["first"]
    assert splitter.take_redrawn() == "torch 10%\rtorch 20%\r"
    assert splitter.feed(b"rch 30%\n") == ["torch 30%"]
    assert splitter.take_redrawn() == ""
